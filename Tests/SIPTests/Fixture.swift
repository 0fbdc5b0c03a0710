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

extension Fixture {
    /// The samples beside the repository, or where `IMS_SHARED` says; `nil` if there are none.
    static let sharedSamples: URL? = {
        let repository = folder.deletingLastPathComponent().deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["IMS_SHARED"].map { URL(filePath: $0) }
        let samples = (named ?? repository.appending(path: "../shared")).appending(path: "samples")
        return FileManager.default.fileExists(atPath: samples.path) ? samples : nil
    }()
}
