import Wire

/// Bytes that wait until a stream socket takes them.
struct WriteQueue {
    private var pieces: [ByteString] = []
    /// The first piece that is not sent whole, and how much of it is.
    private var (first, sent) = (0, 0)
    /// What goes behind the pieces.
    private var small = ByteWriter()

    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Small pieces are joined, so that one system call sends many of them.
    private static let joinedSize = 16_384

    mutating func append(_ bytes: ByteString) {
        guard !bytes.isEmpty else { return }
        count += bytes.count
        if small.count + bytes.count > Self.joinedSize { settle() }
        if bytes.count > Self.joinedSize { pieces.append(bytes) } else { small.append(bytes) }
    }

    private mutating func settle() {
        guard !small.isEmpty else { return }
        pieces.append(small.string)
        small = ByteWriter()
    }

    /// Offers the bytes to `send` until it takes fewer than it is offered.
    ///
    /// - Parameter send: Gets bytes, and whether others follow; returns how many it took.
    mutating func drain(_ send: (_ bytes: ByteString, _ isFollowed: Bool) -> Int) {
        settle()
        while first < pieces.count {
            let taken = send(pieces[first][sent...], first + 1 < pieces.count)
            sent += taken
            count -= taken
            guard sent == pieces[first].count else { break }
            (first, sent) = (first + 1, 0)
        }
        if first == pieces.count {
            removeAll()
        } else if first >= 64 {
            pieces.removeFirst(first)
            first = 0
        }
    }

    mutating func removeAll() {
        pieces.removeAll(keepingCapacity: true)
        small.removeAll()
        (first, sent, count) = (0, 0, 0)
    }
}
