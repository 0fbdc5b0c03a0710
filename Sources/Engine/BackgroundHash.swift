import Crypto
import Runtime
import SDP
import Wire

/// The hash of bytes that go by, computed beside the loop: connections bring bytes faster than one thread hashes them.
///
/// Used on the loop's thread. One piece of work at most is with another one: all bytes that came while the piece before
/// was hashed, in their order. So nothing is shared, and nothing has to be locked.
final class BackgroundHash: @unchecked Sendable {
    /// How many bytes may wait while others are hashed: about a millisecond's worth.
    static let limit = 1_048_576

    let algorithm: FileHash.Algorithm
    private let loop: EventLoop
    private let hash: IncrementalHash
    private var waiting: [ByteString] = []
    private var waitingBytes = 0
    private var isBusy = false
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

    /// Whether no more bytes are to be given to it for now.
    var isFull: Bool { waitingBytes >= Self.limit }

    /// Takes the next bytes.
    func update(_ bytes: ByteString) {
        waiting.append(bytes)
        waitingBytes += bytes.count
        if !isBusy { work() }
    }

    /// Tells the hash of all bytes so far once it is known; no more may follow.
    func finish(_ done: @escaping (FileHash) -> Void) {
        guard isBusy else { return done(FileHash(algorithm, hash.value)) }
        whenFinished = done
    }

    private func work() {
        let (pieces, wasFull) = (waiting, isFull)
        (waiting, waitingBytes, isBusy) = ([], 0, true)
        Task.detached { [hash, loop] in
            for bytes in pieces { hash.update(bytes.span) }
            loop.execute { [self] in worked() }
        }
        if wasFull { wake() }
    }

    private func worked() {
        isBusy = false
        guard waiting.isEmpty else { return work() }
        guard let done = whenFinished else { return }
        whenFinished = nil
        done(FileHash(algorithm, hash.value))
    }
}
