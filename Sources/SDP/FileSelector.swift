package import Wire

/// `a=file-selector`: what a file is known by (RFC 5547 §6).
package struct FileSelector: Hashable, Sendable {
    /// The name as the peer wrote it, percent-encoding taken away: to be made safe before anything is done with it.
    package var name: String?
    package var type: MediaType?
    /// The bytes of the whole file.
    package var size: UInt64?
    package var hashes: [FileHash]

    package init(
        name: String? = nil,
        type: MediaType? = nil,
        size: UInt64? = nil,
        hashes: [FileHash] = []
    ) {
        (self.name, self.type, self.size, self.hashes) = (name, type, size, hashes)
    }

    /// Whether it names no file: it tells only that files can be transferred (RFC 5547 §8.5).
    package var isEmpty: Bool { self == FileSelector() }

    package func hash(_ algorithm: FileHash.Algorithm) -> FileHash? {
        hashes.first { $0.algorithm == algorithm }
    }

    /// The hash to check a file against: the most trustworthy one.
    package var strongestHash: FileHash? { FileHash.Algorithm.allCases.lazy.compactMap(hash).first }

    /// The hash a file is remembered by: the one every end must know, whatever is said beside it (RFC 5547 §6).
    package var lastingHash: FileHash? { hash(.sha1) ?? strongestHash }

    /// Whether a file with the properties of `file` is one this selector selects (RFC 5547 §8.3.2).
    ///
    /// What is said here must be the same there; parameters of the type do not count.
    package func selects(_ file: FileSelector) -> Bool {
        if let name, name != file.name { return false }
        if let type, file.type.map({ $0.matches(type) }) != true { return false }
        if let size, size != file.size { return false }
        let comparable = hashes.filter { file.hash($0.algorithm) != nil }
        guard hashes.isEmpty || !comparable.isEmpty else { return false }
        return comparable.allSatisfy { file.hash($0.algorithm) == $0 }
    }

    /// Whether nothing that both say differs, so that they may mean the same file (RFC 5547 §8.1).
    package func mayBeSame(as other: FileSelector) -> Bool {
        if let name, let theirs = other.name, name != theirs { return false }
        if let type, let theirs = other.type, !type.matches(theirs) { return false }
        if let size, let theirs = other.size, size != theirs { return false }
        return hashes.allSatisfy { hash in other.hash(hash.algorithm).map { $0 == hash } ?? true }
    }
}

extension FileSelector {
    /// Reads the value of the attribute; what nobody knows, or makes no sense, says nothing.
    package init(parsing value: ByteString) {
        self.init()
        var scanner = ByteScanner(value.span)
        while let keyword = scanner.keyword(in: value) { take(keyword, &scanner, value) }
    }

    private mutating func take(_ keyword: String, _ scanner: inout ByteScanner, _ value: ByteString) {
        switch keyword {
        case "name": name = name ?? scanner.quotable(in: value).percentDecoded.text
        case "type": type = type ?? Self.type(Self.word(&scanner, value))
        case "size": size = size ?? Self.word(&scanner, value).decimal(upTo: UInt64(Int64.max))
        case "hash":
            var text = Self.word(&scanner, value)
            // As the examples of RFC 5547 are printed, the digits stand on a line of their own.
            if text.bytes.last == UInt8(ascii: ":") {
                scanner.skipSpaces()
                text = ByteString(text.bytes + Self.word(&scanner, value).bytes)
            }
            if let hash = FileHash(parsing: text), self.hash(hash.algorithm) == nil { hashes.append(hash) }
        default: _ = Self.word(&scanner, value)
        }
    }

    /// Reads up to the next space that is not within quotes.
    private static func word(_ scanner: inout ByteScanner, _ value: ByteString) -> ByteString {
        var isQuoted = false
        return value[
            scanner.run { byte in
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                return isQuoted || !byte.isLinearSpace
            }
        ]
    }

    private static func type(_ text: ByteString) -> MediaType? {
        guard var type = MediaType(parsing: text) else { return nil }
        for index in type.parameters.indices {
            type.parameters[index].value = ByteString(type.parameters[index].value).percentDecoded.text
        }
        return type
    }

    /// The value of the attribute; `nil` for a selector that names no file.
    package var value: ByteString? {
        var selectors: [ByteString] = []
        if let name { selectors.append("name:\"" + Self.encoded(name) + "\"") }
        if let type {
            var text = ByteString("type:\(type.type)/\(type.subtype)").fieldSafe
            for parameter in type.parameters {
                let name = ByteString(";\(parameter.name)=\"").fieldSafe
                text = text + name + Self.encoded(parameter.value) + "\""
            }
            selectors.append(text)
        }
        if let size { selectors.append(ByteString("size:\(size)")) }
        for hash in hashes { selectors.append("hash:" + hash.value) }
        return selectors.isEmpty ? nil : selectors.joined(by: UInt8(ascii: " "))
    }

    /// A `filename-string`: quotes, percent signs, controls and what separates folders here are encoded (RFC 5547 §6).
    private static func encoded(_ text: String) -> ByteString {
        var writer = ByteWriter(capacity: text.utf8.count)
        for byte in text.utf8 {
            let isPlain =
                byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "%")
                && byte != UInt8(ascii: "/")
            if isPlain {
                writer.append(byte)
            } else {
                writer.append(UInt8(ascii: "%"))
                writer.append(UInt8.hexadecimalDigit(byte >> 4, uppercase: true))
                writer.append(UInt8.hexadecimalDigit(byte, uppercase: true))
            }
        }
        return writer.string
    }
}

extension ByteString {
    fileprivate static func + (one: ByteString, other: ByteString) -> ByteString {
        ByteString(one.bytes + other.bytes)
    }
}
