import Documents
import Foundation
import Testing
import Wire

@Suite("Documents that are none")
struct MalformedDocumentTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/NotWellFormed")

    private static let names =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

    /// Every reader of a body that a peer or a server can send.
    private static let readers: [@Sendable (ByteString) throws -> Void] = [
        { _ = try PresenceDocument(parsing: $0) }, { _ = try PartialPresence(parsing: $0) },
        { _ = try WatcherInformation(parsing: $0) }, { _ = try ListInformation(parsing: $0) },
        { _ = try ResourceLists(parsing: $0) }, { _ = try RLSServices(parsing: $0) },
        { _ = try PresenceRules(parsing: $0) }, { _ = try XCAPDifference(parsing: $0) },
        { _ = try XCAPCapabilities(parsing: $0) }, { _ = try XCAPErrorDocument(parsing: $0) },
        { _ = try Provisioning(parsing: $0) }, { _ = try IsComposing(parsing: $0) },
        { _ = try DispositionNotification(parsing: $0) },
        { _ = try RegistrationInformation(parsing: $0.bytes) },
    ]

    @Test("no sample that is not well-formed is taken for a document of any kind", arguments: names)
    func notWellFormed(name: String) throws {
        let body = try ByteString(Array(Data(contentsOf: Self.folder.appending(path: name))))
        for read in Self.readers { #expect(throws: DocumentError.self) { try read(body) } }
    }

    @Test("there are such samples")
    func samples() { #expect(!Self.names.isEmpty) }

    @Test(
        "a document type is refused by every reader: a bomb of entities, a file, an address",
        arguments: [
            "<!ENTITY a 'x'><!ENTITY b '&a;&a;&a;&a;'>", "<!ENTITY b SYSTEM 'file:///etc/passwd'>",
            "<!ENTITY b SYSTEM 'http://127.0.0.1:1/x'>", "<!ENTITY % p SYSTEM 'http://127.0.0.1:1/x'> %p;",
        ]
    )
    func documentType(declaration: String) {
        let roots = [
            "presence", "watcherinfo", "list", "resource-lists", "ruleset", "xcap-diff", "reginfo", "imdn",
        ]
        for root in roots {
            let body = ByteString("<!DOCTYPE \(root) [\(declaration)]><\(root)>&b;</\(root)>")
            for read in Self.readers { #expect(throws: DocumentError.self) { try read(body) } }
        }
    }
}
