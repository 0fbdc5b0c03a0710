import Documents
import MSRP
import SDP
import SIP
import Testing
import Wire

@testable import Lab

@Suite("Pocket core: chats with the automatic buddy")
struct LabBuddyTests {
    private static let client = "msrp://127.0.0.1:7001/alice;tcp"

    private func offer(
        _ lines: [String] = ["a=accept-types:text/plain message/cpim", "a=accept-wrapped-types:*"]
    )
        -> ByteString
    {
        let head = [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
            "m=message 7001 TCP/MSRP *",
            "a=path:\(Self.client)",
        ]
        return ByteString((head + lines + [""]).joined(separator: "\r\n"))
    }

    private func invite(_ phone: inout LabPhone, _ offer: ByteString) -> Message {
        var request = phone.makeRequest(.invite, to: "sip:bob@ims.test")
        request.headers.append(.contact, phone.contact)
        request.setBody(offer, type: MediaType("application", "sdp"))
        return request
    }

    /// A request in the dialog that an answer has made.
    private func inDialog(_ method: SIP.Method, _ phone: inout LabPhone, _ answer: Message) throws -> Message
    {
        var request = phone.makeRequest(method, to: "sip:bob@ims.test")
        request.headers.set(.to, try #require(answer.headers.first(.to)))
        request.headers.set(.callID, try #require(answer.headers.first(.callID)))
        if method == .ack {
            request.headers.set(CSeq(number: try #require(answer.cseq).number, method: .ack))
        }
        request.headers.append(.contact, phone.contact)
        return request
    }

    /// Alice in a chat with bob, and the URI of his end.
    private func chatting(
        _ lines: [String] = ["a=accept-types:text/plain message/cpim", "a=accept-wrapped-types:*"]
    ) throws -> (LabBench, LabPhone, Message, bob: String) {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001)
        try bench.register(&alice)
        try bench.receive(alice.addressed(invite(&alice, offer(lines))), over: alice.flow)
        let messages = bench.sent.map(\.message).filter { $0.status != .trying }
        let answer = try #require(messages.first)
        #expect(answer.status == .ok)
        while !bench.sent.isEmpty { _ = try bench.next(over: alice.flow) }
        let description = try SessionDescription(parsing: answer.body)
        let media = try MSRPMedia(try #require(description.media.first), in: description)
        try bench.receive(alice.addressed(try inDialog(.ack, &alice, answer)), over: alice.flow)
        return (bench, alice, answer, try #require(media.path.first).text)
    }

    @Test func `each message is confirmed, announced and repeated, until one side leaves`() throws {
        var (bench, alice, answer, bob) = try chatting()
        let link = try bench.connect()
        let fields = ["Message-ID: m1", "Success-Report: yes", "Byte-Range: 1-5/5"]
        try bench.receive(SwitchBench.send(to: bob, from: Self.client, fields), on: link)
        let chunks = try bench.chunks(on: link)
        #expect(chunks.map(\.head.method) == [nil, .report, .send, .send])
        #expect(chunks[0].head.responseCode == .ok)
        #expect(chunks[1].head.status?.code == .ok)
        let contents = try chunks.dropFirst(2).map { try CPIMMessage(parsing: $0.body) }
        #expect(contents[0].content.type?.matches("application", "im-iscomposing+xml") == true)
        #expect(try IsComposing(parsing: contents[0].content.body).state == .active)
        #expect(contents[1].content.body.text == "Hi alice, I got your message: “hello”")
        #expect(contents[1].sender?.uri == "sip:bob@ims.test")
        #expect(try bench.control("status").contains("chats: 1 with bob"))

        try bench.receive(alice.addressed(try inDialog(.bye, &alice, answer)), over: alice.flow)
        #expect(try bench.next(over: alice.flow).status == .ok)
        #expect(try bench.control("status").contains("chats: 0 with bob"))
        try bench.receive(SwitchBench.send(to: bob, from: Self.client), on: link)
        #expect(try bench.chunks(on: link).map(\.head.responseCode) == [.sessionDoesNotExist])
    }

    @Test func `faults break chats with the buddy too`() throws {
        var (bench, _, _, bob) = try chatting(["a=accept-types:text/plain"])
        let link = try bench.connect()
        let fields = ["Message-ID: m1", "Success-Report: yes", "Byte-Range: 1-5/5"]
        try bench.control("msrp 413 1")
        try bench.receive(SwitchBench.send(to: bob, from: Self.client, fields), on: link)
        #expect(try bench.chunks(on: link).map(\.head.responseCode) == [.stopSending])
        try bench.control("msrp lose reports")
        try bench.control("msrp delay 1s")
        try bench.receive(SwitchBench.send(to: bob, from: Self.client, fields), on: link)
        #expect(try bench.chunks(on: link).map(\.head.method) == [.send])
        try bench.advance(by: .seconds(1))
        #expect(try bench.chunks(on: link).map(\.head.responseCode) == [.ok])
        try bench.control("msrp drop 2")
        try bench.receive(SwitchBench.send(to: bob, from: Self.client), on: link)
        #expect(bench.linkEffects.contains { if case .abort(link) = $0 { true } else { false } })
    }

    @Test func `who takes plain text alone gets nothing else`() throws {
        var (bench, _, _, bob) = try chatting(["a=accept-types:text/plain"])
        let link = try bench.connect()
        try bench.receive(SwitchBench.send(to: bob, from: Self.client), on: link)
        let chunks = try bench.chunks(on: link)
        #expect(chunks.map(\.head.method) == [nil, .send])
        #expect(chunks.last?.head.contentType == "text/plain")
    }

    @Test func `notifications are sent as asked for, and never for one`() throws {
        var (bench, _, _, bob) = try chatting()
        let link = try bench.connect()
        let headers = [
            CPIMHeader(.from, CPIMAddress(uri: "sip:alice@ims.test")),
            CPIMHeader(.to, CPIMAddress(uri: "sip:bob@ims.test")), CPIMHeader(.messageID, text: "imdn-1"),
            CPIMHeader(.dateTime, text: "2026-01-02T03:04:05Z"),
            CPIMHeader(.dispositionNotification, text: "positive-delivery, display"),
        ]
        func send(_ type: String, _ text: ByteString) throws -> [CPIMMessage] {
            let message = CPIMMessage(headers: headers, content: MIMEEntity(type: type, body: text))
            var head = ChunkHead(transactionID: "s1", .request(.send))
            (head.toPath, head.fromPath) = (ByteString(bob), ByteString(Self.client))
            (head.messageID, head.contentType) = (ByteString("m-\(type)"), "message/cpim")
            try bench.receive(
                String(decoding: head.chunk(body: message.serialized()).bytes, as: UTF8.self),
                on: link
            )
            return try bench.chunks(on: link).filter { $0.head.method == .send }.map {
                try CPIMMessage(parsing: $0.body)
            }
        }
        let answers = try send("text/plain", "hello")
        #expect(answers.count == 4)
        let notifications = try answers.prefix(2).map {
            try DispositionNotification(parsing: $0.content.body)
        }
        #expect(notifications.map(\.disposition) == [.delivery(.delivered), .display(.displayed)])
        #expect(
            notifications.allSatisfy { $0.messageID == "imdn-1" && $0.dateTime == "2026-01-02T03:04:05Z" }
        )
        #expect(try send("message/imdn+xml", answers[0].content.body).isEmpty)
        #expect(try send("application/im-iscomposing+xml", answers[2].content.body).isEmpty)
    }

    @Test(arguments: ["delivered", "failed", "forbidden", "error", "none"])
    func `a message outside a chat is told of as it is to be`(_ told: String) throws {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001)
        try bench.register(&alice)
        #expect(!bench.core.obey("imdn \(told)", at: bench.now).hasPrefix("error:"))
        #expect(bench.core.obey("imdn unheard-of", at: bench.now).hasPrefix("error:"))
        let headers = [
            CPIMHeader(.from, CPIMAddress(uri: "sip:alice@ims.test")),
            CPIMHeader(.to, CPIMAddress(uri: "sip:bob@ims.test")), CPIMHeader(.messageID, text: "imdn-1"),
            CPIMHeader(.dateTime, text: "2026-01-02T03:04:05Z"),
            CPIMHeader(
                .dispositionNotification,
                text: "positive-delivery, negative-delivery, display"
            ),
        ]
        let content = MIMEEntity(type: "text/plain", body: "hello")
        var request = alice.makeRequest(.message, to: "sip:bob@ims.test")
        request.setBody(
            CPIMMessage(headers: headers, content: content).serialized(),
            type: MediaType("message", "cpim")
        )
        try bench.receive(alice.addressed(request), over: alice.flow)
        let bodies = bench.sent.map(\.message).filter { $0.method == .message }.map(\.body)
        let states = bodies.compactMap { body -> DispositionNotification.Disposition? in
            guard let envelope = try? CPIMMessage(parsing: body) else { return nil }
            let notification = try? DispositionNotification(parsing: envelope.content.body)
            return notification?.messageID == "imdn-1" ? notification?.disposition : nil
        }
        switch DispositionNotification.Delivery(rawValue: told) {
        case .delivered?: #expect(states == [.delivery(.delivered), .display(.displayed)])
        case let failure?: #expect(states == [.delivery(failure)])
        case nil: #expect(states.isEmpty)
        }
        #expect(bodies.count == states.count + 1)
    }

    @Test func `a file is taken with the attributes it was offered with, and forgotten`() throws {
        var (bench, _, answer, bob) = try chatting([
            "a=accept-types:*", "a=sendonly", "a=file-transfer-id:f1",
            "a=file-selector:name:\"x\" type:text/plain size:5",
        ])
        let section = try #require(try SessionDescription(parsing: answer.body).media.first)
        #expect(section.attributes.contains("recvonly"))
        #expect(section.attributes.value("file-transfer-id") == "f1")
        let link = try bench.connect()
        try bench.receive(SwitchBench.send(to: bob, from: Self.client), on: link)
        #expect(try bench.chunks(on: link).map(\.head.responseCode) == [.ok])
    }

    @Test func `the buddy connects to who waits for that`() throws {
        var (bench, _, _, bob) = try chatting(["a=accept-types:text/plain", "a=setup:passive"])
        let connections = bench.linkEffects.compactMap { effect -> (LabSwitch.LinkID, UInt16)? in
            if case .connect(let link, "127.0.0.1", let port, false) = effect { (link, port) } else { nil }
        }
        let (link, port) = try #require(connections.first)
        #expect(port == 7001)
        let hello = try #require(try bench.chunks(on: link).first)
        #expect(hello.head.method == .send)
        #expect(hello.head.fromPath?.text == bob)
        #expect(hello.body.isEmpty)
    }

    @Test func `offers without a chat, over TLS or of nothing to send are refused`() throws {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001, transport: .tcp)
        try bench.register(&alice)
        for body in [
            offer(["a=accept-types:*", "a=recvonly"]), ByteString("nonsense"),
            ByteString(offer(["a=accept-types:*"]).text.replacing("TCP/MSRP", with: "TCP/TLS/MSRP")),
        ] {
            let refused = try bench.exchange(invite(&alice, body), alice)
            #expect(refused.status == .notAcceptableHere)
        }
    }

    @Test func `an answer that nobody acknowledges is repeated, and the chat given up in the end`() throws {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001)
        try bench.register(&alice)
        try bench.receive(alice.addressed(invite(&alice, offer())), over: alice.flow)
        try bench.advance(by: .seconds(4))
        #expect(bench.sent.filter { $0.message.status == .ok }.count == 4)
        try bench.advance(by: .seconds(40))
        #expect(try bench.control("status").contains("chats: 0 with bob, 0 paths"))
    }

    @Test func `a change of the session is answered with the same description`() throws {
        var (bench, alice, answer, _) = try chatting()
        var change = try inDialog(.update, &alice, answer)
        change.setBody(offer(), type: MediaType("application", "sdp"))
        let changed = try bench.exchange(change, alice)
        #expect(changed.status == .ok)
        #expect(changed.body == answer.body)
    }

    @Test func `asked what it can do, the buddy tells`() throws {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001)
        try bench.register(&alice)
        let answer = try bench.exchange(alice.makeRequest(.options, to: "sip:bob@ims.test"), alice)
        #expect(answer.status == .ok)
        let contact = try #require(try answer.headers.first(Contact.self))
        #expect(contact.parameters.contains("+g.oma.sip-im"))
        #expect(contact.parameters.contains("automata"))
        #expect(try answer.headers.first(Allow.self)?.contains(.invite) == true)
    }
}
