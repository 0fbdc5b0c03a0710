import Engine
import Testing

@testable import Commands

@Suite struct ChatFeedTests {
    private func messages(_ feed: inout ChatFeed) -> [String] {
        var messages: [String] = []
        while let message = feed.next() {
            messages.append(String(decoding: message.body, as: UTF8.self))
            feed.settle(message.number, .delivered)
        }
        return messages
    }

    @Test("every split of the input gives the same lines, the last one without an end too")
    func lines() {
        let text = Array("one\r\n\ntwo\nthr\u{E9}e".utf8)
        for split in 0...text.count {
            var feed = ChatFeed()
            feed.receive(Array(text[..<split]))
            feed.receive(Array(text[split...]))
            feed.endInput()
            #expect(messages(&feed) == ["one", "\n", "two", "thr\u{E9}e"], "split at \(split)")
            #expect(feed.isDone && feed.firstFailure == nil)
        }
    }

    @Test("a line above the limit goes as several, nothing is lost")
    func longLine() {
        var feed = ChatFeed()
        feed.receive([UInt8](repeating: 0x61, count: ChatFeed.messageLimit + 5) + [0x0A])
        #expect(messages(&feed).map(\.utf8.count) == [ChatFeed.messageLimit, 5])
    }

    @Test("no more is sent or read while the window is full")
    func window() {
        var feed = ChatFeed()
        feed.receive([UInt8](repeating: 0x0A, count: ChatFeed.window + 1))
        var sent: [Int] = []
        while let message = feed.next() { sent.append(message.number) }
        #expect(sent == Array(1...ChatFeed.window))
        #expect(!feed.wantsInput)
        feed.settle(7, .accepted)
        #expect(!feed.wantsInput, "a line that was read waits")
        #expect(feed.next()?.number == ChatFeed.window + 1)
        feed.settle(8, .accepted)
        #expect(feed.wantsInput)
    }

    @Test("the first line that did not arrive is named, whatever the order of the answers")
    func firstFailure() {
        var feed = ChatFeed()
        feed.receive(Array("1\n2\n3\n4\n".utf8))
        for _ in 1...3 { _ = feed.next() }
        feed.settle(3, .refused(413))
        #expect(feed.firstFailure?.number == 1, "it is not confirmed yet")
        feed.settle(1, .delivered)
        feed.settle(2, .unconfirmed)
        #expect(feed.firstFailure?.number == 2)
        #expect(feed.firstFailure?.delivery == .unconfirmed)
        feed.settle(2, .unconfirmed)
        #expect(feed.isSettled && !feed.isDone, "line 4 was never sent")
    }
}

@Suite struct ChatLineTests {
    @Test(
        "a line with a slash is never sent, a doubled slash is one",
        arguments: [
            ("hello /leave", .text("hello /leave")), ("/leave", .command("leave")),
            ("/leev bob", .command("leev bob")), ("//etc/hosts", .text("/etc/hosts")), ("/", .command("")),
            ("", .blank), (" \t", .blank), (" /leave", .text(" /leave")),
        ] as [(String, ChatLine)]
    )
    func meaning(_ line: String, meaning: ChatLine) {
        #expect(ChatLine(line) == meaning)
    }

    @Test("what comes is one line for the next program")
    func line() {
        for (text, line) in [
            ("a", "a\n"), ("a\n", "a\n"), ("a\r\nb\nc\r\n", "a  b c\n"), ("\n", "\n"), ("", "\n"),
        ] {
            #expect(ChatForm.line(of: Array(text.utf8)) == Array(line.utf8))
        }
    }

    @Test("in a chat commands are completed behind a slash, words are not")
    func completion() {
        let completion = LineCompletion(.standard)
        #expect(completion.offer(inChatAfter: "", contacts: []).words.contains("/leave"))
        #expect(
            completion.offer(inChatAfter: "/chat ", contacts: ["sip:bob@ims.test"]).words.contains(
                "sip:bob@ims.test"
            )
        )
        #expect(
            completion.offer(inChatAfter: "chat ", contacts: ["sip:bob@ims.test"]) == LineCompletion.Offer()
        )
        #expect(
            completion.offer(inChatAfter: "//chat ", contacts: ["sip:bob@ims.test"]) == LineCompletion.Offer()
        )
    }
}
