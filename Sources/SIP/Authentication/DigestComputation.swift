internal import Crypto

/// What a digest response is computed from (RFC 7616 §3.4, RFC 3261 §22.4).
package struct DigestComputation: Hashable, Sendable {
    package var algorithm: DigestAlgorithm
    /// The name and the realm as they are, without quotes and escapes.
    package var username: String
    package var realm: String
    package var password: Secret
    package var nonce: String
    package var uri: String
    /// `nil` when the challenge offered none: then there is no `nc` either (RFC 3261 §22.4, rule 8).
    package var qop: QualityOfProtection?
    package var nonceCount: UInt32
    package var cnonce: String

    package enum QualityOfProtection: String, Hashable, Sendable {
        case authentication = "auth"
        /// The body is covered as well.
        case integrity = "auth-int"
    }

    package init(
        algorithm: DigestAlgorithm,
        username: String,
        realm: String,
        password: Secret,
        nonce: String,
        uri: String,
        qop: QualityOfProtection?,
        nonceCount: UInt32,
        cnonce: String
    ) {
        self.algorithm = algorithm
        self.username = username
        self.realm = realm
        self.password = password
        self.nonce = nonce
        self.uri = uri
        self.qop = qop
        self.nonceCount = nonceCount
        self.cnonce = cnonce
    }

    /// The `response` of a request, in lower-case hexadecimal (RFC 7616 §3.4.1).
    package func response(method: String, body: [UInt8]) -> String { digest(method: method, body: body) }

    /// The `rspauth` by which the server proves that it knows the password too (RFC 7616 §3.5).
    package func responseAuthentication(body: [UInt8]) -> String { digest(method: "", body: body) }

    /// `nc` as it is sent and hashed: eight digits.
    package var nonceCountText: String {
        let digits = String(nonceCount, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    private func digest(method: String, body: [UInt8]) -> String {
        var a1 = Array("\(username):\(realm):".utf8) + password.bytes
        if algorithm.isSession { a1 = hash(a1) + Array(":\(nonce):\(cnonce)".utf8) }
        var a2 = Array("\(method):\(uri)".utf8)
        if qop == .integrity { a2 += [UInt8(ascii: ":")] + hash(body) }

        let middle = qop.map { "\(nonceCountText):\(cnonce):\($0.rawValue):" } ?? ""
        let digest = hash(hash(a1) + Array(":\(nonce):\(middle)".utf8) + hash(a2))
        return String(decoding: digest, as: UTF8.self)
    }

    /// H of RFC 7616 §3.3: the digest in hexadecimal.
    private func hash(_ bytes: [UInt8]) -> [UInt8] {
        algorithm.hashFunction.hash(bytes).flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
