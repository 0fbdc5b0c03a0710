import SIP
import Testing
import Wire

@Suite("Bytes from anywhere")
struct RobustnessTests {
    /// A small generator whose seed can be printed and used again.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// Does all that the program does with bytes it was sent; what is printed again must be readable.
    private func exercise(_ bytes: [UInt8], seed: UInt64) {
        let datagram = ByteString(bytes)
        if let message = try? Message(parsing: datagram) {
            _ = message.validate()
            _ = typingError(of: message)
            _ = message.contentType
            if let uri = message.requestURI { _ = try? URI(parsing: uri) }
            let answer = message.response(.badRequest, toTag: "tag")
            for written in [message, answer] {
                let printed = try? Message(parsing: ByteString(written.serialized()))
                #expect(printed?.headers.first(.callID) == written.headers.first(.callID), "seed \(seed)")
            }
        }
        if let salvaged = Message.salvage(datagram) {
            _ = salvaged.validate()
            let answer = ByteString(salvaged.response(.badRequest, toTag: "tag").serialized())
            #expect((try? Message(parsing: answer))?.status == .badRequest, "seed \(seed)")
        }
        var framer = MessageStreamFramer(side: seed.isMultiple(of: 2) ? .client : .server)
        framer.append(bytes)
        while let item = (try? framer.next()).flatMap(\.self) {
            if case .message(let message) = item { _ = try? Message(parsing: message) }
        }
    }

    @Test("random bytes trap nothing")
    func randomBytes() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the random bytes: \(seed)")
        var generator = Generator(state: seed)
        for _ in 0..<300 {
            let count = Int.random(in: 0...400, using: &generator)
            exercise((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }, seed: seed)
        }
    }

    @Test("samples with bytes changed, cut out and doubled trap nothing")
    func mutations() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the mutations: \(seed)")
        var generator = Generator(state: seed)
        let delimiters = Array("\r\n\0 \t:;,<>@\"\\=?%[]/*1\u{7F}".utf8) + [0x80, 0xFF]
        for (name, _) in TortureTests.samples {
            let sample = try TortureTests.bytes(name).bytes
            for _ in 0..<15 {
                var bytes = sample
                for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    let end = min(bytes.count, place + Int.random(in: 0...20, using: &generator))
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: bytes[place] = delimiters.randomElement(using: &generator) ?? 0
                    case 1: bytes.removeSubrange(place..<end)
                    case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
                    default: bytes.insert(delimiters.randomElement(using: &generator) ?? 0, at: place)
                    }
                }
                exercise(bytes, seed: seed)
            }
        }
    }

    @Test("a sample cut off anywhere traps nothing")
    func truncation() throws {
        for name in ["wsinv", "intmeth", "esc01", "mpart01"] {
            let sample = try TortureTests.bytes(name).bytes
            for count in sample.indices { exercise(Array(sample[..<count]), seed: UInt64(count)) }
        }
    }

    @Test("random values of every field trap nothing")
    func randomValues() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the random values: \(seed)")
        var generator = Generator(state: seed)
        let alphabet = Array("aA1 \t:;,<>@\"\\=?%[]/*.()sip:tel+\0é".utf8)
        for known in WellKnownHeader.allCases {
            guard let name = HeaderName(known.name) else { continue }
            for _ in 0..<60 {
                let count = Int.random(in: 0...40, using: &generator)
                let value = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
                var message = Message(method: .options, uri: "sip:a@b")
                message.headers.append(name, ByteString(value))
                _ = typingError(of: message)
                _ = message.validate()
            }
        }
    }

    @Test("limits on size, lines and fields hold")
    func limits() {
        var limits = MessageLimits()
        limits.messageSize = 2000
        limits.headerCount = 10
        limits.headerLineLength = 500
        limits.headerSize = 1500
        let start = "OPTIONS sip:a@b SIP/2.0\r\n"
        let cases: [(String, SIPParseError.Element)] = [
            (start + "\r\n" + String(repeating: "x", count: 2000), .messageSize),
            (start + String(repeating: "A: b\r\n", count: 11) + "\r\n", .headerCount),
            (start + "A: " + String(repeating: "x", count: 500) + "\r\n\r\n", .headerLine),
            (
                start + String(repeating: "A: \(String(repeating: "x", count: 390))\r\n", count: 4) + "\r\n",
                .headerLine
            ),
        ]
        for (text, element) in cases {
            let error = #expect(throws: SIPParseError.self) {
                try Message(parsing: ByteString(text), limits: limits)
            }
            #expect(error?.element == element)
        }
        #expect(SIPParseError(.messageSize, at: 0).status == .messageTooLarge)
    }

    @Test(
        "header lines that are none are refused and named",
        arguments: [
            ("A b: c", SIPParseError.Element.headerName), (": x", .headerName), ("nothing", .headerLine),
            ("A: b\nC: d", .headerLine), ("A: b\rC: d", .headerLine), ("Content-Length: x", .contentLength),
            ("Content-Length: 5", .contentLength), ("Content-Length: 0\r\nl: 0", .contentLength),
        ]
    )
    func badLines(_ line: String, _ element: SIPParseError.Element) {
        let text = ByteString("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\(line)\r\n\r\n")
        let error = #expect(throws: SIPParseError.self) { try Message(parsing: text) }
        #expect(error?.element == element)
        #expect(Message.salvage(text)?.headers.first(.via) == "SIP/2.0/UDP a")
    }
}
