import Foundation
import SIP
import Testing
import Wire

@Suite("Messages printed in RFCs")
struct ExampleTests {
    /// The examples that are not what RFC 3261 asks for, and where they fail.
    static let broken: [String: SIPParseError.Element] = [
        // A semicolon is missing between parameters.
        "rfc3261-009-INVITE.sip": .contentDisposition,
        // To and From of the tunnelled message have no scheme.
        "rfc3261-011-INVITE.sip": .uri,
        // Dots stand for the credentials.
        "rfc3325-003-INVITE.sip": .credentials, "rfc3325-008-INVITE.sip": .credentials,
        // Dots stand for what continues.
        "rfc3327-001-REGISTER.sip": .optionTags,
        "rfc3327-002-REGISTER.sip": .path, "rfc3327-003-REGISTER.sip": .path,
        "rfc3327-004-REGISTER.sip": .path, "rfc3327-005-200.sip": .path, "rfc3327-006-200.sip": .path,
        "rfc3327-007-200.sip": .path, "rfc3327-008-200.sip": .path,
        // Two semicolons stand in a row.
        "rfc3428-003-200.sip": .parameters, "rfc3428-004-200.sip": .parameters,
    ]

    @Test("what is parsed, printed and parsed again is the same, and every field can be typed")
    func examples() throws {
        for name in try Fixture.names(in: "rfc") {
            let bytes = try Fixture.bytes("rfc/\(name)")
            try roundTrip(bytes, name)
            let message = try Message(parsing: ByteString(bytes))
            #expect(typingError(of: message)?.element == Self.broken[name], "\(name)")
        }
    }

    @Test("the same for every example at hand", .enabled(if: Fixture.sharedSamples != nil))
    func sharedExamples() throws {
        let folder = try #require(Fixture.sharedSamples).appending(path: "sip/rfc-examples-framed")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count > 1000)
        var typed = 0
        for name in names.sorted() {
            let bytes = Array(try Data(contentsOf: folder.appending(path: name)))
            try roundTrip(bytes, name)
            let message = try Message(parsing: ByteString(bytes))
            if typingError(of: message) == nil { typed += 1 }
        }
        // The rest prints placeholders, or is broken on purpose.
        #expect(typed > names.count * 9 / 10, "\(typed) of \(names.count) could be typed")
    }

    private func roundTrip(_ bytes: [UInt8], _ name: String) throws {
        do {
            let message = try Message(parsing: ByteString(bytes))
            let printed = message.serialized()
            let again = try Message(parsing: ByteString(printed))
            #expect(again == message, "\(name)")
            #expect(again.serialized() == printed, "\(name)")
            var framer = MessageStreamFramer(side: .server)
            framer.append(printed)
            #expect(try framer.next() == .message(ByteString(printed)), "\(name)")
        } catch {
            Issue.record("\(name): \(error)")
        }
    }
}
