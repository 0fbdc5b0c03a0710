/// Bytes that wait until a stream socket takes them.
struct WriteQueue {
    private var chunks: [[UInt8]] = []
    /// The first chunk that is not sent whole, and how much of it is.
    private var (first, sent) = (0, 0)

    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Small pieces are joined, so that one system call sends many of them.
    private static let joinedSize = 16_384

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        count += bytes.count
        if let last = chunks.indices.last, chunks[last].count + bytes.count <= Self.joinedSize {
            chunks[last] += bytes
        } else {
            chunks.append(bytes)
        }
    }

    /// Offers the bytes to `send` until it takes fewer than it is offered.
    ///
    /// - Parameter send: Gets a chunk and how much of it to leave out; returns how much it took.
    mutating func drain(_ send: (_ chunk: [UInt8], _ offset: Int) -> Int) {
        while first < chunks.count {
            let taken = send(chunks[first], sent)
            sent += taken
            count -= taken
            guard sent == chunks[first].count else { break }
            (first, sent) = (first + 1, 0)
        }
        if first == chunks.count {
            removeAll()
        } else if first >= 64 {
            chunks.removeFirst(first)
            first = 0
        }
    }

    mutating func removeAll() {
        chunks.removeAll(keepingCapacity: true)
        (first, sent, count) = (0, 0, 0)
    }
}
