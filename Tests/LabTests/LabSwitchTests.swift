import MSRP
import SDP
import SIP
import Testing
import Wire

@testable import Lab

@Suite("Pocket core: the MSRP switch")
struct LabSwitchTests {
    private static let client = "msrp://10.0.0.1:7001/alice;tcp"
    private static let peer = "msrp://127.0.0.1:7002/bob;tcp"

    /// Alice's connection, with a path of her own through the relay.
    private func relayed(
        _ change: (inout LabConfiguration) -> Void = { _ in }
    ) throws -> (SwitchBench, SwitchBench.LinkID, path: String) {
        var bench = SwitchBench(change)
        let link = try bench.connect()
        let granted = try bench.authorize(Self.client, on: link)
        return (bench, link, try #require(granted.first("Use-Path")).text)
    }

    // MARK: - Authorization

    @Test func `a client that proves who it is gets a path, and the same again when it renews it`() throws {
        var bench = SwitchBench()
        let link = try bench.connect()
        let granted = try bench.authorize(Self.client, expires: 600, on: link)
        #expect(granted.responseCode == .ok)
        #expect(granted.toPath?.text == Self.client)
        #expect(granted.seconds("Expires") == .seconds(600))
        #expect(granted.first("Authentication-Info")?.text.contains("rspauth=") == true)
        let path = try MSRPURI(parsing: try #require(granted.first("Use-Path")))
        #expect(path.port == 2855 && (path.sessionID?.count ?? 0) >= 16)

        bench.advance(by: .seconds(500))
        let renewed = try bench.authorize(Self.client, expires: 600, on: link)
        #expect(renewed.first("Use-Path") == path.text)
        bench.advance(by: .seconds(599))
        #expect(bench.messages.paths.count == 1)
        bench.advance(by: .seconds(1))
        #expect(bench.messages.paths.isEmpty)
    }

    @Test func `a client that is moved gets another path, and the old one serves until its time is over`()
        throws
    {
        var (bench, link, path) = try relayed()
        try bench.messages.faults.set(["move"])
        let moved = try bench.authorize(Self.client, on: link)
        let next = try #require(moved.first("Use-Path")).text
        #expect(next != path)
        #expect(bench.messages.paths.count == 2)
        #expect(try bench.authorize(Self.client, on: link).first("Use-Path")?.text == next)
        bench.advance(by: .seconds(3_599))
        #expect(bench.messages.paths.count == 2)
        bench.advance(by: .seconds(1))
        #expect(bench.messages.paths.isEmpty)
    }

    @Test func `over TLS the path is one of TLS`() throws {
        var bench = SwitchBench()
        let link = try bench.connect(isSecure: true)
        let granted = try bench.authorize(Self.client, on: link)
        #expect(granted.first("Use-Path")?.text.hasPrefix("msrps://127.0.0.1:2856/") == true)
    }

    @Test func `who proves nothing is asked again, and times outside the range are refused with its end`()
        throws
    {
        var bench = SwitchBench()
        let link = try bench.connect()
        #expect(try bench.authorize(Self.client, password: "wrong", on: link).responseCode == .unauthorized)
        #expect(try bench.authorize(Self.client, as: "nobody", on: link).responseCode == .unauthorized)
        let brief = try bench.authorize(Self.client, expires: 10, on: link)
        #expect(brief.responseCode == .outOfBounds)
        #expect(brief.seconds("Min-Expires") == .seconds(60))
        let long = try bench.authorize(Self.client, expires: 100_000, on: link)
        #expect(long.seconds("Max-Expires") == .seconds(3600))
        #expect(bench.messages.paths.isEmpty)
        _ = try bench.authorize(Self.client, on: link)
        #expect(bench.messages.paths.count == 1)
        #expect(try bench.authorize(Self.client, expires: 0, on: link).responseCode == .ok)
        #expect(bench.messages.paths.isEmpty)
    }

    // MARK: - Forwarding

    @Test
    func `a chunk goes on with the relay moved from the one path to the other, and is answered at once`()
        throws
    {
        var (bench, alice, path) = try relayed()
        bench.receive(SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client), on: alice)
        let answer = try bench.chunk(on: alice).head
        #expect(answer.responseCode == .ok)
        #expect(answer.transactionID == "s1")
        #expect(answer.toPath?.text == Self.client)
        #expect(answer.fromPath?.text == path)

        let (bob, place) = try #require(bench.opened.first)
        #expect(place == "127.0.0.1:7002")
        let forwarded = try bench.chunk(on: bob)
        #expect(forwarded.head.method == .send)
        #expect(forwarded.head.transactionID != "s1")
        #expect(forwarded.head.toPath?.text == Self.peer)
        #expect(forwarded.head.fromPath?.text == "\(path) \(Self.client)")
        #expect(forwarded.head.byteRange == ByteRange(start: 1, end: 5, total: 5))
        #expect(forwarded.body == "hello")
        #expect(forwarded.flag == .complete)

        bench.receive(SwitchBench.response(200, to: forwarded.head), on: bob)
        #expect(try bench.chunks(on: alice).isEmpty)
        bench.advance(by: .seconds(40))
        #expect(try bench.chunks(on: alice).isEmpty)
    }

    @Test func `the way back leads over the client's own connection, for strangers only to it`() throws {
        var (bench, alice, path) = try relayed()
        let bob = try bench.connect()
        bench.receive(SwitchBench.send(to: "\(path) \(Self.client)", from: Self.peer), on: bob)
        #expect(try bench.chunk(on: bob).head.responseCode == .ok)
        let forwarded = try bench.chunk(on: alice)
        #expect(forwarded.head.toPath?.text == Self.client)
        #expect(forwarded.head.fromPath?.text == "\(path) \(Self.peer)")
        // The relay is alice's, who alone may go anywhere by it.
        bench.receive(SwitchBench.send(to: "\(path) msrp://10.0.0.9:1/x;tcp", from: Self.peer), on: bob)
        #expect(try bench.chunk(on: bob).head.responseCode == .sessionDoesNotExist)
        bench.receive(SwitchBench.send(to: "\(path) msrp://10.0.0.9:1/x;tcp", from: Self.client), on: bob)
        #expect(try bench.chunk(on: bob).head.responseCode == .sessionDoesNotExist)
        #expect(bench.opened.isEmpty)
        bench.close(alice)
        #expect(try bench.chunk(on: bob).head.status?.code == .timedOut)
        bench.receive(SwitchBench.send(to: "\(path) \(Self.client)", from: Self.peer), on: bob)
        #expect(try bench.chunk(on: bob).head.responseCode == .sessionDoesNotExist)
    }

    @Test func `between two clients of the relay no connection is opened`() throws {
        var (bench, alice, path) = try relayed()
        let bob = try bench.connect()
        let other = try #require(try bench.authorize(Self.peer, as: "bob", on: bob).first("Use-Path")).text
        bench.receive(SwitchBench.send(to: "\(path) \(other) \(Self.peer)", from: Self.client), on: alice)
        let forwarded = try bench.chunk(on: bob)
        #expect(forwarded.head.toPath?.text == Self.peer)
        #expect(forwarded.head.fromPath?.text == "\(other) \(path) \(Self.client)")
        #expect(bench.opened.isEmpty)
        let report = [
            "MSRP r1 REPORT", "To-Path: \(other) \(path) \(Self.client)", "From-Path: \(Self.peer)",
            "Message-ID: m1", "Byte-Range: 1-5/5", "Status: 000 200 OK", "-------r1$", "",
        ]
        _ = try bench.chunks(on: alice)
        bench.receive(report.joined(separator: "\r\n"), on: bob)
        let carried = try bench.chunk(on: alice).head
        #expect(carried.method == .report)
        #expect(carried.status?.code == .ok)
        #expect(carried.toPath?.text == Self.client)
    }

    @Test(arguments: [413, 0, -1])
    func `what the next hop refuses, leaves unanswered or cannot take is reported to the sender`(
        _ code: Int
    ) throws {
        var (bench, alice, path) = try relayed()
        bench.receive(SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client), on: alice)
        _ = try bench.chunks(on: alice)
        let bob = try #require(bench.opened.first).id
        let forwarded = try bench.chunk(on: bob).head
        switch code {
        case 0: bench.advance(by: .seconds(30))
        case -1: bench.close(bob)
        default: bench.receive(SwitchBench.response(code, to: forwarded), on: bob)
        }
        let report = try bench.chunk(on: alice).head
        #expect(report.method == .report)
        #expect(report.toPath?.text == Self.client)
        #expect(report.messageID == "m1")
        #expect(report.byteRange == ByteRange(start: 1, end: 5, total: 5))
        #expect(report.status?.code == ResponseCode(rawValue: code > 0 ? UInt16(code) : 408))
    }

