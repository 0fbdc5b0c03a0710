import Documents
import Engine
import Store
import Testing
import UserAgent
import Wire

import struct Engine.Event

@testable import Commands

@Suite struct DocumentOutputTests {
    private let sink = CollectingSink()

    private func text(_ change: (inout TextOutput.Style) -> Void = { _ in }) -> TextOutput {
        var style = TextOutput.Style()
        change(&style)
        return TextOutput(sink: sink, style: style) { _ in LocalTime(clock: "09:30", full: "2026-11-21 09:30")
        }
    }

    private var json: JSONOutput {
        JSONOutput(sink: sink, verbosity: .normal) { Timestamp(microseconds: 1_790_000_000_000_000) }
    }

    private let buddy = BuddyEntry(
        Buddy(uri: "sip:bob@ims.test", nickname: "Bob\u{1B}[2J", alias: "Bobby", group: "work"),
        policy: .allow
    )

    @Test("a buddy is one line, and nothing in it steers the terminal")
    func buddyText() {
        text().show(.buddy(buddy), account: "alice")
        #expect(
            sink.output == "sip:bob@ims.test\tBob\\u{1B}2J\tcalls itself Bobby\tin work\t[sees you]\n"
        )
    }

    @Test("a buddy and a request are objects with what is known of them")
    func buddyJSON() {
        json.show(
            .buddy(BuddyEntry(Buddy(uri: "sip:bob@ims.test", group: "work"), policy: .block)),
            account: "a"
        )
        #expect(
            sink.output.hasSuffix(
                "\"account\":\"a\",\"uri\":\"sip:bob@ims.test\",\"group\":\"work\",\"policy\":\"block\"}\n"
            )
        )
        let request = WatcherRequest(
            uri: "sip:eve@ims.test",
            displayName: "Bob",
            since: Timestamp(microseconds: 1_790_000_000_000_000),
            status: "pending"
        )
        json.show(.watcherRequest(request), account: "a")
        #expect(sink.output.contains("\"event\":\"watcher_request\""))
        text().show(.watcherRequest(request), account: "a")
        #expect(sink.output.hasSuffix("sip:eve@ims.test [claims Bob]\tsince 2026-11-21 09:30\n"))
    }

    @Test(
        "what another client changed is one line, with a few names made safe, and an object with every address"
    )
    func changedElsewhere() {
        let many = (1...8).map { Buddy(uri: "sip:u\($0)@b", nickname: $0 == 1 ? "A\u{1B}[2J" : nil) }
        let change = BuddyListChange(added: many, removed: [Buddy(uri: "sip:x@b")])
        let event = Event(time: Sample.time, account: "a", kind: .buddiesChanged(change))
        text().show(event)
        #expect(
            sink.error.hasSuffix(
                "changed elsewhere: +A\\u{1B}2J, +sip:u2@b, +sip:u3@b, +sip:u4@b, +sip:u5@b, +3 more, -sip:x@b.\n"
            ),
            "\(sink.error)"
        )
        json.show(event)
        #expect(sink.output.contains("\"event\":\"buddies_changed\""))
        #expect(sink.output.contains("\"sip:u8@b\"],\"removed\":[\"sip:x@b\"],\"changed\":[]"))
    }

    @Test(
        "how the buddies are watched is told",
        arguments: [
            (BuddyWatchMode.single, "\"mode\":\"single\"", "a subscription for each"),
            (.list("sip:l@b"), "\"mode\":\"list\",\"list\":\"sip:l@b\"", "the list sip:l@b"),
            (
                .listInRequest(server: "sip:r@b"), "\"list_in_request\",\"server\":\"sip:r@b\"",
                "request to sip:r@b"
            ),
        ]
    )
    func watchMode(_ mode: BuddyWatchMode, _ object: String, _ words: String) {
        json.show(.buddyWatch(mode), account: "a")
        #expect(sink.output.contains("\"event\":\"buddy_watch\"") && sink.output.contains(object))
        text().show(.buddyWatch(mode), account: "a")
        #expect(sink.error.contains(words))
    }

    @Test(
        "no string of a presence document or watcher steers the terminal, and a request says how to answer it"
    )
    func presenceIsSafe() throws {
        let evil = "x\u{1B}]0;owned\u{7}\u{9B}2J\r\u{202E}"
        let state = PresenceState(
            basic: .open,
            willing: false,
            activities: ["busy" + evil],
            mood: [evil],
            note: evil,
            displayName: evil
        )
        let uri = "sip:eve@ims.test;\(evil)"
        let kinds: [Event.Kind] = [
            .presence(PresenceChange(uri: uri, state: state, previous: state)),
            .presence(PresenceChange(uri: uri, name: evil, state: state)),
            .watcher(Watcher(uri: uri, displayName: evil, status: .pending)),
            .watcher(Watcher(uri: uri, name: evil, status: .active)),
            .presenceUnknown(
                uri: uri,
                name: nil,
                .refused(Refusal(status: 403, reason: evil, warning: evil))
            ),
            .presenceUnknown(uri: uri, name: evil, .undecided),
        ]
        for kind in kinds { text().show(Event(time: Sample.time, account: "a", kind: kind)) }
        text().show(
            .buddy(BuddyEntry(Buddy(uri: uri, group: evil), policy: nil, presence: state)),
            account: "a"
        )
        text().show(
            .ownPresence(
                OwnPresenceStatus(
                    presence: OwnPresence(note: evil),
                    isPublished: true,
                    isAvailabilityPublishedByServer: false
                )
            ),
            account: "a"
        )
        text().show(
            .watcherRequest(
                WatcherRequest(uri: uri, displayName: evil, since: Sample.time, status: "pending")
            ),
            account: "a"
        )
        let shown = sink.output + sink.error
        #expect(shown.contains("asks to see your presence: buddies allow sip:eve@ims.test"))
        for scalar in ["\u{1B}", "\u{7}", "\u{9B}", "\r", "\u{202E}"] as [Unicode.Scalar] {
            #expect(!shown.unicodeScalars.contains(scalar), "\(shown)")
        }
    }

    @Test("who is on the list is shown by the name there, others by the one they give, as a sender is")
    func names() throws {
        let open = PresenceState(basic: .open, displayName: "Robert B.")
        let uri = "sip:bob@ims.test"
        let kinds: [(Event.Kind, String)] = [
            (.presence(PresenceChange(uri: uri, name: "Bob", state: open)), "Bob (\(uri)): online"),
            (.presence(PresenceChange(uri: uri, state: open)), "Robert B. (\(uri)): online"),
            (.presence(PresenceChange(uri: uri, state: .unknown)), "\(uri): offline"),
            (.presenceUnknown(uri: uri, name: "Bob", .rejected), "Bob (\(uri)) does not let you see"),
            (.presenceUnknown(uri: uri, name: nil, .rejected), "\(uri) does not let you see"),
            (
                .watcher(Watcher(uri: uri, name: "Bob", displayName: "Eve", status: .pending)),
                "Bob (\(uri)) asks to see your presence: buddies allow \(uri), or block."
            ),
        ]
        for (kind, words) in kinds {
            text().show(Event(time: Sample.time, account: "a", kind: kind))
            #expect((sink.output + sink.error).contains(words), "\(words)")
        }
        json.show(Event(time: Sample.time, account: "a", kind: kinds[0].0))
        json.show(Event(time: Sample.time, account: "a", kind: kinds[1].0))
        json.show(Event(time: Sample.time, account: "a", kind: kinds[3].0))
        #expect(sink.output.contains(#""uri":"\#(uri)","name":"Bob","basic":"open""#))
        #expect(sink.output.contains(#""uri":"\#(uri)","basic":"open""#))
        #expect(sink.output.contains(#""uri":"\#(uri)","name":"Bob","cause":"rejected""#))
    }

    @Test("a document goes out byte by byte into a file, and made safe onto a terminal")
    func document() throws {
        let selector = try #require(XDMUsage.document("resource-lists", of: "sip:a@b"))
        let body = Array("<a>\u{1B}[31m</a>\n".utf8)
        let document = XDMDocument(selector: selector, body: body, etag: "\"1\"")
        text { $0.isOutputTerminal = false }.show(.document(document), account: "a")
        #expect(sink.output == "<a>\u{1B}[31m</a>\n")
        text().show(.document(document), account: "a")
        #expect(
            sink.output.hasSuffix("\n<a>\\u{1B}[31m</a>\n\n") || sink.output.contains("<a>\\u{1B}[31m</a>\n")
        )
        json.show(.document(document), account: "a")
        #expect(
            sink.output.contains("\"document\":\"resource-lists/users/sip:a@b/index\",\"etag\":\"\\\"1\\\"\"")
        )
    }

    @Test("what a folder command did to a document")
    func states() {
        let report = DocumentReport(
            "x/users/a/index",
            .conflict,
            etag: "\"2\"",
            file: "d/x.xml",
            theirs: "d/x.server.xml",
            difference: ["-a", "+b"]
        )
        text().show(.documentState(report), account: "a")
        #expect(sink.output == "d/x.xml\tin conflict: what the server has is in d/x.server.xml\n-a\n+b\n")
        json.show(.documentState(report), account: "a")
        #expect(
            sink.output.contains(
                "\"state\":\"conflict\",\"etag\":\"\\\"2\\\"\",\"file\":\"d/x.xml\",\"server_file\":"
            )
        )
        #expect(sink.output.hasSuffix("\"difference\":[\"-a\",\"+b\"]}\n"))
    }

    @Test("documents are compared by what they say, not by their layout or prefixes")
    func difference() {
        func lines(_ old: String, _ new: String) -> [String] {
            LineDifference.lines(from: Array(old.utf8), to: Array(new.utf8))
        }
        #expect(
            lines(
                "<a xmlns='urn:a'><b c='1' d='2'/></a>",
                "<x:a xmlns:x='urn:a'>\n <x:b d='2' c='1'/>\n</x:a>"
            ) == []
        )
        #expect(
            lines("<a><b/><c/><d/><e/></a>", "<a><b/><c/><d/><e>1</e></a>")
                == [" ...", "   <c/>", "   <d/>", "-  <e/>", "+  <e>1</e>", " </a>"]
        )
        #expect(lines("", "no XML") == ["-", "+no XML"])
        #expect(lines("same", "same") == [])
    }

    @Test("arguments that do not go with the action are refused")
    func usage() throws {
        let table = CommandTable.standard
        func parse(_ line: String) throws -> Bool {
            try table.parse(line.split(separator: " ").map(String.init)).command != nil
        }
        for line in [
            "buddies list bob", "buddies add", "buddies remove bob x", "buddies list --group x",
            "buddies add bob --undo", "buddies frobnicate", "xdm list x", "xdm get", "xdm put x",
            "xdm get x y", "xdm pull d --dry-run", "xdm get x --force", "xdm list --node a",
        ] {
            #expect(throws: UsageError.self, "\(line)") { try parse(line) }
        }
        #expect(try parse("buddies add sip:bob@ims.test Bob the builder --group work"))
        #expect(try parse("xdm apply d --dry-run"))
    }
}
