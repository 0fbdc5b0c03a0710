internal import Wire

/// Responses and reports that wait, in their order.
///
/// They lie behind one another as they go over the wire: there is one for each chunk, and to allocate each would cost
/// more than to write it.
struct AnswerQueue: Sendable {
    private var bytes = ByteWriter()
    private var sizes = FirstInFirstOut<Int>()
    /// How many bytes are not wanted any more.
    private var start = 0

    var count: Int { sizes.count }

    mutating func append(_ write: (inout ByteWriter) -> Void) {
        let before = bytes.count
        write(&bytes)
        sizes.append(bytes.count - before)
    }

    /// Takes the first one out.
    ///
    /// - Returns: Whether there was one.
    mutating func moveFirst(to writer: inout ByteWriter) -> Bool {
        guard let size = sizes.removeFirst() else { return false }
        writer.append(bytes.string[start..<start + size])
        start += size
        // Moved down when half of it is used up: each byte moves once on average.
        if start * 2 >= bytes.count {
            bytes.removeFirst(start)
            start = 0
        }
        return true
    }

    mutating func removeAll() { self = AnswerQueue() }
}
