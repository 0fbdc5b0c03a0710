import Engine
import Foundation
import SIP
import Store
import Testing
import Wire

import struct Engine.Event

@testable import Commands

@Suite struct JSONOutputTests {
    private let sink = CollectingSink()
    private var output: JSONOutput { JSONOutput(sink: sink, verbosity: .normal, now: { Sample.time }) }

    @Test("a received pager message is exactly the object that ims(1) shows")
    func message() {
        output.show(Sample.event(.message(Sample.message("see you"))))
        #expect(
            sink.output == """
                {"event":"message","time":"2026-11-21T09:30:00.125Z","account":"alice","from":"sip:bob@ims.test",\
                "asserted":"sip:bob@ims.test","to":"sip:alice@ims.test","content_type":"text/plain","text":"see you",\
                "call_id":"a84b4c76e66710"}

                """
        )
        #expect(sink.error.isEmpty)
    }

    @Test("a body that is no text goes as Base64, whatever says otherwise")
    func body() {
        output.show(Sample.event(.message(Sample.message("abcd", contentType: "image/png"))))
        #expect(sink.output.contains("\"body_base64\":\"YWJjZA==\""))
        var message = Sample.message("")
        message.body = [0xFF]
        output.show(Sample.event(.message(message)))
        #expect(sink.output.contains("\"body_base64\":\"/w==\""))
    }

    @Test(
        "outcomes are words that do not change",
        arguments: [
            (.accepted, "\"outcome\":\"accepted\",\"status\":200"),
            (.storedForLater, "\"outcome\":\"stored\",\"status\":202"),
            (
                .notStored(Refusal(status: 480, reason: "Gone")),
                "\"outcome\":\"not_stored\",\"status\":480,\"reason\":\"Gone\""
            ),
            (
                .refused(Refusal(status: 403, reason: "No", warning: "w")),
                "\"outcome\":\"refused\",\"status\":403,\"reason\":\"No\",\"warning\":\"w\""
            ),
            (.noAnswer, "\"outcome\":\"no_answer\",\"call_id\":\"c1\""),
        ] as [(MessageOutcome, String)]
    )
    func outcomes(_ outcome: MessageOutcome, fragment: String) {
        output.show(Sample.event(.outcome(Sample.report(outcome))))
        #expect(sink.output.contains(fragment))
        #expect(sink.output.hasPrefix("{\"event\":\"sent\",\"time\":"))
    }

    @Test("every event is one line that parses, with event, time and account first")
    func everyEvent() throws {
        let attempt = RegistrationAttempt(proxy: "127.0.0.1:4060", transport: .udp)
        let kinds: [Event.Kind] = [
            .registering(attempt), .registered(Sample.registration),
            .registrationFailed(.noAnswer(method: "REGISTER"), retryAfter: .seconds(30)),
            .unregistered(.byUser), .unregistered(.byNetwork(event: "rejected", isReturning: false)),
            .unregistered(.expired),
            .connectionLost("reset"), .message(Sample.message("a\n\"b\"\u{1B}[2J\u{202E}\u{7F}é😀")),
            .outcome(Sample.report(.accepted)), .disposition(Sample.disposition(.displayed)),
            .composing(ComposingReport(peer: "sip:bob@ims.test", chat: nil, isComposing: true)),
            .warning(.historyNotKept("full")),
        ]
        for kind in kinds { output.show(Sample.event(kind)) }
        output.show(.status(nil, try account()), account: "alice")
        output.show(.status(Sample.registration, try account()), account: "alice")
        output.show(.identities(Sample.registration), account: "alice")
        output.show(.account(try account(), isDefault: true, isDetailed: true), account: "alice")
        output.show(.registered(Sample.registration), account: "alice")
        let lines = sink.output.split(separator: "\n")
        #expect(lines.count == kinds.count + 5)
        for line in lines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["event"] is String && object?["account"] as? String == "alice", "\(line)")
            let scalars = line.unicodeScalars
            #expect(
                scalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "\u{202E}" },
                "\(line)"
            )
        }
    }

    @Test("text survives the way through a parser unchanged")
    func roundTrip() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let scalars = (0..<12).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x2FFF, using: &generator))
            }
            let text = String(String.UnicodeScalarView(scalars))
            let line = JSONValue.object([.init(name: "k", value: .string(text))]).description
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            #expect(object?["k"].map { Array($0.unicodeScalars) } == scalars)
        }
    }

    @Test("history carries its state, and the time of the message")
    func history() {
        let entry = HistoryEntry(
            id: 7,
            time: Sample.time,
            account: "alice",
            direction: .outgoing,
            peer: "sip:bob@ims.test",
            from: "sip:alice@ims.test",
            to: "sip:bob@ims.test",
            contentType: "text/plain",
            body: Array("hi".utf8),
            callID: "c1",
            state: .notStored,
            status: 480
        )
        output.show(.history(entry), account: "alice")
        #expect(
            sink.output == """
                {"event":"history","time":"2026-11-21T09:30:00.125Z","account":"alice","id":7,"direction":"outgoing",\
                "peer":"sip:bob@ims.test","from":"sip:alice@ims.test","to":"sip:bob@ims.test",\
                "content_type":"text/plain","text":"hi","call_id":"c1","state":"not_stored","status":480}

                """
        )
    }

    @Test("an error is an object for the program and a line for the log")
    func error() {
        output.show(
            Explanation(EngineError.refused(method: "MESSAGE", Refusal(status: 404, reason: "Not Found")))
        )
        #expect(sink.output.contains("\"event\":\"error\""))
        #expect(sink.output.contains("\"error\":\"refused\""))
        #expect(sink.output.contains("\"status\":404,\"exit_status\":1}"))
        #expect(sink.error.hasPrefix("ims: The network refused MESSAGE: 404 Not Found.\n"))
    }

    private func account() throws -> Account {
        let text =
            "[account alice]\npublic-identity = sip:alice@ims.test\naka-k-file = /k\naka-opc-file = /o\n"
        return try Configuration(
            parsing: Array(text.utf8),
            paths: ConfigurationPaths(environment: { _ in nil })
        )
        .account(nil)
    }
}
