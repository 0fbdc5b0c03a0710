import Commands
import Glibc

/// Arguments in, exit status out.
@main struct IMS {
    static func main() {
        // A reader that goes away is told by the write that fails, not by a signal.
        signal(SIGPIPE, SIG_IGN)
        let program = Program(arguments: Array(CommandLine.arguments.dropFirst())) { name in
            unsafe getenv(name).map { unsafe String(cString: $0) }
        }
        exit(program.run().rawValue)
    }
}
