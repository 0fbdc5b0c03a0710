import Foundation
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct DocumentsOnTheServer {
        /// Two devices of the same user: each with a home of its own, and the documents in common.
        private func devices() async throws -> (Person, Person) {
            let core = try await RealCore.shared()
            let root = try await core.documentRoot()
            let first = try await core.person(settings: ["xcap-root": root])
            let second = try await core.person(
                named: first.name,
                settings: ["xcap-root": root]
            )
            return (first, second)
        }

        private func uris(_ outcome: Outcome) throws -> [String] {
            #expect(outcome.status == .status(0), "\(outcome)")
            return try outcome.events().filter { $0.event == "buddy" }.compactMap { $0["uri"] }
        }

        @Test("a list kept on the server is edited from two devices, and each sees what the other did")
        func twoDevices() async throws {
            let (first, second) = try await devices()
            _ = try uris(await first.ims("buddies", "add", "sip:bob@ims.test", "Bob", "--json"))
            _ = try uris(await second.ims("buddies", "add", "--group", "work", "carol", "--json"))
            let list = try await first.ims("buddies", "list", "--json")
            #expect(try uris(list) == ["sip:bob@ims.test", "sip:carol@ims.test"])
            #expect(try list.events().compactMap { $0["nickname"] } == ["Bob"])
            #expect(try list.events().compactMap { $0["group"] } == ["work"])
            _ = try uris(await second.ims("buddies", "rename", "bob", "Robert", "--json"))
            let removed = try await first.ims("buddies", "remove", "carol")
            #expect(removed.status == .status(0), "\(removed)")
            let last = try await second.ims("buddies", "list")
            #expect(last.output == "sip:bob@ims.test\tRobert\n", "\(last)")
        }

        @Test("what another device changes is here at once, as the server tells of it (RFC 5875)")
        func told() async throws {
            let (first, second) = try await devices()
            let prompt = try first.start("--json", "--trace")
            _ = try await prompt.event("registered")
            // The list is read once by itself at first; from the second change on it is only what is told that counts.
            for uri in ["sip:bob@ims.test", "sip:carol@ims.test"] {
                _ = try uris(await second.ims("buddies", "add", uri, "--json"))
                let change = try await prompt.event("buddies_changed")
                #expect(change.strings("added") == [uri])
            }
            prompt.write("quit\n")
            #expect(try await prompt.exit() == .status(0))
            #expect(prompt.errors.contains("Content-Type: application/xcap-diff+xml"))
        }

        @Test("whom one allows and blocks stands in the rules of the server")
        func decisions() async throws {
            let (first, second) = try await devices()
            for action in ["allow", "block"] {
                let outcome = try await first.ims("buddies", action, "sip:\(action)ed@ims.test")
                #expect(outcome.status == .status(0), "\(outcome)")
            }
            let rules = try await second.ims("xdm", "get", "pres-rules")
            #expect(rules.status == .status(0), "\(rules)")
            #expect(rules.output.contains("<one id=\"sip:allowed@ims.test\"/>"))
            #expect(rules.output.contains("<one id=\"sip:blocked@ims.test\"/>"))
            let undone = try await second.ims("buddies", "block", "--undo", "sip:blocked@ims.test")
            #expect(undone.status == .status(0), "\(undone)")
            #expect(try await !first.ims("xdm", "get", "pres-rules").output.contains("blocked@ims.test"))
        }

        @Test("documents are pulled, edited, compared and applied; a conflict keeps and names both versions")
        func folder() async throws {
            let (first, second) = try await devices()
            _ = try uris(await first.ims("buddies", "add", "sip:bob@ims.test", "--json"))
            let folder = first.home.path + "/documents"
            let file = folder + "/resource-lists.xml"
            let pulled = try await first.ims("xdm", "pull", folder)
            #expect(pulled.status == .status(0), "\(pulled)")
            try edit(file, "sip:bob@ims.test", "sip:dave@ims.test")
            let difference = try await first.ims("xdm", "diff", folder)
            #expect(difference.output.contains("+    <entry uri=\"sip:dave@ims.test\"/>"), "\(difference)")
            let rehearsed = try await first.ims("xdm", "apply", "--dry-run", folder, "--json")
            #expect(try rehearsed.events().contains { $0["state"] == "would_write" }, "\(rehearsed)")
            #expect(try uris(await second.ims("buddies", "list", "--json")) == ["sip:bob@ims.test"])
            let applied = try await first.ims("xdm", "apply", folder, "--json")
            #expect(applied.status == .status(0), "\(applied)")
            #expect(try uris(await second.ims("buddies", "list", "--json")) == ["sip:dave@ims.test"])

            _ = try uris(await second.ims("buddies", "add", "sip:eve@ims.test", "--json"))
            try edit(file, "sip:dave@ims.test", "sip:frank@ims.test")
            let conflict = try await first.ims("xdm", "apply", folder, "--json")
            #expect(conflict.status == .status(1), "\(conflict)")
            let theirs = folder + "/resource-lists.server.xml"
            #expect(try conflict.events().contains { $0["server_file"] == theirs }, "\(conflict)")
            #expect(try text(file).contains("sip:frank@ims.test"))
            #expect(try text(theirs).contains("sip:eve@ims.test"))
            let again = try await first.ims("xdm", "apply", folder)
            #expect(again.status == .status(1) && again.errors.contains("not merged"), "\(again)")
            try FileManager.default.removeItem(atPath: theirs)
            #expect(try await first.ims("xdm", "apply", folder).status == .status(0))
            #expect(try uris(await second.ims("buddies", "list", "--json")) == ["sip:frank@ims.test"])
        }

        @Test("one document is written over the version that was seen, a node of it by its selector")
        func single() async throws {
            let (first, second) = try await devices()
            let entry = "<entry xmlns=\"urn:ietf:params:xml:ns:resource-lists\" uri=\"sip:bob@ims.test\"/>"
            func document(_ inner: String) -> String {
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list name="buddies">\(inner)</list></resource-lists>
                """
            }
            let made = try await first.ims("xdm", "put", "resource-lists", "-", input: document(""))
            #expect(made.status == .status(0), "\(made)")
            let blind = try await second.ims("xdm", "put", "resource-lists", "-", input: document(entry))
            #expect(blind.status == .status(1), "\(blind)")
            let kept = second.home.path + "/data/ims/conflicts/resource-lists.xml"
            #expect(blind.errors.contains(kept))
            #expect(try text(kept) == document(entry))
            let node = "resource-lists/list[@name=\"buddies\"]/entry[@uri=\"sip:bob@ims.test\"]"
            let put = try await first.ims("xdm", "put", "--node", node, "resource-lists", "-", input: entry)
            #expect(put.status == .status(0), "\(put)")
            let got = try await second.ims("xdm", "get", "--node", node, "resource-lists")
            #expect(got.output.contains("sip:bob@ims.test"), "\(got)")
            let bad = try await first.ims("xdm", "put", "--force", "resource-lists", "-", input: "<a/>")
            #expect(bad.status == .status(1), "\(bad)")
            let listed = try await first.ims("xdm", "list", "--json")
            #expect(try listed.events().contains { $0["state"] == "present" }, "\(listed)")
            #expect(try await first.ims("xdm", "delete", "--force", "resource-lists").status == .status(0))
            let gone = try await second.ims("xdm", "get", "resource-lists")
            #expect(gone.status == .status(1), "\(gone)")
        }

        @Test("a wrong password, a server that is not there, and none at all are told apart")
        func failures() async throws {
            let core = try await RealCore.shared()
            let root = try await core.documentRoot()
            let stranger = try await core.person(
                settings: ["xcap-root": root, "xcap-user": "nobody@ims.test"]
            )
            #expect(try await stranger.ims("xdm", "list").status == .status(3))
            let lost = try await core.person(settings: ["xcap-root": "http://127.0.0.1:1/xcap-root"])
            #expect(try await lost.ims("xdm", "list").status == .status(4))
            let local = try await core.person()
            #expect(try await local.ims("xdm", "list").status == .status(3))
            let added = try await local.ims("buddies", "add", "sip:bob@ims.test", "Bobby")
            #expect(added.status == .status(0) && added.errors.contains("on this machine alone"), "\(added)")
            #expect(try await local.ims("__complete", "contacts").lines.contains("Bobby"))
        }

        private func text(_ path: String) throws -> String {
            try String(contentsOfFile: path, encoding: .utf8)
        }

        private func edit(_ path: String, _ old: String, _ new: String) throws {
            let changed = try text(path).replacingOccurrences(of: old, with: new)
            try changed.write(toFile: path, atomically: true, encoding: .utf8)
        }
    }
}
