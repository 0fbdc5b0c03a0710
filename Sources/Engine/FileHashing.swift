import Crypto
import Runtime
import SDP
import UserAgent
import Wire

/// The hashes of files that are here, computed beside the loop, which has other things to do.
enum FileHashing {
    /// How much is read at once: two of these are in memory.
    private static let slice = 524_288

    /// The hashes of a whole file; each function has a thread of its own if there are as many.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - algorithms: The functions.
    ///   - goesOn: Is told how much is hashed, and says whether anybody still waits.
    /// - Returns: The hashes in the order of the functions, or `nil` if nobody waits.
    /// - Throws: `FileContents.Failure` if the file cannot be read to the end it had.
    @concurrent
    static func hashes(
        of file: FileReader,
        _ algorithms: [FileHash.Algorithm],
        goesOn: @Sendable (UInt64) async -> Bool
    ) async throws(FileContents.Failure) -> [FileHash]? {
        try await besideLoop { () async throws(FileContents.Failure) in
            let running = algorithms.map { IncrementalHash($0.function) }
            var place: UInt64 = 0
            var bytes = ByteString(try file.read(at: 0, upTo: slice))
            while place < file.size {
                guard !bytes.isEmpty else { throw .unreadable("the file has become shorter") }
                place += UInt64(bytes.count)
                bytes = try await update(running, with: bytes, reading: file, at: place).get()
                guard await goesOn(place) else { return nil }
            }
            return zip(algorithms, running).map { FileHash($0, $1.value) }
        }
    }

    /// Runs `body` in the pool: what belongs to no actor stays where the task prefers to be, which is the loop.
    private static func besideLoop<Value: Sendable, Failure>(
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withTaskExecutorPreference(globalConcurrentExecutor, operation: body)
    }

    /// Hashes some bytes, and reads the next ones meanwhile.
    private static func update(
        _ running: [IncrementalHash],
        with bytes: ByteString,
        reading file: FileReader,
        at place: UInt64
    ) async -> Result<ByteString, FileContents.Failure> {
        await withTaskGroup(of: Void.self) { group in
            for hash in running { group.addTask { hash.update(bytes.span) } }
            return Result { () throws(FileContents.Failure) in
                ByteString(try file.read(at: place, upTo: slice))
            }
        }
    }

    /// The hash of what is here of a file, and of what lies before the part of it that is offered.
    @concurrent
    static func hashes(
        ofPart part: IncomingFile,
        upTo reception: FileReception,
        _ algorithm: FileHash.Algorithm
    ) async throws(IncomingFile.Failure) -> (all: IncrementalHash, earlier: IncrementalHash) {
        try await besideLoop { () throws(IncomingFile.Failure) in
            let hash = IncrementalHash(algorithm.function)
            var earlier: IncrementalHash?
            var place: UInt64 = 0
            while place < reception.kept {
                if place >= reception.offeredOffset, earlier == nil { earlier = hash.copy() }
                var bytes = ByteString(try part.read(at: place))
                guard !bytes.isEmpty else { throw .system("the file has become shorter") }
                let border = place < reception.offeredOffset ? reception.offeredOffset : reception.kept
                if UInt64(bytes.count) > border - place { bytes = bytes[0..<Int(border - place)] }
                hash.update(bytes.span)
                place += UInt64(bytes.count)
            }
            return (hash, earlier ?? hash.copy())
        }
    }
}
