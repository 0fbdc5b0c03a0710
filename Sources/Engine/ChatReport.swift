/// What became of a message that was sent in a chat, as far as the first answer to it tells.
package struct ChatReport: Hashable, Sendable {
    package var chat: Chat
    /// Which of the messages sent in this chat it is, from 1; where lines are sent, the line.
    package var number: Int
    package var messageID: String
    package var contentType: String
    /// What was sent; of what is long, the beginning.
    package var body: [UInt8]
    package var delivery: ChatDelivery

    package init(
        chat: Chat,
        number: Int,
        messageID: String,
        contentType: String,
        body: [UInt8],
        delivery: ChatDelivery
    ) {
        self.chat = chat
        self.number = number
        self.messageID = messageID
        self.contentType = contentType
        self.body = body
        self.delivery = delivery
    }
}
