import Crypto
import Runtime
import SDP
import TestSupport
import Testing
import Wire

@testable import Engine

@Suite("Hashes that are computed beside the loop", .timeLimit(.minutes(1)))
struct BackgroundHashTests {
    private func value(of hash: BackgroundHash) async -> FileHash {
        await withCheckedContinuation { continuation in hash.finish { continuation.resume(returning: $0) } }
    }

    @Test(
        "bytes are hashed in the order they came, however they are cut",
        arguments: FileHash.Algorithm.allCases
    )
    func order(_ algorithm: FileHash.Algorithm) async throws {
        try await withEventLoop { loop in
            let bytes = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let hash = BackgroundHash(algorithm, on: loop)
            var (rest, size) = (ByteString(bytes)[0...], 1)
            while !rest.isEmpty {
                hash.update(rest[0..<min(size, rest.count)])
                rest = rest[min(size, rest.count)...]
                size = size * 3 % 100_003
            }
            #expect(await value(of: hash) == FileHash(algorithm, algorithm.function.hash(bytes)))
        }
    }

    @Test("what was hashed before is gone on with, and nothing more is nothing more")
    func goingOn() async throws {
        try await withEventLoop { loop in
            let before = IncrementalHash(.sha1)
            before.update(ByteString("the beginning").span)
            let hash = BackgroundHash(.sha1, after: before, on: loop)
            hash.update(" and the end")
            let all = HashFunction.sha1.hash(Array("the beginning and the end".utf8))
            #expect(await value(of: hash).bytes == all)
            #expect(await value(of: BackgroundHash(.sha1, on: loop)).bytes == HashFunction.sha1.hash([]))
        }
    }

    @Test("a file is hashed beside the loop, wherever the task that asks for it prefers to be")
    func wholeFile() async throws {
        try await withEventLoop { loop in
            let folder = try TemporaryFolder()
            let text = String(repeating: "0123456789", count: 120_000)
            let path = try folder.write(text, to: "file")
            let file = try FileReader(path: path)
            let places = Inbox<(place: UInt64, isOnLoop: Bool?)>()
            let hashes = try await FileHashing.hashes(of: file, [.sha1, .sha256]) { place in
                places.put((place, loop.isIsolatingCurrentContext()))
                return true
            }
            #expect(hashes?.map(\.bytes) == [HashFunction.sha1, .sha256].map { $0.hash(Array(text.utf8)) })
            #expect(loop.isIsolatingCurrentContext() == true)
            for place in [524_288, 1_048_576, 1_200_000] {
                let told = try await places.next()
                #expect(told.place == UInt64(place))
                #expect(told.isOnLoop == false)
            }
        }
    }

    @Test("whoever brings bytes too fast is held up until there is room again")
    func full() async throws {
        try await withEventLoop { loop in
            let hash = BackgroundHash(.sha256, on: loop)
            let woken = Inbox<Bool>()
            hash.wake = { woken.put(hash.isFull) }
            // The first piece is at work while the others come: the loop's thread is here.
            hash.update(ByteString([UInt8](repeating: 1, count: 1000)))
            let half = ByteString([UInt8](repeating: 2, count: BackgroundHash.limit / 2))
            hash.update(half)
            #expect(!hash.isFull)
            hash.update(half)
            #expect(hash.isFull)
            let isStillFull = try await woken.next()
            #expect(!isStillFull)
            let all = [UInt8](repeating: 1, count: 1000) + half.bytes + half.bytes
            #expect(await value(of: hash).bytes == HashFunction.sha256.hash(all))
        }
    }
}
