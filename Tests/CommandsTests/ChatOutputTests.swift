import Engine
import Foundation
import Testing

@testable import Commands

@Suite struct ChatOutputTests {
    private let sink = CollectingSink()
    private let chat = Sample.chat(3, "sip:bob@ims.test")

    private func output(_ change: (inout TextOutput.Style) -> Void = { _ in }) -> TextOutput {
        var style = TextOutput.Style()
        change(&style)
        return TextOutput(sink: sink, style: style) { _ in LocalTime(clock: "09:30", full: "2026-11-21 09:30")
        }
    }

    private func report(_ delivery: ChatDelivery) -> ChatReport {
        ChatReport(
            chat: chat,
            number: 2,
            messageID: "m2",
            contentType: "text/plain",
            body: Array("hi".utf8),
            delivery: delivery
        )
    }

    @Test(
        "in a conversation a message follows the identity the network vouches for",
        arguments: [
            (nil, nil, "sip:bob@ims.test: hi"), (nil, "Bob", "Bob (sip:bob@ims.test): hi"),
            ("sip:bob@ims.test", "Bob", "Bob (sip:bob@ims.test) [not verified]: hi"),
            ("sip:evil@x", "Your bank", "sip:bob@ims.test [claims Your bank, sip:evil@x]: hi"),
        ] as [(String?, String?, String)]
    )
    func conversation(_ claimed: String?, name: String?, line: String) {
        var chat = chat
        (chat.claimed, chat.displayName) = (claimed, name)
        output().show(Sample.event(.chatMessage(Sample.said("hi", in: chat))))
        #expect(sink.output == "[09:30] \(line)\n")
    }

    @Test("in a pipe a message is its text, on one line; a terminal is not steered")
    func pipe() {
        let message = Sample.event(.chatMessage(Sample.said("a\u{1B}[2J\nb\n", in: chat)))
        output {
            $0.chatForm = .lines
            $0.isOutputTerminal = false
        }.show(message)
        #expect(sink.output == "a\u{1B}[2J b\n")
        let terminal = CollectingSink()
        var style = TextOutput.Style()
        style.chatForm = .blocks
        TextOutput(sink: terminal, style: style) { _ in LocalTime(clock: "", full: "") }.show(message)
        #expect(!terminal.output.contains("\u{1B}"))
    }

