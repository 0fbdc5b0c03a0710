import Foundation
import SDP
import Wire

/// The descriptions under `Fixtures`.
enum Fixture {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures")

    static func text(_ path: String) throws -> ByteString {
        ByteString(Array(try Data(contentsOf: folder.appending(path: path))))
    }

    static func names(in path: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/" + path)
        return names.filter { $0.hasSuffix(".sdp") }.sorted()
    }

    static func description(_ path: String) throws -> SessionDescription {
        try SessionDescription(parsing: try text(path))
    }
}

/// Text with the line ends of the wire.
func lines(_ text: String) -> ByteString {
    ByteString(text.split(separator: "\n").map { $0 + "\r\n" }.joined())
}

extension MSRPMedia {
    /// An end of an MSRP session at `host`.
    static func end(
        _ name: String,
        at host: String = "192.0.2.1",
        port: UInt16 = 7394,
        types: [String] = ["text/plain"],
        isSecure: Bool = false
    ) -> MSRPMedia {
        MSRPMedia(
            path: ["\(isSecure ? "msrps" : "msrp")://\(host):\(port)/\(name);tcp"],
            host: host,
            port: port,
            isSecure: isSecure,
            acceptTypes: types
        )
    }
}
