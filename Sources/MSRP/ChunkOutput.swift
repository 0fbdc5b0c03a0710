package import Wire

/// Chunks as they go out: what is written, and between it long bodies, which are not copied.
package struct ChunkOutput: Sendable {
    private var writer = ByteWriter()
    /// Bodies, and how much of what is written goes before each.
    private var bodies: [(place: Int, bytes: ByteString)] = []
    private var bodyBytes = 0

    /// To copy a body that is shorter costs less than to send it by itself.
    static let sharedSize = 16_384

    package init() {}

    package var count: Int { writer.count + bodyBytes }

    package var isEmpty: Bool { count == 0 }

    mutating func write<Result>(_ body: (inout ByteWriter) -> Result) -> Result { body(&writer) }

    mutating func append(body: ByteString) {
        guard body.count >= Self.sharedSize else { return writer.append(body) }
        bodies.append((writer.count, body))
        bodyBytes += body.count
    }

    /// All of it, in the order it goes out.
    package var pieces: [ByteString] {
        var (pieces, start) = ([ByteString](), 0)
        let written = writer.string
        for body in bodies {
            if body.place > start { pieces.append(written[start..<body.place]) }
            pieces.append(body.bytes)
            start = body.place
        }
        if start < written.count { pieces.append(written[start...]) }
        return pieces
    }

    /// All of it in one.
    package var bytes: [UInt8] {
        var whole = ByteWriter(capacity: count)
        for piece in pieces { whole.append(piece) }
        return whole.bytes
    }

    package mutating func removeAll() {
        writer.removeAll()
        bodies.removeAll(keepingCapacity: true)
        bodyBytes = 0
    }
}

/// The body of a chunk, in the pieces it was supplied in: one as a rule.
struct ChunkBody: Sendable {
    private(set) var first = ByteString.empty
    private(set) var others: [ByteString] = []

    mutating func append(_ piece: ByteString) {
        if first.isEmpty { first = piece } else { others.append(piece) }
    }

    /// Whether the end-line of a chunk with that identifier stands anywhere in it.
    func containsEndLine(of id: TransactionID) -> Bool {
        if first.span.containsEndLine(of: id) { return true }
        let reach = EndLine.hyphens + TransactionID.length - 1
        var edge = first[max(0, first.count - reach)...]
        for piece in others {
            if piece.span.containsEndLine(of: id) { return true }
            var border = ByteWriter(capacity: 2 * reach)
            border.append(edge)
            border.append(piece[0..<min(reach, piece.count)])
            if border.span(from: 0).containsEndLine(of: id) { return true }
            edge = border.string
            if piece.count > reach { edge = piece }
            edge = edge[max(0, edge.count - reach)...]
        }
        return false
    }
}
