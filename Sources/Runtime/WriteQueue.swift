import CLinux
import Glibc
import Wire

/// Bytes that wait until a stream socket takes them.
struct WriteQueue {
    private var pieces: [ByteString] = []
    /// Where the first piece is that is not sent whole.
    private var first = 0
    /// What goes behind the pieces.
    private var small = ByteWriter()

    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Small pieces are joined, so that one system call sends many of them.
    private static let joinedSize = 16_384
    /// How many pieces are offered at once.
    private static let offered = 8

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
    /// - Parameter send: Gets pieces in their order; returns how many bytes it took from the first one on.
    mutating func drain(_ send: (ArraySlice<ByteString>) -> Int) {
        settle()
        var isTaken = true
        while isTaken, first < pieces.count {
            let offer = pieces[first..<min(pieces.count, first + Self.offered)]
            let taken = send(offer)
            isTaken = taken == offer.reduce(0) { $0 + $1.count }
            forget(taken)
        }
        if first == pieces.count {
            removeAll()
        } else if first >= 64 {
            pieces.removeFirst(first)
            first = 0
        }
    }

    private mutating func forget(_ taken: Int) {
        count -= taken
        var rest = taken
        while rest > 0 {
            let part = min(rest, pieces[first].count)
            rest -= part
            pieces[first] = pieces[first][part...]
            if pieces[first].isEmpty {
                pieces[first] = .empty
                first += 1
            }
        }
    }

    mutating func removeAll() {
        pieces.removeAll(keepingCapacity: true)
        small.removeAll()
        (first, count) = (0, 0)
    }
}

extension ArraySlice<ByteString> {
    /// Hands the pieces to a stream socket in one system call.
    ///
    /// - Returns: How many bytes it took, or the negative number of the error.
    func send(to descriptor: Int32) -> Int { unsafe send(to: descriptor, behind: []) }

    private func send(to descriptor: Int32, behind vectors: [iovec]) -> Int {
        if let first {
            return unsafe first.span.withUnsafeBytes { bytes in
                let place = unsafe UnsafeMutableRawBufferPointer(mutating: bytes)
                let vector = unsafe iovec(iov_base: place.baseAddress, iov_len: place.count)
                return unsafe dropFirst().send(to: descriptor, behind: vectors + [vector])
            }
        }
        var vectors = unsafe vectors
        return unsafe vectors.withUnsafeMutableBufferPointer { vectors in
            var message = unsafe msghdr()
            unsafe message.msg_iov = vectors.baseAddress
            unsafe message.msg_iovlen = vectors.count
            let count = unsafe sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
            return count < 0 ? -Int(errno) : count
        }
    }
}
