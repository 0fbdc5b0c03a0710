import Foundation
import Wire

/// The messages under `Fixtures`, and those of `../shared/samples` where that folder is at hand.
enum Fixture {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: "Fixtures/\(path)")))
    }

    /// The names of the messages in a folder of `Fixtures`, sorted.
    static func names(in path: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/Fixtures/\(path)")
        return names.filter { $0.hasSuffix(".dat") || $0.hasSuffix(".sip") }.sorted()
    }
}
