package import Wire

/// Cuts the bytes of one TCP or TLS connection into messages and keep-alives (RFC 3261 §18.3, RFC 5626 §3.5.1).
///
/// Bytes may come in pieces of any size; each is looked at a bounded number of times. After an error the place where
/// the next message begins is unknown, so the connection must be closed.
package struct MessageStreamFramer: Sendable {
    /// Who opened the connection, which decides what an empty line between messages means.
    package enum Side: Hashable, Sendable {
        /// We did: the peer answers our pings, each with one CRLF.
        case client
        /// The peer did: it sends pings, each two CRLFs. A single one before a message means nothing (§7.5).
        case server
    }

    private let side: Side
    private let limits: MessageLimits
    private var buffer: [UInt8] = []
    /// The first byte that belongs to no item yet.
    private var start = 0
    /// Up to here there is no end of a header.
    private var scanned = 0
    /// The length of the message that begins at `start`, once its header is complete.
    private var length: Int?
    private var failure: StreamFramingError?

    package init(side: Side, limits: MessageLimits = .standard) { (self.side, self.limits) = (side, limits) }

    /// The bytes that wait for the rest of their message.
    package var pendingCount: Int { buffer.count - start }

    /// Whether the connection stands between two messages, where it may end without loss.
    package var isAtBoundary: Bool { pendingCount == 0 && failure == nil }

    /// Takes what the connection has brought.
    ///
    /// Call `next()` until it returns `nil` before taking more.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        guard failure == nil else { return }
        discardConsumed()
        buffer.append(contentsOf: bytes)
    }

    /// Cuts off the next item.
    ///
    /// - Returns: `nil` if more bytes are needed.
    /// - Throws: `StreamFramingError` when the connection must be closed; again at every further call.
    package mutating func next() throws(StreamFramingError) -> StreamItem? {
        if let failure { throw failure }
        do {
            return try nextItem()
        } catch {
            failure = error
            buffer = []
            (start, scanned) = (0, 0)
            throw error
        }
    }

    private mutating func nextItem() throws(StreamFramingError) -> StreamItem? {
        if length == nil {
            if let keepAlive = try nextKeepAlive() { return keepAlive }
            guard start < buffer.count, buffer[start] != .carriageReturn else { return nil }
            guard try findLength() else { return nil }
        }
        guard let length, buffer.count - start >= length else { return nil }
        let message = ByteString(Array(buffer[start..<start + length]))
        start += length
        scanned = start
        self.length = nil
        return .message(message)
    }

    /// Reads the line breaks before a message.
    private mutating func nextKeepAlive() throws(StreamFramingError) -> StreamItem? {
        while start < buffer.count, buffer[start] == .carriageReturn {
            guard start + 1 < buffer.count else { return nil }
            guard buffer[start + 1] == .lineFeed else { throw StreamFramingError(.malformed) }
            if side == .client {
                consumeLineBreaks(1)
                return .keepAlivePong
            }
            guard start + 2 < buffer.count else { return nil }
            guard buffer[start + 2] == .carriageReturn else {
                consumeLineBreaks(1)
                continue
            }
            guard start + 3 < buffer.count else { return nil }
            guard buffer[start + 3] == .lineFeed else { throw StreamFramingError(.malformed) }
            consumeLineBreaks(2)
            return .keepAlivePing
        }
        return nil
    }

    private mutating func consumeLineBreaks(_ count: Int) {
        start += 2 * count
        scanned = start
    }

    /// Looks for the end of the header, from where the last look ended, and reads `Content-Length`.
    ///
    /// - Returns: Whether the length of the message is known now.
    private mutating func findLength() throws(StreamFramingError) -> Bool {
        guard buffer[start].isTokenCharacter else { throw StreamFramingError(.malformed) }
        guard let headerEnd = findHeaderEnd() else {
            guard buffer.count - start <= limits.headerSize else { throw StreamFramingError(.headerTooLarge) }
            return false
        }
        let head = ByteString(Array(buffer[start..<headerEnd]))
        guard head.count <= limits.headerSize else { throw StreamFramingError(.headerTooLarge, head: head) }
        var parser = MessageParser(head, limits: limits, isForgiving: true)
        switch parser.framingLength() {
        case .missing:
            throw StreamFramingError(.missingContentLength, head: head)
        case .invalid:
            throw StreamFramingError(.invalidContentLength, head: head)
        case .bytes(let count):
            guard count <= limits.messageSize - head.count else {
                throw StreamFramingError(.messageTooLarge, head: head)
            }
            length = head.count + count
            return true
        }
    }

    /// The offset behind the empty line that ends the header.
    private mutating func findHeaderEnd() -> Int? {
        let (end, resume) = Self.headerEnd(in: buffer, from: scanned)
        scanned = resume
        return end
    }

    private static func headerEnd(in buffer: [UInt8], from start: Int) -> (end: Int?, resume: Int) {
        let span = buffer.span
        var index = start
        while true {
            index = span.firstIndex(of: .lineFeed, from: index)
            guard index + 2 < span.count else { break }
            if span[index + 1] == .carriageReturn, span[index + 2] == .lineFeed { return (index + 3, start) }
            index += 1
        }
        // A line feed among the last two bytes may begin the empty line: look at them again.
        return (nil, max(start, span.count - 2))
    }

    private mutating func discardConsumed() {
        guard start > 0 else { return }
        buffer.removeFirst(start)
        scanned -= start
        start = 0
    }
}

/// What a connection brought.
package enum StreamItem: Hashable, Sendable {
    /// One whole message, for `Message.init(parsing:limits:)`.
    case message(ByteString)
    /// Two CRLFs, to be answered with one (RFC 5626 §3.5.1).
    case keepAlivePing
    /// One CRLF, the answer to a ping.
    case keepAlivePong
}

/// Why the bytes of a connection can no longer be cut into messages.
package struct StreamFramingError: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// What begins here is no message.
        case malformed
        /// A message over a stream must say where it ends (RFC 3261 §20.14).
        case missingContentLength
        /// The length is no number, or is given twice.
        case invalidContentLength
        case headerTooLarge, messageTooLarge
    }

    package var reason: Reason
    /// The header of the message, if it was complete: `Message.salvage(_:limits:)` makes of it what can be answered.
    package var head: ByteString?

    package init(_ reason: Reason, head: ByteString? = nil) { (self.reason, self.head) = (reason, head) }

    /// The status of the answer before the connection is closed, if there can be one.
    package var status: StatusCode { reason == .messageTooLarge ? .messageTooLarge : .badRequest }
}

extension StreamFramingError: CustomStringConvertible {
    /// For the log; the bytes stay out of it.
    package var description: String {
        switch reason {
        case .malformed: "no message begins there"
        case .missingContentLength: "Content-Length is missing"
        case .invalidContentLength: "Content-Length is wrong"
        case .headerTooLarge: "the header is too large"
        case .messageTooLarge: "the message is too large"
        }
    }
}
