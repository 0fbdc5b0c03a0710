import Testing

@testable import Commands

@Suite struct LineCompletionTests {
    private let completion = LineCompletion(.standard)
    private let contacts = ["sip:bob@ims.test", "sip:carol@ims.test"]

    private func offer(_ before: String) -> LineCompletion.Offer {
        completion.offer(after: before, contacts: contacts)
    }

    @Test("a line begins with a command of the prompt")
    func commands() {
        #expect(offer("").words == CommandTable.standard.names(inREPL: true))
        #expect(offer("").words.contains("quit") && !offer("").words.contains("completion"))
    }

    private let historyOptions = ["--limit", "--search", "--session", "--transcript"]

    @Test("arguments are offered by their kind, options beside them")
    func arguments() {
        #expect(offer("history ").words == contacts + historyOptions)
        #expect(offer("send-message --private ").words.starts(with: contacts))
        #expect(offer("account ").words == ["list", "show"])
        #expect(offer("help ").words.contains("listen"))
        #expect(offer("send-message --file ") == LineCompletion.Offer(includesFiles: true))
        #expect(offer("history --limit ") == LineCompletion.Offer())
        #expect(offer("history --limit 5 ").words == contacts + historyOptions)
    }

    @Test("a word in quotes is one word, and one that is not closed yet is what is completed")
    func quotes() {
        #expect(offer("send-file 'Bob Smith' ").includesFiles)
        #expect(offer("send-file \"Bob Smith\" '").includesFiles)
        #expect(!offer("send-file 'Bob ").includesFiles)
    }

    @Test("in the text of a message, and after what is no command, nothing is offered")
    func nothing() {
        #expect(offer("send-message sip:bob@ims.test hello ") == LineCompletion.Offer())
        #expect(offer("frobnicate ") == LineCompletion.Offer())
        #expect(offer("completion ") == LineCompletion.Offer())
    }
}
