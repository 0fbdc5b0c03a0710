import Engine
import Testing

@testable import Commands

@Suite struct ConversationsTests {
    private let conversations = Conversations(realm: "ims.test")
    private let bob = Sample.chat(1, "sip:bob@ims.test")
    private let carol = Sample.chat(2, "sip:carol@ims.test")

    @Test("a chat goes by its number, its address, or the name of a user of one's own domain")
    func selection() throws {
        let stranger = Sample.chat(3, "sip:bob@evil.test")
        for chat in [bob, carol, stranger] { conversations.take(.chatOpened(chat)) }
        #expect(try conversations.chat("2") == carol)
        #expect(try conversations.chat("bob") == bob)
        #expect(try conversations.chat("SIP:Carol@ims.test") == carol)
        #expect(try conversations.chat("bob@evil.test") == stranger)
        #expect(throws: ChatFailure.unknown("dave")) { try conversations.chat("dave") }
        #expect(throws: ChatFailure.several) { try conversations.chat(nil) }
        #expect(throws: ChatFailure.unknown(nil)) { try conversations.invitation(nil) }
    }

    @Test("the prompt names the chat, and a stranger of the same name in full")
    func prompt() {
        #expect(conversations.prompt == "ims> ")
        conversations.enter(bob)
        #expect(conversations.prompt == "bob> ")
        conversations.enter(Sample.chat(3, "sip:bob@evil.test;x=\u{1B}[2J"))
        #expect(conversations.prompt == "bob@evil.test> ")
        conversations.enter(Sample.chat(4, "tel:+491\u{1}"))
        #expect(!conversations.prompt.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test("when a chat is over its lines go nowhere else")
    func over() {
        conversations.enter(bob)
        conversations.take(.chatOpened(carol))
        conversations.take(.chatClosed(bob, .byPeer))
        #expect(conversations.isCurrentOver)
        #expect(conversations.current == bob)
        #expect(conversations.entries == [ChatEntry(chat: carol, state: .open)])
    }

    @Test("an invitation is listed until it is answered or taken back")
    func invitations() throws {
        conversations.take(.chatInvited(bob))
        conversations.take(.chatInvited(carol))
        #expect(conversations.entries.map(\.state) == [.invited, .invited])
        #expect(try conversations.invitation("bob") == bob)
        conversations.take(.chatOpened(bob))
        conversations.take(.chatClosed(carol, .cancelled))
        #expect(conversations.entries == [ChatEntry(chat: bob, state: .open)])
    }

    @Test("the first message that failed decides the status")
    func settlement() async {
        for chat in [bob, bob, carol] { conversations.begin(in: chat.id) }
        conversations.settle(.delivered, in: carol.id)
        #expect(conversations.status == .done)
        conversations.settle(.refused(415), in: bob.id)
        conversations.settle(.unconfirmed, in: bob.id)
        #expect(conversations.status == .refused)
        await conversations.allSettled(in: bob.id)
    }
}
