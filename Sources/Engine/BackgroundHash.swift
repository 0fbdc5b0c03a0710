import Crypto
import Runtime
import SDP
import Wire

/// The hash of bytes that go by, computed beside the loop: connections bring bytes faster than one thread hashes them.
///
/// Used on the loop's thread. Pieces of work are done by another one, each after the one before: of all bytes that came
/// while two were under way the next is made. So nothing is shared, and nothing has to be locked.
final class BackgroundHash: @unchecked Sendable {
    /// How many bytes may be taken and not hashed yet: a millisecond's worth or two.
    static let limit = 1_048_576

    let algorithm: FileHash.Algorithm
    private let loop: EventLoop
    private let hash: IncrementalHash
    private var waiting: [ByteString] = []
    /// The bytes that were taken and are not hashed.
    private var unhashed = 0
    /// The pieces of work that are under way, and the last of them.
    private var workCount = 0
    private var last: Task<Void, Never>?
    /// Whether no more bytes are to be given to it for now; there is much room again when there is any.
    private(set) var isFull = false
    private var whenFinished: ((FileHash) -> Void)?
    /// Called when it is not full any more.
    var wake: @Sendable () -> Void = {}

    /// - Parameters:
    ///   - algorithm: The function.
    ///   - hash: What was hashed before; nothing if `nil`.
    ///   - loop: The loop of the engine.
    init(_ algorithm: FileHash.Algorithm, after hash: IncrementalHash? = nil, on loop: EventLoop) {
        (self.algorithm, self.loop) = (algorithm, loop)
        self.hash = hash ?? IncrementalHash(algorithm.function)
    }

    /// Takes the next bytes.
    func update(_ bytes: ByteString) {
        waiting.append(bytes)
        unhashed += bytes.count
        isFull = isFull || unhashed >= Self.limit
        if workCount < 2 { work() }
    }

    /// Tells the hash of all bytes so far once it is known; no more may follow.
    func finish(_ done: @escaping (FileHash) -> Void) {
        guard workCount > 0 else { return done(FileHash(algorithm, hash.value)) }
        whenFinished = done
    }

    private func work() {
        let (pieces, previous) = (waiting, last)
        waiting = []
        workCount += 1
        last = Task.detached { [hash, loop] in
            await previous?.value
            for bytes in pieces { hash.update(bytes.span) }
            let count = pieces.reduce(0) { $0 + $1.count }
            loop.execute { [self] in worked(count) }
        }
    }

    private func worked(_ count: Int) {
        workCount -= 1
        unhashed -= count
        if !waiting.isEmpty { work() }
        if isFull, unhashed <= Self.limit / 2 {
            isFull = false
            wake()
        }
        guard workCount == 0 else { return }
        last = nil
        guard let done = whenFinished else { return }
        whenFinished = nil
        done(FileHash(algorithm, hash.value))
    }
}