    @Test func `who wants no failure reports gets none, and no answers either`() throws {
        var (bench, alice, path) = try relayed()
        let fields = ["Message-ID: m1", "Failure-Report: no", "Byte-Range: 1-5/5"]
        bench.receive(SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client, fields), on: alice)
        bench.advance(by: .seconds(60))
        #expect(try bench.chunks(on: alice).isEmpty)
        #expect(bench.messages.transactions.isEmpty)
    }

    @Test func `a chunk that the end of its connection cuts off ends so that the rest may follow`() throws {
        var (bench, alice, path) = try relayed()
        let chunk = SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client)
        bench.receive(String(chunk.prefix(chunk.count - 14)), on: alice)
        bench.close(alice)
        let forwarded = try bench.chunk(on: try #require(bench.opened.first).id)
        #expect("hello".hasPrefix(forwarded.body))
        #expect(forwarded.flag == .continued)
    }

    @Test func `however the stream is cut, the same goes on`() throws {
        let (whole, alice, path) = try relayed()
        let text =
            SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client, body: "line\r\n-------s\r\nend")
            + SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client)
        let bytes = Array(text.utf8)
        var expected: String?
        for cut in 0..<bytes.count {
            var bench = whole
            bench.receive(Array(bytes[..<cut]), on: alice)
            bench.receive(Array(bytes[cut...]), on: alice)
            let forwarded = bench.text(on: try #require(bench.opened.first).id)
            #expect(forwarded == expected ?? forwarded, "cut at \(cut)")
            expected = forwarded
            #expect(try bench.chunks(on: alice).map(\.head.responseCode) == [.ok, .ok])
        }
    }

    @Test func `a connection that says nothing, or nonsense, does not last`() throws {
        var bench = SwitchBench()
        let silent = try bench.connect()
        bench.advance(by: .seconds(30))
        #expect(bench.closed == [silent])
        let noisy = try bench.connect()
        bench.receive("GET / HTTP/1.1\r\n\r\n", on: noisy)
        #expect(bench.closed == [silent, noisy])
        for _ in 0..<LabLimits.connections { _ = try bench.connect() }
        let oneMore = bench.messages.accept(isSecure: false, at: bench.now)
        #expect(oneMore == nil)
    }

    @Test func `no bytes whatever make the switch trap`() throws {
        let (start, alice, path) = try relayed()
        let sample = Array(
            (SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client)
                + SwitchBench.response(413, to: ChunkHead(transactionID: "s1", .request(.send)))).utf8
        )
        var generator = IdentifierSource(seed: 9)
        for _ in 0..<2000 {
            var (bench, bytes) = (start, sample)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                if Bool.random(using: &generator) {
                    bytes[index] = UInt8.random(in: 0...255, using: &generator)
                } else {
                    bytes.remove(at: index)
                }
            }
            bench.receive(bytes, on: alice)
            bench.advance(by: .seconds(60))
        }
    }

    // MARK: - Chats that are broken

    /// Alice and bob in a chat that passes the switch, with the fault set.
    private func passing(_ fault: String...) throws -> (SwitchBench, SwitchBench.LinkID, path: String) {
        var bench = SwitchBench()
        bench.messages.faults.isInPath = true
        let offer = bench.messages.enter(description(Self.client), of: "call", isFirst: true)
        let answer = bench.messages.enter(description(Self.peer), of: "call", isFirst: false)
        let path = try self.path(of: offer).split(separator: " ")
        #expect(path.last.map(String.init) == Self.client)
        #expect(try self.path(of: answer) == "\(path[0]) \(Self.peer)")
        if !fault.isEmpty { try bench.messages.faults.set(fault) }
        let link = try bench.connect()
        return (bench, link, String(path[0]))
    }

    private func description(_ path: String) -> ByteString {
        ByteString(
            """
            v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n\
            m=message 7001 TCP/MSRP *\r\na=accept-types:text/plain\r\na=path:\(path)\r\na=msrp-cema\r\n
            """
        )
    }

    private func path(of body: ByteString?) throws -> String {
        let description = try SessionDescription(parsing: try #require(body))
        let section = try #require(description.media.first)
        #expect(section.port == 2855)
        #expect(section.connection?.address == "127.0.0.1")
        #expect(!section.attributes.contains("msrp-cema"))
        return try #require(section.attributes.value("path")).text
    }

    @Test
    func `a chat that begins without the switch goes on without it, and one that is over leaves nothing`()
        throws
    {
        var bench = SwitchBench()
        let before = bench.messages.enter(description(Self.client), of: "call", isFirst: true)
        #expect(before == nil)
        bench.messages.faults.isInPath = true
        let late = bench.messages.enter(description(Self.peer), of: "call", isFirst: false)
        let unreadable = bench.messages.enter("no description", of: "call", isFirst: true)
        #expect(late == nil && unreadable == nil)
        _ = bench.messages.enter(description(Self.client), of: "call", isFirst: true)
        #expect(bench.messages.paths.count == 1)
        bench.messages.leave("call")
        #expect(bench.messages.paths.isEmpty)
    }

    @Test func `both ends reach each other, and nobody else by the same path`() throws {
        var (bench, alice, path) = try passing()
        bench.receive(SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client), on: alice)
        #expect(try bench.chunk(on: alice).head.responseCode == .ok)
        let bob = try #require(bench.opened.first).id
        _ = try bench.chunk(on: bob)
        bench.receive(SwitchBench.send(to: "\(path) \(Self.client)", from: Self.peer), on: bob)
        #expect(try bench.chunks(on: alice).map(\.body) == ["hello"])
        bench.receive(SwitchBench.send(to: "\(path) msrp://127.0.0.1:9/x;tcp", from: Self.client), on: alice)
        #expect(try bench.chunk(on: alice).head.responseCode == .sessionDoesNotExist)
        // When one end goes, the other hears of it.
        bench.close(alice)
        #expect(bench.closed == [bob])
    }

    @Test func `chunks are answered as told, as often as told`() throws {
        var (bench, alice, path) = try passing("413", "1")
        let chunk = SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client)
        bench.receive(chunk, on: alice)
        #expect(try bench.chunk(on: alice).head.responseCode == .stopSending)
        #expect(bench.opened.isEmpty)
        bench.receive(chunk, on: alice)
        #expect(try bench.chunk(on: alice).head.responseCode == .ok)
    }

    @Test func `messages, responses and reports get lost as told`() throws {
        var (bench, alice, path) = try passing("lose", "messages")
        let chunk = SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client)
        bench.receive(chunk, on: alice)
        #expect(try bench.chunk(on: alice).head.responseCode == .ok)
        #expect(bench.opened.isEmpty)

        try bench.messages.faults.set(["lose", "responses", "1"])
        bench.receive(chunk, on: alice)
        #expect(try bench.chunks(on: alice).isEmpty)
        let bob = try #require(bench.opened.first).id
        #expect(try bench.chunk(on: bob).body == "hello")

        try bench.messages.faults.set(["lose", "reports", "1"])
        let report = [
            "MSRP r1 REPORT", "To-Path: \(path) \(Self.client)", "From-Path: \(Self.peer)", "Message-ID: m1",
            "Byte-Range: 1-5/5", "Status: 000 200 OK", "-------r1$", "",
        ].joined(separator: "\r\n")
        bench.receive(report, on: bob)
        #expect(try bench.chunks(on: alice).isEmpty)
        bench.receive(report, on: bob)
        #expect(try bench.chunk(on: alice).head.method == .report)

        try bench.messages.faults.set(["report", "480", "1"])
        #expect("\(bench.messages.faults)" == "MSRP reports tell 480 1 times")
        bench.receive(report, on: bob)
        #expect(try bench.chunk(on: alice).head.status?.code.rawValue == 480)
        bench.receive(report, on: bob)
        #expect(try bench.chunk(on: alice).head.status?.code == .ok)
    }

    @Test func `a connection breaks in the middle of a message, once`() throws {
        var (bench, alice, path) = try passing("drop", "7")
        let chunk = SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client)
        bench.receive(chunk, on: alice)
        let bob = try #require(bench.opened.first).id
        #expect(try bench.chunk(on: bob).flag == .complete)
        bench.receive(chunk, on: alice)
        #expect(bench.closed == [alice, bob])
        let rest = bench.text(on: bob)
        #expect(rest.hasSuffix("\r\n\r\nhe"))

        let again = try bench.connect()
        bench.receive(chunk, on: again)
        #expect(try bench.chunks(on: again).map(\.head.responseCode) == [.ok])
        #expect(bench.opened.count == 2)
    }

    @Test func `responses come late as told`() throws {
        var (bench, alice, path) = try passing("delay", "2s")
        bench.receive(SwitchBench.send(to: "\(path) \(Self.peer)", from: Self.client), on: alice)
        bench.advance(by: .milliseconds(1999))
        #expect(try bench.chunks(on: alice).isEmpty)
        bench.advance(by: .milliseconds(1))
        #expect(try bench.chunk(on: alice).head.responseCode == .ok)
    }

    @Test func `the oldest path makes room for a new one`() throws {
        var (bench, _, _) = try passing()
        for number in 0..<LabLimits.chatPaths {
            _ = bench.messages.enter(
                description(Self.client),
                of: ByteString("call \(number)"),
                isFirst: true
            )
        }
        #expect(bench.messages.paths.count == LabLimits.chatPaths)
        let oldest = bench.messages.enter(description(Self.client), of: "call", isFirst: false)
        #expect(oldest == nil)
    }
}
