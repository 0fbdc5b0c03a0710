import Glibc

/// Whether a descriptor is a terminal.
package func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

/// How many characters a line of that terminal has; `nil` if it is none, or does not say.
package func terminalColumns(_ descriptor: Int32) -> Int? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
}

/// The value of an environment variable, or `nil` if there is none.
package func environmentVariable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// The words of the command line after the program's name, or `nil` if one of them is not UTF-8.
package func commandLineWords() -> [String]? {
    var words: [String] = []
    for index in 1..<max(1, Int(CommandLine.argc)) {
        guard let argument = unsafe CommandLine.unsafeArgv[index] else { break }
        guard let word = unsafe String(validatingCString: argument) else { return nil }
        words.append(word)
    }
    return words
}
