internal import Wire

extension SIPURI {
    /// Whether the two URIs are equal by the rules of RFC 3261 §19.1.4.
    ///
    /// User and password are compared with regard to case, everything else without; an escaped character equals the
    /// character. `user`, `ttl`, `method` and `maddr`, and `transport`, must be in both or in none; any other
    /// parameter counts only where both have it. Headers must be the same, in any order.
    package func isEquivalent(to other: SIPURI) -> Bool {
        isSecure == other.isSecure && port == other.port
            && user?.percentDecoded == other.user?.percentDecoded
            && password?.percentDecoded == other.password?.percentDecoded
            && host.equalsIgnoringCase(other.host)
            && hasParameters(equivalentTo: other)
            && hasHeaders(equivalentTo: other)
    }

    private static let decisiveParameters = ["user", "ttl", "method", "maddr", "transport"]

    private func hasParameters(equivalentTo other: SIPURI) -> Bool {
        let (left, right) = (parameters, other.parameters)
        guard Self.decisiveParameters.allSatisfy({ left.contains($0) == right.contains($0) }) else {
            return false
        }
        for element in left {
            guard let match = right.first(where: { $0.name.equals(decoding: element.name) }) else { continue }
            guard (match.rawValue ?? .empty).equals(decoding: element.rawValue ?? .empty) else {
                return false
            }
        }
        return true
    }

    private func hasHeaders(equivalentTo other: SIPURI) -> Bool {
        guard headers != nil || other.headers != nil else { return true }
        var remaining = other.headerFields
        for field in headerFields {
            guard let index = remaining.firstIndex(where: { $0 == field }) else { return false }
            remaining.remove(at: index)
        }
        return remaining.isEmpty
    }

    /// The fields of the header part, decoded; names in small letters.
    private var headerFields: [[ByteString]] {
        (headers ?? .empty).bytes.split(separator: UInt8(ascii: "&")).map { field in
            let parts = field.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            let name = ByteString(Array(parts.first ?? [])).percentDecoded.lowercased
            return [name, ByteString(Array(parts.dropFirst().first ?? [])).percentDecoded]
        }
    }
}

extension ByteString {
    fileprivate func equals(decoding other: ByteString) -> Bool {
        percentDecoded.equalsIgnoringCase(other.percentDecoded)
    }
}
