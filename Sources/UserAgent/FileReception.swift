package import SDP

/// The reception of one file: where its bytes belong, and whether what came is what was announced (RFC 5547 §8.3.1).
///
/// A value without I/O: the owner writes the bytes where it is told, and hashes them.
package struct FileReception: Hashable, Sendable {
    /// What is said of the file, in the offer or in the answer to ours.
    package private(set) var announced: FileSelector
    /// The bytes from the first on that were here before.
    package let kept: UInt64
    /// What was offered.
    private let offered: FileRange
    /// The bytes that are here, from the first on.
    package private(set) var place: UInt64
    /// The most bytes that are taken if nobody says how many there are.
    private let limit: UInt64

    /// Prepares to receive; `nil` if the part does not join what is here, or does not reach the end of the file.
    ///
    /// - Parameters:
    ///   - announced: What is said of the file.
    ///   - range: The part that is offered; `nil` for all of it.
    ///   - kept: How many bytes of it are here, of an earlier transfer of the same file.
    ///   - limit: The largest file that is taken.
    package init?(_ announced: FileSelector, range: FileRange?, kept: UInt64, limit: UInt64) {
        let offered = range ?? .whole
        if let end = offered.end, let size = announced.size, end != size { return nil }
        // Nothing is asked for that cannot be verified; and of a file that is here whole, the last byte is.
        var kept = announced.hashes.isEmpty ? 0 : kept
        if let size = announced.size { kept = min(kept, size == 0 ? 0 : size - 1) } else { kept = 0 }
        guard offered.offset <= kept else { return nil }
        (self.announced, self.offered, self.kept, self.limit) = (announced, offered, kept, limit)
        place = kept
    }

    /// The part to ask for in the answer; `nil` if the offer says it already.
    package var asked: FileRange? {
        kept > offered.offset ? FileRange(after: kept, of: announced.size) : nil
    }

    /// The bytes before the offered part.
    package var offeredOffset: UInt64 { offered.offset }

    /// The part that is still to come, as progress shows it.
    package var remaining: UInt64? { announced.size.map { $0 - min(place, $0) } }

    /// Finds where the content begins, by the size the message claims.
    ///
    /// A sender that does not know of narrower answers sends all it has offered: then the content begins there.
    ///
    /// - Returns: How many bytes of the file are before it.
    package mutating func begin(claimedSize: UInt64?) -> UInt64 {
        if let size = announced.size, let claimedSize, claimedSize == size - offered.offset,
            claimedSize != size - kept
        {
            place = offered.offset
        }
        return place
    }

    /// Takes note of bytes that came.
    ///
    /// - Returns: Whether there is room for them: no more than announced, or than is taken at all.
    package mutating func receive(_ count: Int) -> Bool {
        place += UInt64(count)
        return place <= min(announced.size ?? limit, limit)
    }

    /// Takes more that is said of the file, a hash that was computed as it was sent.
    package mutating func describe(_ selector: FileSelector) {
        if announced.size == nil { announced.size = selector.size }
        for hash in selector.hashes where announced.hash(hash.algorithm) == nil {
            announced.hashes.append(hash)
        }
    }

    /// Whether all of the file is here.
    package var isComplete: Bool { announced.size.map { $0 == place } ?? true }

    /// Judges a file whose message is complete, by the hashes of all its bytes.
    package func verdict(_ hashes: [FileHash]) -> FileVerdict {
        if let size = announced.size, size != place { return .wrongSize(announced: size, received: place) }
        // What is said only at the end may be more than was hashed.
        for algorithm in FileHash.Algorithm.allCases {
            guard let announced = announced.hash(algorithm),
                let found = hashes.first(where: { $0.algorithm == algorithm })
            else { continue }
            return found == announced ? .verified : .wrongHash
        }
        return .unverified
    }
}

/// Whether a file that came is the one that was announced.
package enum FileVerdict: Hashable, Sendable {
    /// The hash is that of the announcement.
    case verified
    /// Nobody has said what the hash should be.
    case unverified
    case wrongSize(announced: UInt64, received: UInt64)
    case wrongHash
}