    @Test("a message of a chat is marked only if it failed, or with -v")
    func marks() {
        let output = output()
        for delivery in [ChatDelivery.accepted, .delivered, .refused(415), .unconfirmed] {
            output.show(Sample.event(.chatSent(report(delivery))))
        }
        #expect(
            sink.error
                == "refused for sip:bob@ims.test (415): hi\nmay not have reached sip:bob@ims.test: hi\n"
        )
        self.output { $0.verbosity = .verbose }.show(Sample.event(.chatSent(report(.delivered))))
        #expect(sink.error.hasSuffix("delivered to sip:bob@ims.test: hi\n"))
        #expect(sink.output.isEmpty)
    }

    @Test("what is told of a message later is a line of its own, in a conversation")
    func dispositions() {
        let output = output()
        for state in [DispositionReport.State.delivered, .displayed, .failed] {
            output.show(Sample.event(.disposition(Sample.disposition(state, in: chat))))
        }
        #expect(sink.output == "delivered to sip:bob@ims.test: hi\ndisplayed by sip:bob@ims.test: hi\n")
        #expect(sink.error == "not delivered to sip:bob@ims.test: hi\n")
        self.output { $0.chatForm = .lines }.show(
            Sample.event(.disposition(Sample.disposition(.delivered, in: chat)))
        )
        #expect(sink.output.split(separator: "\n").count == 2)
    }

    @Test("that somebody writes is told, and that they have stopped; a message speaks for itself")
    func composing() {
        let output = output()
        func show(_ isComposing: Bool, _ isEndedByMessage: Bool = false) {
            output.show(
                Sample.event(
                    .composing(
                        ComposingReport(
                            peer: chat.peer,
                            chat: chat,
                            isComposing: isComposing,
                            isEndedByMessage: isEndedByMessage
                        )
                    )
                )
            )
        }
        show(true)
        show(false, true)
        show(false)
        #expect(sink.error == "sip:bob@ims.test is writing\nsip:bob@ims.test has stopped writing\n")
    }

    @Test("what an envelope claims stands beside the sender, not in their place")
    func envelope() {
        var message = Sample.said("hi", in: chat)
        message.envelope = EnvelopeClaims(sender: "sip:boss@ims.test\u{1B}", subject: "Pay")
        output().show(Sample.event(.chatMessage(message)))
        #expect(
            sink.output
                == "[09:30] sip:bob@ims.test [its envelope claims sip:boss@ims.test\\u{1B}] [Pay]: hi\n"
        )
    }

    @Test("an invitation says who asks and what to type, the end of a chat why")
    func events() {
        let output = output()
        output.show(Sample.event(.chatInvited(chat)))
        output.show(Sample.event(.chatClosed(chat, .connection(detail: "reset\u{7}"))))
        output.show(Sample.event(.chatClosed(chat, .byUser)))
        #expect(
            sink.error == """
                chat invitation from sip:bob@ims.test: type accept or reject (in a chat /accept or /reject)
                The chat with sip:bob@ims.test has ended: its connection failed (reset\\u{7}).

                """
        )
    }

    @Test("chats are told in JSON with the fields that ims(1) names")
    func json() {
        let output = JSONOutput(sink: sink, verbosity: .normal, now: { Sample.time })
        let head =
            "\"time\":\"2026-11-21T09:30:00.125Z\",\"account\":\"alice\",\"chat\":3,\"direction\":\"incoming\","
            + "\"peer\":\"sip:bob@ims.test\",\"from\":\"sip:bob@ims.test\",\"asserted\":\"sip:bob@ims.test\","
            + "\"call_id\":\"c3\""
        var unverified = chat
        unverified.claimed = chat.peer
        output.show(Sample.event(.chatInvited(chat)))
        output.show(Sample.event(.chatMessage(Sample.said("see you", in: chat))))
        output.show(Sample.event(.chatClosed(chat, .refused(Refusal(status: 486, reason: "Busy Here")))))
        output.show(Sample.event(.chatSent(report(.refused(413)))))
        output.show(.chat(ChatEntry(chat: chat, state: .current)), account: "alice")
        #expect(
            sink.output == """
                {"event":"chat_invited",\(head)}
                {"event":"chat_message",\(head),"content_type":"text/plain","text":"see you","message_id":"m1"}
                {"event":"chat_closed",\(head),"cause":"refused","status":486,"reason":"Busy Here"}
                {"event":"chat_sent",\(head),"number":2,"outcome":"refused","status":413,"message_id":"m2"}
                {"event":"chat",\(head),"state":"current"}

                """
        )
        output.show(Sample.event(.chatOpened(unverified)))
        #expect(sink.output.split(separator: "\n").last?.contains("asserted") == false)
    }

    @Test(
        "how a chat is protected is told when it opens, in the list and in JSON",
        arguments: [
            (.plain, "not encrypted", #""encrypted":false"#),
            (
                .tls(suite: "TLSv1.3 X", proof: .fingerprint("sha-256 AB")),
                "encrypted, certificate as announced",
                #""encrypted":true,"tls":"TLSv1.3 X","verified_by":"fingerprint","fingerprint":"sha-256 AB""#
            ),
            (
                .tls(suite: "TLSv1.3 X", proof: .name("b.test")), "encrypted, certificate of b.test",
                #""encrypted":true,"tls":"TLSv1.3 X","verified_by":"name","certificate_name":"b.test""#
            ),
            (
                .tls(suite: "TLSv1.2 X", proof: .none), "encrypted, certificate not checked",
                #""encrypted":true,"tls":"TLSv1.2 X","verified_by":"nothing""#
            ),
        ] as [(ConnectionSecurity, String, String)]
    )
    func security(_ security: ConnectionSecurity, _ words: String, _ members: String) {
        var chat = chat
        chat.security = security
        output().show(Sample.event(.chatOpened(chat)))
        #expect(sink.error == "chatting with sip:bob@ims.test, \(words)\n")
        output().show(.chat(ChatEntry(chat: chat, state: .open)), account: "alice")
        #expect(sink.output == "3\tsip:bob@ims.test\t(\(words))\n")
        let json = CollectingSink()
        JSONOutput(sink: json, verbosity: .normal, now: { Sample.time }).show(
            Sample.event(.chatOpened(chat))
        )
        #expect(json.output.hasSuffix(members + "}\n"))
    }
}
