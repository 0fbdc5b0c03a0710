import Foundation
import MSRP
import Wire

/// The messages under `Fixtures`.
enum Fixture {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Fixtures"
    )

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static let names: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".msrp") }.sorted()
    }()
}

/// A small generator whose seed can be printed and used again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A chunk with its body in one piece.
struct ReadChunk: Equatable {
    var start: ChunkHead.StartLine
    var transactionID: ByteString
    var fields: [ByteString?]
    var otherFields: [ChunkHead.Field]
    var range: ByteRange?
    var body: [UInt8] = []
    var flag: ContinuationFlag?

    init(_ head: ChunkHead) {
        (start, transactionID) = (head.startLine, head.transactionID)
        fields = [head.toPath, head.fromPath, head.messageID, head.contentType, head.status?.comment]
        (otherFields, range) = (head.otherFields, head.byteRange)
    }
}

extension ChunkParser {
    /// Reads slices one after the other.
    mutating func read(_ slices: [ByteString]) throws(MSRPParseError) -> [ReadChunk] {
        var chunks: [ReadChunk] = []
        for var slice in slices {
            while let event = try next(&slice) {
                switch event {
                case .head(let head): chunks.append(ReadChunk(head))
                case .body(let bytes): chunks[chunks.count - 1].body += bytes.bytes
                case .end(let flag): chunks[chunks.count - 1].flag = flag
                }
            }
        }
        return chunks
    }

    static func read(_ bytes: [UInt8], splitAt points: [Int] = []) throws(MSRPParseError) -> [ReadChunk] {
        var parser = ChunkParser()
        let whole = ByteString(bytes)
        var (slices, start): ([ByteString], Int) = ([], 0)
        for point in points + [bytes.count] {
            slices.append(ByteString(whole[start..<point].bytes))
            start = point
        }
        return try parser.read(slices)
    }
}
