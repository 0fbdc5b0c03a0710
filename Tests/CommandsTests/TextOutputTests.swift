import Engine
import SIP
import Store
import Testing
import Wire

@testable import Commands

@Suite struct TextOutputTests {
    private let sink = CollectingSink()

    private func output(_ change: (inout TextOutput.Style) -> Void = { _ in }) -> TextOutput {
        var style = TextOutput.Style()
        change(&style)
        return TextOutput(sink: sink, style: style) { _ in LocalTime(clock: "09:30", full: "2026-11-21 09:30")
        }
    }

    @Test(
        "the asserted identity comes first, a differing From is a claim",
        arguments: [
            (Sample.message("hi"), "sip:bob@ims.test: hi"),
            (Sample.message("hi", name: "Bob"), "Bob (sip:bob@ims.test): hi"),
            (Sample.message("hi", from: "sip:evil@x"), "sip:bob@ims.test [claims sip:evil@x]: hi"),
            (
                Sample.message("hi", from: "sip:evil@x", name: "Your bank"),
                "sip:bob@ims.test [claims Your bank, sip:evil@x]: hi"
            ),
            (Sample.message("hi", from: "SIP:Bob@ims.test"), "sip:bob@ims.test: hi"),
            (Sample.message("hi", asserted: nil), "sip:bob@ims.test [not verified]: hi"),
            (
                Sample.message(
                    "hi",
                    from: "sip:evil@x",
                    name: "bob (sip:bob@ims.test)\u{1B}[2J",
                    asserted: nil
                ),
                "bob sipbob@ims.test\\u{1B}2J (sip:evil@x) [not verified]: hi"
            ),
        ]
    )
    func sender(_ message: IncomingMessage, line: String) {
        output().show(Sample.event(.message(message)))
        #expect(sink.output == "[09:30] \(line)\n")
    }

    @Test("no line of a message can be taken for one of the program, nothing steers the terminal")
    func hostile() {
        output().show(
            Sample.event(
                .message(Sample.message("a\n[09:30] sip:carol@x: b\r\u{1B}]0;x\u{7}\u{202E}c\u{9B}31m"))
            )
        )
        let lines = sink.output.split(separator: "\n")
        #expect(lines.count >= 2)
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    ") })
        #expect(
            !sink.output.unicodeScalars.contains {
                $0.value < 0x20 && $0 != "\n" || (0x7F...0x9F).contains($0.value)
            }
        )
        #expect(!sink.output.unicodeScalars.contains("\u{202E}"))
    }

    @Test("a body that cannot be read is named, not lost")
    func unreadable() {
        output().show(Sample.event(.message(Sample.message("abc", contentType: "image/png"))))
        #expect(
            sink.output == "[09:30] sip:bob@ims.test: [image/png, 3 bytes; ims history --json has them]\n"
        )
    }

    @Test("data goes to standard output, everything else to standard error")
    func streams() {
        let output = output { $0.showsProgress = true }
        output.show(Sample.event(.registered(Sample.registration)))
        output.notice("n")
        output.show(Explanation(EngineError.interrupted))
        #expect(sink.output.isEmpty)
        #expect(
            sink.error
                == "registered sip:alice@ims.test for 54 min at 127.0.0.1:4060 (udp)\nn\nims: Interrupted.\n"
        )
        output.show(Sample.event(.outcome(Sample.report(.accepted))))
        #expect(sink.output == "delivered to sip:bob@ims.test\n")
    }

    @Test(
        "-q leaves errors alone, -v tells each step",
        arguments: [(Verbosity.quiet, 0), (.normal, 0), (.verbose, 2)]
    )
    func verbosity(_ verbosity: Verbosity, lines: Int) {
        let output = output { $0.verbosity = verbosity }
        output.show(Sample.event(.registering(RegistrationAttempt(proxy: "p:5060", transport: .tcp))))
        output.show(Sample.event(.registered(Sample.registration)))
        #expect(sink.error.split(separator: "\n").count == lines)
        output.show(Explanation(EngineError.notRegistered))
        #expect(sink.error.contains("not registered"))
    }

    @Test("a failed registration says when it is tried again")
    func retry() {
        let failure = EngineError.unreachable(target: "p:5060", detail: "Connection refused")
        output().show(Sample.event(.registrationFailed(failure, retryAfter: .seconds(30))))
        #expect(sink.error == "p:5060 cannot be reached: Connection refused. Trying again in 30 s.\n")
    }

    @Test("colour is written only where it is asked for")
    func colour() {
        output().show(Sample.event(.message(Sample.message("hi"))))
        #expect(!sink.output.contains("\u{1B}"))
        output { $0.isOutputColoured = true }.show(Sample.event(.message(Sample.message("hi"))))
        #expect(sink.output.contains("\u{1B}[1;36msip:bob@ims.test\u{1B}[0m: hi"))
    }

    @Test("what became of a message is told in its own words", arguments: HistoryEntry.State.allTested)
    func states(_ state: HistoryEntry.State, remark: String) {
        let entry = HistoryEntry(
            time: Sample.time,
            account: "alice",
            direction: .outgoing,
            peer: "sip:bob@ims.test",
            from: "sip:alice@ims.test",
            to: "sip:bob@ims.test",
            contentType: "text/plain",
            body: Array("hi".utf8),
            callID: "c1",
            state: state,
            status: 403
        )
        output().show(.history(entry), account: "alice")
        #expect(sink.output == "2026-11-21 09:30 > sip:bob@ims.test: hi\(remark)\n")
    }
}

extension HistoryEntry.State {
    static let allTested: [(HistoryEntry.State, String)] = [
        (.accepted, ""), (.pending, "  [not known to have arrived]"), (.stored, "  [stored for later]"),
        (.notStored, "  [not delivered]"), (.refused, "  [refused, 403]"), (.unanswered, "  [no answer]"),
    ]
}
