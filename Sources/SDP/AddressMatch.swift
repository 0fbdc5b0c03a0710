internal import Wire

/// Whether the address of `c=` and `m=` is one of those in `a=path` (RFC 6714 §4.4).
package enum AddressMatch: Hashable, Sendable {
    case same
    /// A gateway has put its own address there.
    case different
    /// Only a look-up of a name can tell.
    case unresolved
}

extension MSRPMedia {
    /// Whether the address given for the medium is that of a URI in its path.
    package var addressMatch: AddressMatch {
        var result = AddressMatch.different
        for uri in path {
            guard let (host, port) = Self.authority(of: uri) else { continue }
            if host.equalsIgnoringCase(self.host) {
                guard port == self.port else { continue }
                return .same
            }
            guard port == self.port else { continue }
            switch (InternetAddress(host), InternetAddress(self.host)) {
            case (let one?, let other?): if one == other { return .same }
            default: result = .unresolved
            }
        }
        return result
    }

    /// The host and the port of an MSRP URI, brackets of an IPv6 address taken away (RFC 4975 §6).
    static func authority(of uri: ByteString) -> (host: ByteString, port: UInt16)? {
        guard let scheme = uri.firstIndex(of: UInt8(ascii: ":")), scheme + 3 <= uri.count else { return nil }
        var authority = uri[(scheme + 3)...]
        authority = authority[0..<(authority.firstIndex(of: UInt8(ascii: "/")) ?? authority.count)]
        if let at = authority.firstIndex(of: UInt8(ascii: "@")) { authority = authority[(at + 1)...] }
        var scanner = ByteScanner(authority.span)
        let host: ByteString
        if scanner.skip(UInt8(ascii: "[")) {
            let address = scanner.run { $0 != UInt8(ascii: "]") }
            guard scanner.skip(UInt8(ascii: "]")) else { return nil }
            host = authority[address]
        } else {
            host = authority[scanner.run { $0 != UInt8(ascii: ":") }]
        }
        guard !host.isEmpty, scanner.skip(UInt8(ascii: ":")), let port = scanner.decimal(upTo: 65_535),
            scanner.isAtEnd || scanner.next == UInt8(ascii: ";")
        else { return nil }
        return (host, UInt16(truncatingIfNeeded: port))
    }
}

/// The value of a numeric address, however it is written.
struct InternetAddress: Hashable, Sendable {
    /// Four bytes or sixteen.
    let bytes: [UInt8]

    init?(_ text: ByteString) {
        guard let bytes = text.firstIndex(of: UInt8(ascii: ":")) == nil ? Self.four(text) : Self.sixteen(text)
        else { return nil }
        self.bytes = bytes
    }

    private static func four(_ text: ByteString) -> [UInt8]? {
        let numbers = text.pieces(at: UInt8(ascii: ".")).map { $0.decimal(upTo: 255) }
        guard numbers.count == 4 else { return nil }
        let bytes = numbers.compactMap { $0.map { UInt8(truncatingIfNeeded: $0) } }
        return bytes.count == 4 ? bytes : nil
    }

    /// Reads the form of RFC 4291 §2.2: groups of hexadecimal digits, of which `::` stands for those that are zero.
    private static func sixteen(_ text: ByteString) -> [UInt8]? {
        guard text.count <= 45 else { return nil }
        let halves = text.text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2, let head = groups(halves.first ?? "") else { return nil }
        guard halves.count == 2 else { return head.count == 16 ? head : nil }
        guard let tail = groups(halves[1]), head.count + tail.count <= 14 else { return nil }
        return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, group) in groups.enumerated() {
            if index == groups.count - 1, group.contains("."), let four = four(ByteString(group)) {
                bytes += four
                continue
            }
            guard group.count <= 4, group.utf8.allSatisfy({ $0.hexadecimalValue != nil }),
                let value = UInt16(group, radix: 16)
            else { return nil }
            bytes += [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
        }
        return bytes
    }
}

extension ByteString {
    /// The pieces between the bytes `separator`, empty ones too.
    fileprivate func pieces(at separator: UInt8) -> [ByteString] {
        var (pieces, start): ([ByteString], Int) = ([], 0)
        while let end = firstIndex(of: separator, from: start) {
            pieces.append(self[start..<end])
            start = end + 1
        }
        return pieces + [self[start...]]
    }
}
