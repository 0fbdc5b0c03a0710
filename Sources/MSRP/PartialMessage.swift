internal import Wire

/// A message some of whose bytes have come.
struct PartialMessage: Sendable {
    private struct Piece: Sendable {
        var place: UInt64
        var bytes: [UInt8]

        var end: UInt64 { place + UInt64(bytes.count) }

        func bytes(upTo place: UInt64) -> [UInt8] {
            end <= place ? bytes : Array(bytes[..<Int(place - self.place)])
        }
    }

    let message: IncomingMessage
    /// Whether the bytes are kept for delivery in one piece.
    let collects: Bool
    /// When the message was last heard of, as a number that grows with each chunk.
    var lastTurn: UInt64
    /// The size, once the chunk with the end has come.
    var size: UInt64?
    /// How many bytes from the first on have come.
    private(set) var contiguous: UInt64 = 0
    private(set) var collected: [UInt8] = []
    /// How many bytes wait for one before them.
    private(set) var waitingBytes = 0
    /// What came too early: pieces in order that do not overlap.
    private var waiting: [Piece] = []

    init(message: IncomingMessage, collects: Bool, lastTurn: UInt64) {
        (self.message, self.collects, self.lastTurn) = (message, collects, lastTurn)
    }

    /// Takes bytes that belong at `place`.
    ///
    /// Where they overlap with bytes that came before, the later ones count, as long as the earlier ones have not
    /// been handed out (RFC 4975 §7.3.1).
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of a chunk.
    ///   - place: How many bytes of the message are before them.
    ///   - limits: How much may wait for what is missing.
    ///   - handOut: Called with the next bytes of a message that is not collected.
    /// - Returns: Whether it is within the limits.
    mutating func receive(
        _ bytes: ByteString,
        at place: UInt64,
        limits: MSRPLimits,
        handOut: (ByteString) -> Void
    ) -> Bool {
        guard place <= contiguous else { return park(bytes, at: place, limits: limits) }
        if collects { overwrite(bytes, at: place) }
        if let fresh = cut(bytes, at: place) { advance(fresh, handOut) }
        while let next = waiting.first, next.place <= contiguous {
            waiting.removeFirst()
            waitingBytes -= next.bytes.count
            if let fresh = cut(ByteString(next.bytes), at: next.place) { advance(fresh, handOut) }
        }
        return true
    }

    /// Whether all that is known of it is what has been handed out.
    var isPlain: Bool { !collects && size == nil && waiting.isEmpty }

    /// Notes that the next bytes of a message that is plain were handed out.
    mutating func passOn(_ count: Int) { contiguous += UInt64(count) }

    /// The part of the bytes that lies behind what has come.
    private func cut(_ bytes: ByteString, at place: UInt64) -> ByteString? {
        let known = contiguous - place
        return known < UInt64(bytes.count) ? bytes[Int(known)...] : nil
    }

    private mutating func advance(_ bytes: ByteString, _ handOut: (ByteString) -> Void) {
        contiguous += UInt64(bytes.count)
        if collects { bytes.append(to: &collected) } else { handOut(bytes) }
    }

    private mutating func overwrite(_ bytes: ByteString, at place: UInt64) {
        let end = min(contiguous, place + UInt64(bytes.count))
        guard place < end else { return }
        collected.replaceSubrange(Int(place)..<Int(end), with: bytes[0..<Int(end - place)].bytes)
    }

    private mutating func park(_ bytes: ByteString, at place: UInt64, limits: MSRPLimits) -> Bool {
        // The slices of one chunk follow one another: they grow one piece, however they were cut.
        if let last = waiting.indices.last, waiting[last].end == place {
            bytes.append(to: &waiting[last].bytes)
            waitingBytes += bytes.count
        } else {
            replace(Piece(place: place, bytes: Array(bytes.bytes)))
        }
        return waitingBytes <= limits.outOfOrderBytes && waiting.count <= limits.outOfOrderPieces
    }

    /// Puts a piece in its place; what it covers of others goes, what it touches grows.
    private mutating func replace(_ piece: Piece) {
        var kept: [Piece] = []
        for other in waiting where other.place < piece.place {
            kept.append(Piece(place: other.place, bytes: other.bytes(upTo: piece.place)))
        }
        if let last = kept.indices.last, kept[last].end == piece.place {
            kept[last].bytes += piece.bytes
        } else {
            kept.append(piece)
        }
        for other in waiting where other.end > piece.end {
            let start = max(other.place, piece.end)
            kept.append(Piece(place: start, bytes: Array(other.bytes[Int(start - other.place)...])))
        }
        waiting = kept
        waitingBytes = kept.reduce(0) { $0 + $1.bytes.count }
    }
}
