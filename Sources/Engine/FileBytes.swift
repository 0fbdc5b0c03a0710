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
        PrefixedSource(prefix, FileSource(file, range: range), hash: nil)
    }
}

/// What comes out of a pipe: size and hash are known at its end.
final class PipedBytes: FileBytes, @unchecked Sendable {
    private let descriptor: Int32
    private let loop: EventLoop
    private var prefixed: PrefixedSource?

    init(_ descriptor: Int32, on loop: EventLoop) { (self.descriptor, self.loop) = (descriptor, loop) }

    func source(of range: Range<UInt64>?, after prefix: ByteString) -> any MessageSource {
        let made = PrefixedSource(prefix, PipeSource(descriptor, on: loop), hash: IncrementalHash(.sha1))
        prefixed = made
        return made
    }

    var summary: FileSelector? {
        guard let prefixed, let hash = prefixed.hash else { return nil }
        return FileSelector(size: prefixed.count, hashes: [FileHash(.sha1, hash.value)])
    }
}

/// A source with an envelope before it, hashed as it goes by.
final class PrefixedSource: MessageSource, @unchecked Sendable {
    private let prefix: ByteString
    private var isPrefixSent: Bool
    private let inner: any MessageSource
    let hash: IncrementalHash?
    /// The bytes behind the prefix that were handed over.
    private(set) var count: UInt64 = 0

    init(_ prefix: ByteString, _ inner: any MessageSource, hash: IncrementalHash?) {
        (self.prefix, self.inner, self.hash) = (prefix, inner, hash)
        isPrefixSent = prefix.isEmpty
    }

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
            hash?.update(bytes.span)
        case .later, .failed: break
        }
        return supply
    }

    func rewind(to place: UInt64) -> Bool {
        // A hash that has gone by cannot be taken back.
        guard hash == nil, place >= UInt64(prefix.count) else { return false }
        guard inner.rewind(to: place - UInt64(prefix.count)) else { return false }
        count = place - UInt64(prefix.count)
        return true
    }

    func close() { inner.close() }
}
