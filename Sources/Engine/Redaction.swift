/// Makes a SIP message fit to be shown to others: what proves the user's identity is replaced.
///
/// A digest response lets a password be guessed offline by whoever holds the trace, and RES of an AKA run is as good
/// as the card for that run; nonces, user names and everything else a fault finder needs stay.
package enum Redaction {
    /// The parameters of `Authorization`, `Proxy-Authorization` and `Authentication-Info` that prove knowledge of a secret.
    private static let secretParameters = ["response", "rspauth", "auts", "ck", "ik"]

    private static let mask = "[redacted]"

    /// The message as text, with the values of secret parameters masked in its credential headers.
    package static func redacted(_ message: [UInt8]) -> String {
        let text = String(decoding: message, as: UTF8.self)
        var result = ""
        result.reserveCapacity(text.utf8.count)
        var isInHeaders = true
        var isInCredentials = false
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if !result.isEmpty { result += "\n" }
            let content = Substring(line)
            if isInHeaders {
                if content.isEmpty || content == "\r" { isInHeaders = false }
                let isFolded = content.first == " " || content.first == "\t"
                if !isFolded { isInCredentials = carriesCredentials(content) }
            }
            result += isInHeaders && isInCredentials ? masked(content) : String(content)
        }
        return result
    }

    private static func carriesCredentials(_ line: Substring) -> Bool {
        let name = line.prefix { $0 != ":" }.lowercased()
        return ["authorization", "proxy-authorization", "authentication-info", "www-authenticate"]
            .contains { name.trimmedEnd == $0 }
    }

    /// Masks the secret parameters of one header line, quoted or not.
    private static func masked(_ line: Substring) -> String {
        var result = ""
        var rest = line.unicodeScalars[...]
        var isAtName = true
        while let scalar = rest.first {
            if isAtName, let name = secretParameters.first(where: { begins(rest, with: $0) }) {
                result += name + "="
                rest = rest.dropFirst(name.unicodeScalars.count + 1)
                rest = dropValue(rest)
                result += "\"\(mask)\""
                isAtName = false
                continue
            }
            isAtName =
                scalar == ","
                || ((scalar == " " || scalar == "\t") && (isAtName || result.hasSuffix("Digest")))
            result.unicodeScalars.append(scalar)
            rest = rest.dropFirst()
        }
        return result
    }

    private static func begins(_ text: Substring.UnicodeScalarView, with name: String) -> Bool {
        String(text.prefix(name.unicodeScalars.count + 1)).lowercased() == name + "="
    }

    private static func dropValue(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
        guard text.first == "\"" else { return text.drop { $0 != "," && $0 != "\r" } }
        var rest = text.dropFirst()
        while let scalar = rest.first {
            rest = rest.dropFirst()
            if scalar == "\\" { rest = rest.dropFirst() } else if scalar == "\"" { break }
        }
        return rest
    }
}

extension String {
    fileprivate var trimmedEnd: Substring {
        var rest = self[...]
        while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
        return rest
    }
}
