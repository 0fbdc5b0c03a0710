package import Wire

/// The URIs of a `To-Path`, `From-Path` or `Use-Path`, the first to visit first (RFC 4975 §7.1, RFC 4976 §4.2).
package struct MSRPPath: Hashable, Sendable {
    package var uris: [MSRPURI]

    package init(_ uris: [MSRPURI]) { self.uris = uris }

    package init(_ uri: MSRPURI) { uris = [uri] }

    /// Reads URIs between spaces, as header fields and the `path` attribute of SDP carry them.
    ///
    /// - Throws: `MSRPParseError` if there is none, too many, or one that is no URI.
    package init(parsing value: ByteString, limits: MSRPLimits = .standard) throws(MSRPParseError) {
        var scanner = ByteScanner(value.span)
        uris = []
        scanner.skipSpaces()
        while !scanner.isAtEnd {
            guard uris.count < limits.pathLength else {
                throw MSRPParseError(.pathLength, at: scanner.position)
            }
            let range = scanner.run { !$0.isLinearSpace }
            uris.append(try MSRPURI(parsing: value[range], limits: limits))
            scanner.skipSpaces()
        }
        guard !uris.isEmpty else { throw MSRPParseError(.path, at: 0) }
    }

    package init(_ text: String) throws(MSRPParseError) { try self.init(parsing: ByteString(text)) }

    /// The next hop: where a connection goes.
    package var first: MSRPURI? { uris.first }

    /// The endpoint, behind all relays.
    package var last: MSRPURI? { uris.last }

    /// The field value.
    package var text: ByteString {
        var writer = ByteWriter(capacity: uris.count * 64)
        for (index, uri) in uris.enumerated() {
            if index > 0 { writer.append(UInt8(ascii: " ")) }
            writer.append(uri.text)
        }
        return writer.string
    }
}

extension MSRPPath {
    /// The path attribute to give the peer: the way back through one's own relays (RFC 4976 §5.1).
    ///
    /// - Parameters:
    ///   - usePath: What the outermost relay returned, or `nil` without relays.
    ///   - local: The own URI.
    /// - Returns: The relays in reverse, then the own URI.
    package static func attribute(usePath: MSRPPath?, local: MSRPURI) -> MSRPPath {
        MSRPPath((usePath?.uris.reversed() ?? []) + [local])
    }

    /// The To-Path of requests: one's own relays, then the path attribute of the peer (RFC 4976 §5.1).
    package static func target(usePath: MSRPPath?, peer: MSRPPath) -> MSRPPath {
        MSRPPath((usePath?.uris ?? []) + peer.uris)
    }
}

extension MSRPPath: CustomStringConvertible {
    package var description: String { text.text }
}
