// Times the SIP parser and writer on one message: `MessageBench FILE p|s|b ITERATIONS REPEATS`.
//
// `p` reads the message and types every header field, its URIs and parameters included; `s` writes a message that was
// read before; `b` does both. Prints one line with the median, in the form of the yardsticks it is held against.

import Glibc
import SIP
import Wire

/// Reads a whole file.
private func contents(of path: String) -> [UInt8]? {
    guard let file = unsafe fopen(path, "rb") else { return nil }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var byte = unsafe getc(file)
    while byte != EOF {
        bytes.append(UInt8(truncatingIfNeeded: byte))
        byte = unsafe getc(file)
    }
    return bytes
}

/// Reads a message from fresh storage, as a socket would bring it, and types all of it; the last byte is not its own.
private func parse(_ bytes: [UInt8]) throws(SIPParseError) -> Int {
    var typing = Typing()
    try typing.type(try Message(parsing: ByteString(Array(bytes.dropLast()))))
    return typing.count
}

private func nanoseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) * 1e9 + Double(attoseconds) / 1e9
}

private func run(_ bytes: [UInt8], name: String, mode: String, iterations: Int, repeats: Int) throws {
    let message = try Message(parsing: ByteString(bytes))
    let padded = bytes + [0]
    let clock = ContinuousClock()
    var times: [Double] = []
    var total = 0
    for _ in 0..<repeats {
        let start = clock.now
        for _ in 0..<iterations {
            if mode != "s" { total += try parse(padded) }
            if mode != "p" { total += message.serialized().count }
        }
        times.append(nanoseconds(start.duration(to: clock.now)) / Double(iterations))
    }
    times.sort()
    let median = Int(times[repeats / 2].rounded())
    let (least, most) = (Int(times[0].rounded()), Int(times[repeats - 1].rounded()))
    print(
        "ims \(name) \(mode) median \(median) ns (min \(least) max \(most)) out/iter=\(total / (iterations * repeats))"
    )
}

let arguments = CommandLine.arguments
guard arguments.count == 5, let iterations = Int(arguments[3]), let repeats = Int(arguments[4]),
    ["p", "s", "b"].contains(arguments[2]), iterations > 0, repeats > 0
else {
    print("usage: MessageBench FILE p|s|b ITERATIONS REPEATS")
    exit(2)
}
guard let bytes = contents(of: arguments[1]) else {
    print("cannot read \(arguments[1])")
    exit(2)
}
let name = String(arguments[1].split(separator: "/").last ?? "")
try run(bytes, name: name, mode: arguments[2], iterations: iterations, repeats: repeats)
