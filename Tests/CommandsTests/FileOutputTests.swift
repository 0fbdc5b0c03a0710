import Engine
import Testing
import Wire

import struct Engine.Event

@testable import Commands

@Suite struct FileOutputTests {
    private func transfer(
        _ name: String = "photo.png",
        isOutgoing: Bool = false,
        isInvited: Bool = true,
        isAsked: Bool = true,
        claimed: String? = nil
    ) -> FileTransfer {
        var transfer = FileTransfer(
            id: TransferID(1),
            peer: "sip:bob@ims.test",
            isOutgoing: isOutgoing,
            name: name,
            type: "image/png",
            size: 78_169,
            callID: "c1"
        )
        (transfer.isInvited, transfer.isAsked, transfer.claimed) = (isInvited, isAsked, claimed)
        return transfer
    }

    private func text(
        _ kinds: [Event.Kind],
        showsBar: Bool = false,
        columns: Int? = nil
    ) -> CollectingStatusSink {
        let sink = CollectingStatusSink()
        var style = TextOutput.Style()
        style.showsBar = showsBar
        style.columns = { columns }
        let output = TextOutput(sink: sink, style: style, localTime: LocalTime.init)
        for kind in kinds { output.show(Sample.event(kind)) }
        return sink
    }

    @Test("an offer says who, what and how to answer")
    func offer() {
        #expect(
            text([.fileOffered(transfer())]).error
                == "sip:bob@ims.test offers photo.png (image/png, 78.1 kB)\ntype accept f1 or reject f1\n"
        )
        // What is taken anyway is not asked about.
        #expect(
            text([.fileOffered(transfer(isAsked: false))]).error
                == "sip:bob@ims.test offers photo.png (image/png, 78.1 kB)\n"
        )
    }

    @Test("a sender nobody vouches for is marked, and no name steers the terminal")
    func hostile() {
        let shown = text([.fileOffered(transfer("a\u{1B}[2J.png", claimed: "sip:bob@ims.test"))]).error
        #expect(shown.hasPrefix("sip:bob@ims.test [not verified] offers a\\u{1B}[2J.png"))
    }

    @Test("the end says where a file is, that it is with the receiver, or what went wrong")
    func ends() {
        let complete = FileTransferEnd.complete(path: "/d/photo.png", isVerified: true)
        #expect(
            text([.fileEnded(transfer(), complete)]).error == "received /d/photo.png from sip:bob@ims.test\n"
        )
        let sent = FileTransferEnd.complete(path: nil, isVerified: false)
        #expect(
            text([.fileEnded(transfer(isOutgoing: true), sent)]).error
                == "sent photo.png (image/png, 78.1 kB) to sip:bob@ims.test\n"
        )
        #expect(text([.fileEnded(transfer(), .wrongHash(part: "/d/p.part"))]).error.contains("wrong hash"))
    }

    @Test("why a transfer has failed for which a command waits is left to the command, unless it tries again")
    func awaited() {
        let awaited = transfer(isOutgoing: true, isInvited: false)
        #expect(text([.fileEnded(awaited, .unanswered)]).error.isEmpty)
        let broken = FileTransferEnd.connection(detail: "closed by the other side")
        #expect(text([.fileEnded(awaited, broken)]).error.contains("the connection failed"))
    }

    @Test("progress is a bar on a terminal, with rate and time left, and nothing elsewhere")
    func bar() {
        let start = FileProgress(done: 0, resumed: 0, size: 1000)
        let half = FileProgress(done: 500, resumed: 0, size: 1000)
        let kinds: [Event.Kind] = [
            .fileStarted(transfer(), start), .fileProgress(transfer(), half),
            .fileEnded(transfer(), .byPeer),
        ]
        let shown = text(kinds, showsBar: true).lines
        #expect(shown.count == 3)
        #expect(shown[1]?.hasPrefix("photo.png  [############------------] 50 %") == true)
        #expect(shown[2] == nil)
        #expect(text(kinds).lines.isEmpty)
    }

    @Test(
        "on a narrow terminal lines break between words, and the bar is as long as there is room",
        arguments: [40, 30]
    )
    func narrow(columns: Int) {
        let offer = text([.fileOffered(transfer())], columns: columns).error
        #expect(offer.split(separator: "\n").allSatisfy { $0.count <= columns })
        let words = offer.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.hasPrefix("sip:bob@ims.test offers photo.png"))
        let kinds: [Event.Kind] = [
            .fileStarted(transfer(), FileProgress(done: 0, resumed: 0, size: 1000)),
            .fileProgress(transfer(), FileProgress(done: 500, resumed: 0, size: 1000)),
        ]
        let lines = text(kinds, showsBar: true, columns: columns).lines.compactMap(\.self)
        #expect(lines.count == 2 && lines.allSatisfy { $0.count < columns && $0.contains(" %") })
        #expect(lines.first?.contains("---]") == true)
    }

    @Test("a list says of each transfer where it goes")
    func entries() {
        let words = FileText.entry(transfer(), isOffered: true)
        #expect(words == "f1 offered: photo.png (image/png, 78.1 kB) from sip:bob@ims.test")
        #expect(
            FileText.entry(transfer(isOutgoing: true), isOffered: false).hasPrefix("f1 sending photo.png")
        )
    }

    @Test("the bar knows rate and time left from the time that has passed")
    func rate() {
        var bar = ProgressBar()
        let size: UInt64 = 100_000_000
        _ = bar.line(
            .fileStarted(transfer(), FileProgress(done: 20_000_000, resumed: 20_000_000, size: size)),
            at: 0
        )
        let progress = FileProgress(done: 40_000_000, resumed: 20_000_000, size: size)
        let line = bar.line(.fileProgress(transfer(), progress), at: 2_000_000)
        #expect(line?.hasSuffix("40 %  10.0 MB/s  0:06 left") == true)
        let narrow = bar.line(.fileProgress(transfer(), progress), at: 2_000_000, columns: 30)
        #expect(narrow == "photo.png  40 %  10.0 MB/s")
    }

    @Test(
        "sizes are told as people say them",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (78_169, "78.1 kB"), (1_400_000_000, "1.4 GB"),
        ] as [(UInt64, String)]
    )
    func sizes(_ bytes: UInt64, _ text: String) { #expect(FileText.size(bytes) == text) }

    @Test("every end has its word and its status")
    func words() {
        let ends: [(FileTransferEnd, String, Commands.ExitStatus)] = [
            (.complete(path: nil, isVerified: true), "complete", .done), (.byPeer, "peer", .refused),
            (.refused(Refusal(status: 603, reason: "Decline")), "refused", .refused),
            (.refused(Refusal(status: 480, reason: "Gone")), "refused", .noAnswer),
            (.connection(detail: "x"), "connection", .noAnswer), (.stalled, "stalled", .noAnswer),
            (.wrongHash(part: "p"), "wrong_hash", .refused), (.storage(detail: "x"), "storage", .refused),
        ]
        for (end, word, status) in ends { #expect(end.word == word && end.exitStatus == status) }
    }

    @Test("send-file takes any number of files, and a name for one")
    func parsing() throws {
        let table = CommandTable.standard
        #expect(try table.parse(["send-file", "sip:b@x", "a", "b c"]).command is SendFile)
        #expect(throws: UsageError.self) { try table.parse(["send-file", "sip:b@x"]) }
        #expect(throws: UsageError.self) {
            try table.parse(["send-file", "--name", "n", "sip:b@x", "a", "b"])
        }
        #expect(throws: UsageError.self) { try table.parse(["receive", "--stdout", "--to", "d"]) }
    }
}

/// A sink that keeps the status lines too.
final class CollectingStatusSink: TextSink {
    private(set) var error = ""
    private(set) var lines: [String?] = []

    func standardOutput(_ bytes: [UInt8]) {}
    func standardError(_ text: String) { error += text }
    func status(_ line: String?) { lines.append(line) }
}
