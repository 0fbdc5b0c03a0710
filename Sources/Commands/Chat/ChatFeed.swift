package import Engine

/// What is read from a pipe on its way into a chat: cut into lines, so many at a time, and what became of them.
///
/// A value that does no I/O: whoever owns it reads while `wantsInput`, sends what `next` gives, and reports what
/// became of it.
package struct ChatFeed: Sendable {
    /// A message to send.
    package struct Message: Hashable, Sendable {
        /// The number of the line, from 1.
        package var number: Int
        package var body: [UInt8]
    }

    /// How many messages may be without a confirmation before no more is read.
    package static let window = 256
    /// The most bytes of one message; a line that is longer goes as several.
    package static let messageLimit = 1 << 20

    private var partial: [UInt8] = []
    private var waiting: ArraySlice<Message> = []
    private var number = 0
    private var unsettled: Set<Int> = []
    /// The first message that failed.
    private var failure: (number: Int, delivery: ChatDelivery)?
    /// Whether all there is to send has been read.
    package private(set) var isInputOver = false

    package init() {}

    /// Takes what was read.
    package mutating func receive(_ bytes: [UInt8]) {
        for part in bytes.split(separator: Self.newline, omittingEmptySubsequences: false).dropLast() {
            keep(part)
            finishLine()
        }
        keep(bytes[(bytes.lastIndex(of: Self.newline).map { $0 + 1 } ?? 0)...])
    }

    /// Takes the end of what is read; a last line without an end is a message too.
    package mutating func endInput() {
        if !partial.isEmpty { finishLine() }
        isInputOver = true
    }

    /// Takes the next message if one may be sent now.
    package mutating func next() -> Message? {
        guard unsettled.count < Self.window, let message = waiting.popFirst() else { return nil }
        unsettled.insert(message.number)
        return message
    }

    /// Takes what became of a message.
    package mutating func settle(_ number: Int, _ delivery: ChatDelivery) {
        unsettled.remove(number)
        switch delivery {
        case .sent, .accepted, .delivered, .displayed: break
        case .refused, .unconfirmed, .missed:
            if number < failure?.number ?? .max { failure = (number, delivery) }
        }
    }

    /// Whether more should be read.
    package var wantsInput: Bool { !isInputOver && waiting.isEmpty && unsettled.count < Self.window }

    /// Whether something is known of each message that was sent.
    package var isSettled: Bool { unsettled.isEmpty }

    /// Whether all has been read and sent, and something is known of each message.
    package var isDone: Bool { isInputOver && waiting.isEmpty && isSettled }

    /// The first message that is not known to have arrived, and what is known of it; all before it have arrived.
    package var firstFailure: (number: Int, delivery: ChatDelivery)? {
        let missing = [unsettled.min(), waiting.first?.number].compactMap(\.self).min()
        guard let failure, failure.number < missing ?? .max else { return missing.map { ($0, .unconfirmed) } }
        return failure
    }

    private static let newline = UInt8(ascii: "\n")

    private mutating func keep(_ part: ArraySlice<UInt8>) {
        partial += part
        while partial.count > Self.messageLimit {
            append(Array(partial.prefix(Self.messageLimit)))
            partial.removeFirst(Self.messageLimit)
        }
    }

    /// An empty line goes as a line end: a message without a body says nothing (RFC 4975 §7.1).
    private mutating func finishLine() {
        if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
        append(partial.isEmpty ? [Self.newline] : partial)
        partial = []
    }

    private mutating func append(_ body: [UInt8]) {
        number += 1
        waiting.append(Message(number: number, body: body))
    }
}
