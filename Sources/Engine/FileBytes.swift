import Crypto
import Runtime
import SDP
import Wire

/// Where the bytes of a file to send come from, once it is known which of them are wanted.
protocol FileBytes: Sendable {
    /// A source of a part, after what envelops it.
    func source(of range: Range<UInt64>?, after prefix: ByteString) -> any MessageSource
    /// What is known of the file when all has been read; `nil` if it was known before.
    var summary: FileSelector? { get }
}

/// A regular file, whose hash is known or not wanted.
struct StoredBytes: FileBytes {
    var file: FileReader
    var summary: FileSelector? { nil }

    func source(of range: Range<UInt64>?, after prefix: ByteString) -> any MessageSource {
        PrefixedSource(prefix, FileSource(file, range: range), hashed: [])
    }
}

/// What comes out of a pipe: size and hash are known at its end.
final class PipedBytes: FileBytes, @unchecked Sendable {
    private let descriptor: Int32
    private let algorithms: [FileHash.Algorithm]
    private let loop: EventLoop
    private var prefixed: PrefixedSource?

    init(_ descriptor: Int32, hashed algorithms: [FileHash.Algorithm], on loop: EventLoop) {
        (self.descriptor, self.algorithms, self.loop) = (descriptor, algorithms, loop)
    }

    func source(of range: Range<UInt64>?, after prefix: ByteString) -> any MessageSource {
        let made = PrefixedSource(prefix, PipeSource(descriptor, on: loop), hashed: algorithms)
        prefixed = made
        return made
    }

    var summary: FileSelector? {
        prefixed.map { FileSelector(size: $0.count, hashes: $0.hashes) }
    }
}

/// A source with an envelope before it, hashed as it goes by.
final class PrefixedSource: MessageSource, @unchecked Sendable {
    private let prefix: ByteString
    private var isPrefixSent: Bool
    private let inner: any MessageSource
    private let running: [(algorithm: FileHash.Algorithm, hash: IncrementalHash)]
    /// The bytes behind the prefix that were handed over.
    private(set) var count: UInt64 = 0

    init(_ prefix: ByteString, _ inner: any MessageSource, hashed algorithms: [FileHash.Algorithm]) {
        (self.prefix, self.inner) = (prefix, inner)
        running = algorithms.map { ($0, IncrementalHash($0.function)) }
        isPrefixSent = prefix.isEmpty
    }

    /// The hashes of the bytes that were handed over.
    var hashes: [FileHash] { running.map { FileHash($0.algorithm, $0.hash.value) } }

    var size: UInt64? { inner.size.map { $0 + UInt64(prefix.count) } }

    func begin(_ wake: @escaping @Sendable () -> Void) { inner.begin(wake) }

    func next(upTo limit: Int) -> MessageSupply {
        guard isPrefixSent else {
            isPrefixSent = true
            return .bytes(prefix)
        }
        let supply = inner.next(upTo: limit)
        switch supply {
        case .bytes(let bytes), .last(let bytes):
            count += UInt64(bytes.count)
            for (_, hash) in running { hash.update(bytes.span) }
        case .later, .failed: break
        }
        return supply
    }

    func rewind(to place: UInt64) -> Bool {
        // A hash that has gone by cannot be taken back.
        guard running.isEmpty, place >= UInt64(prefix.count) else { return false }
        guard inner.rewind(to: place - UInt64(prefix.count)) else { return false }
        count = place - UInt64(prefix.count)
        return true
    }

    func close() { inner.close() }
}
