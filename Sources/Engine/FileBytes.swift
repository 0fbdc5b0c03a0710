import Runtime
import SDP
import Wire

/// Where the bytes of a file to send come from, once it is known which of them are wanted.
protocol FileBytes: Sendable {
    /// A source of a part, after what envelops it.
    func source(of range: Range<UInt64>?, after prefix: ByteString) -> any MessageSource
    /// Tells what is known of the file when all has been read; `nil` if it was known before.
    func summarise(_ done: @escaping (FileSelector?) -> Void)
}

/// A regular file, whose hash is known or not wanted.
struct StoredBytes: FileBytes {
    var file: FileReader

    func summarise(_ done: @escaping (FileSelector?) -> Void) { done(nil) }

    func source(of range: Range<UInt64>?, after prefix: ByteString) -> any MessageSource {
        PrefixedSource(prefix, FileSource(file, range: range))
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
        let made = PrefixedSource(
            prefix,
            PipeSource(descriptor, on: loop),
            hashes: algorithms.map { BackgroundHash($0, on: loop) }
        )
        prefixed = made
        return made
    }

    func summarise(_ done: @escaping (FileSelector?) -> Void) {
        guard let prefixed else { return done(nil) }
        prefixed.finish { done(FileSelector(size: prefixed.count, hashes: $0)) }
    }
}

/// A source with an envelope before it, hashed as it goes by.
final class PrefixedSource: MessageSource, @unchecked Sendable {
    private let prefix: ByteString
    private var isPrefixSent: Bool
    private let inner: any MessageSource
    private let hashes: [BackgroundHash]
    /// The bytes behind the prefix that were handed over.
    private(set) var count: UInt64 = 0

    init(_ prefix: ByteString, _ inner: any MessageSource, hashes: [BackgroundHash] = []) {
        (self.prefix, self.inner, self.hashes) = (prefix, inner, hashes)
        isPrefixSent = prefix.isEmpty
    }

    /// Tells the hashes of the bytes that were handed over once they are known.
    func finish(_ done: @escaping ([FileHash]) -> Void) { Self.finish(hashes[...], [], done) }

    private static func finish(
        _ rest: ArraySlice<BackgroundHash>,
        _ known: [FileHash],
        _ done: @escaping ([FileHash]) -> Void
    ) {
        guard let next = rest.first else { return done(known) }
        next.finish { finish(rest.dropFirst(), known + [$0], done) }
    }

    var size: UInt64? { inner.size.map { $0 + UInt64(prefix.count) } }

    func begin(_ wake: @escaping @Sendable () -> Void) {
        for hash in hashes { hash.wake = wake }
        inner.begin(wake)
    }

    func next(upTo limit: Int) -> MessageSupply {
        guard isPrefixSent else {
            isPrefixSent = true
            return .bytes(prefix)
        }
        guard !hashes.contains(where: \.isFull) else { return .later }
        let supply = inner.next(upTo: limit)
        switch supply {
        case .bytes(let bytes), .last(let bytes):
            count += UInt64(bytes.count)
            for hash in hashes where !bytes.isEmpty { hash.update(bytes) }
        case .later, .failed: break
        }
        return supply
    }

    func rewind(to place: UInt64) -> Bool {
        // A hash that has gone by cannot be taken back.
        guard hashes.isEmpty, place >= UInt64(prefix.count) else { return false }
        guard inner.rewind(to: place - UInt64(prefix.count)) else { return false }
        count = place - UInt64(prefix.count)
        return true
    }

    func close() { inner.close() }
}
