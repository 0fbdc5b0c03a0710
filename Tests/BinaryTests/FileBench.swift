import Foundation
import TestSupport

/// Bytes that differ from place to place.
func sampleBytes(_ count: Int) -> Data {
    Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
}

/// The files of somebody who sends and receives some.
extension Person {
    private var folder: String { home.path + "/got" }

    /// Makes a file to send.
    ///
    /// - Parameters:
    ///   - data: Its first bytes.
    ///   - name: Its name, below the home.
    ///   - size: How large it is made without writing to it.
    /// - Returns: Its path.
    /// - Throws: What the file system says.
    func put(_ data: Data, _ name: String, enlargedTo size: UInt64? = nil) throws -> String {
        let path = home.path + "/" + name
        try FileManager.default.createDirectory(
            atPath: URL(filePath: path).deletingLastPathComponent().path,
            withIntermediateDirectories: true
        )
        try data.write(to: URL(filePath: path))
        guard let size else { return path }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.truncate(atOffset: size)
        try file.close()
        return path
    }

    /// What has been received, complete or not.
    var received: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }

    func received(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: folder + "/" + name)) }

    /// The size of the one file that is not complete; `nil` if there is not exactly one.
    var partSize: Int? {
        guard received.count == 1, let part = received.first, part.hasSuffix(".part") else { return nil }
        let facts = try? FileManager.default.attributesOfItem(atPath: folder + "/" + part)
        return facts?[.size] as? Int
    }

    /// Changes a byte of the file that is not complete.
    func spoilPart() throws {
        let file = try FileHandle(forWritingTo: URL(filePath: folder + "/" + (received.first ?? "")))
        try file.write(contentsOf: [0xFF])
        try file.close()
    }

    /// Starts to receive `count` files.
    func receiving(_ count: Int = 1) async throws -> RunningProgram {
        let program = try start("receive", "--to", folder, "--count", "\(count)", "--json")
        _ = try await program.event("registered")
        return program
    }

    /// Lets others fetch the files of a folder below the home.
    func share(_ name: String) throws {
        let file = "config/ims/ims.conf"
        try home.write(try home.read(file) + "\nshared-folder = \(home.path)/\(name)\n", to: file)
    }
}
