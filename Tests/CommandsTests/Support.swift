import Engine
import Foundation
import SIP
import Store
import Testing
import Wire

import struct Engine.Event

@testable import Commands

/// A sink that keeps what was written.
final class CollectingSink: TextSink {
    private(set) var output = ""
    private(set) var error = ""

    func standardOutput(_ bytes: [UInt8]) { output += String(decoding: bytes, as: UTF8.self) }
    func standardError(_ text: String) { error += text }
}

enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Compares `text` with a file of the repository; with `IMS_UPDATE=1` in the environment the file is rewritten.
    static func expect(
        _ text: String,
        equals path: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = root.appendingPathComponent(path)
        if ProcessInfo.processInfo.environment["IMS_UPDATE"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let committed = try String(contentsOf: file, encoding: .utf8)
        #expect(
            text == committed,
            "\(path) is not current; IMS_UPDATE=1 swift test --filter CommandsTests makes it so",
            sourceLocation: sourceLocation
        )
    }
}

enum Sample {
    static let time = Timestamp(microseconds: 1_795_253_400_125_000)

    static let registration = RegistrationStatus(
        expires: .seconds(3240),
        identities: ["sip:alice@ims.test", "tel:+491"],
        registeredIdentity: "sip:alice@ims.test",
        isRegisteredIdentityBarred: false,
        serviceRoute: ["<sip:orig@scscf.ims.test:6060;lr>"],
        contact: "sip:alice@127.0.0.1:5090",
        proxy: "127.0.0.1:4060",
        transport: .udp,
        isServiceRegistered: true
    )

    static func message(
        _ text: String,
        from: String = "sip:bob@ims.test",
        name: String? = nil,
        asserted: String? = "sip:bob@ims.test",
        contentType: String = "text/plain"
    ) -> IncomingMessage {
        IncomingMessage(
            from: from,
            fromDisplayName: name,
            asserted: asserted,
            to: "sip:alice@ims.test",
            contentType: contentType,
            body: Array(text.utf8),
            callID: "a84b4c76e66710"
        )
    }

    static func chat(_ number: UInt64, _ peer: String) -> Chat {
        Chat(id: ChatID(number), peer: peer, isOutgoing: false, callID: "c\(number)")
    }

    static func said(_ text: String, in chat: Chat) -> IncomingChatMessage {
        IncomingChatMessage(chat: chat, messageID: "m1", contentType: "text/plain", body: Array(text.utf8))
    }

    static func report(_ outcome: MessageOutcome, messageID: String? = nil) -> MessageReport {
        var report = MessageReport(
            to: "sip:bob@ims.test",
            callID: "c1",
            outcome: outcome,
            from: "sip:alice@ims.test",
            messageID: messageID
        )
        if outcome == .accepted { report.status = 200 }
        if outcome == .storedForLater { report.status = 202 }
        return report
    }

    static func disposition(_ state: DispositionReport.State, in chat: Chat? = nil) -> DispositionReport {
        DispositionReport(
            peer: "sip:bob@ims.test",
            messageID: "m1",
            state: state,
            chat: chat,
            number: chat.map { _ in 2 },
            contentType: "text/plain",
            body: Array("hi".utf8)
        )
    }

    static func event(_ kind: Event.Kind) -> Event {
        Event(time: time, account: "alice", kind: kind)
    }
}
