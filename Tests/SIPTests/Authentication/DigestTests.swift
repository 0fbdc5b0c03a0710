import Crypto
import SIP
import Testing

@Suite("Digest (RFC 7616)")
struct DigestTests {
    /// RFC 7616 §3.9.1.
    private func mufasa(_ hashFunction: HashFunction) -> DigestComputation {
        DigestComputation(
            algorithm: DigestAlgorithm(hashFunction: hashFunction),
            username: "Mufasa",
            realm: "http-auth@example.org",
            password: Secret("Circle of Life"),
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            uri: "/dir/index.html",
            qop: .authentication,
            nonceCount: 1,
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
        )
    }

    @Test("the example of RFC 7616 §3.9.1 by MD5 and by SHA-256")
    func example() {
        #expect(mufasa(.md5).response(method: "GET", body: []) == "8ca523f5e9506fed4657c9700eebdbec")
        #expect(
            mufasa(.sha256).response(method: "GET", body: [])
                == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        )
    }

    @Test("the example of RFC 2617 §3.5, whose client and server share MD5 and qop=auth")
    func olderExample() {
        let computation = DigestComputation(
            algorithm: .standard,
            username: "Mufasa",
            realm: "testrealm@host.com",
            password: Secret("Circle Of Life"),
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            uri: "/dir/index.html",
            qop: .authentication,
            nonceCount: 1,
            cnonce: "0a4f113b"
        )
        #expect(computation.response(method: "GET", body: []) == "6629fae49393a05397450978507c4ef1")
    }

    @Test("without qop the response is the one of RFC 2069, which knows neither cnonce nor count")
    func withoutQualityOfProtection() {
        var one = mufasa(.md5)
        one.qop = nil
        var other = one
        (other.cnonce, other.nonceCount) = ("another", 7)
        #expect(one.response(method: "GET", body: []) == other.response(method: "GET", body: []))
        #expect(one.response(method: "GET", body: []) != mufasa(.md5).response(method: "GET", body: []))
    }

    @Test("auth-int covers the body, auth does not")
    func integrity() {
        var computation = mufasa(.sha512_256)
        #expect(
            computation.response(method: "GET", body: [1]) == computation.response(method: "GET", body: [2])
        )
        computation.qop = .integrity
        #expect(
            computation.response(method: "GET", body: [1]) != computation.response(method: "GET", body: [2])
        )
        #expect(
            computation.responseAuthentication(body: [1]) != computation.responseAuthentication(body: [2])
        )
    }

    @Test("the server's proof differs from the client's in the method alone")
    func responseAuthentication() {
        let computation = mufasa(.md5)
        #expect(computation.responseAuthentication(body: []) == computation.response(method: "", body: []))
    }

    @Test("the nonce count has eight digits in hexadecimal")
    func nonceCount() {
        var computation = mufasa(.md5)
        #expect(computation.nonceCountText == "00000001")
        computation.nonceCount = .max
        #expect(computation.nonceCountText == "ffffffff")
    }

    @Test(
        "every registered algorithm token is understood, in any case",
        arguments: [
            ("MD5", DigestAlgorithm(hashFunction: .md5)),
            ("md5-SESS", DigestAlgorithm(hashFunction: .md5, isSession: true)),
            ("SHA-256", DigestAlgorithm(hashFunction: .sha256)),
            ("SHA-256-sess", DigestAlgorithm(hashFunction: .sha256, isSession: true)),
            ("SHA-512-256", DigestAlgorithm(hashFunction: .sha512_256)),
            ("sha-512-256-sess", DigestAlgorithm(hashFunction: .sha512_256, isSession: true)),
            ("AKAv1-MD5", DigestAlgorithm(hashFunction: .md5, aka: .v1)),
            ("akav2-sha-256", DigestAlgorithm(hashFunction: .sha256, aka: .v2)),
        ]
    )
    func tokens(token: String, algorithm: DigestAlgorithm) {
        #expect(DigestAlgorithm(token: token) == algorithm)
    }

    @Test(
        "an algorithm we cannot compute is none",
        arguments: [
            "", "SHA-1", "MD4", "AKAv3-MD5", "AKAv-MD5", "AKAv1", "AKAv99999999999999999999-MD5", "-sess",
        ]
    )
    func unknownTokens(token: String) {
        #expect(DigestAlgorithm(token: token) == nil)
    }

    @Test("SHA-512-256 is stronger than SHA-256, which is stronger than MD5, and AKAv2 than AKAv1")
    func strength() {
        let order = ["MD5", "SHA-256", "SHA-512-256", "AKAv1-MD5", "AKAv2-MD5"]
        let strengths = order.compactMap { DigestAlgorithm(token: $0)?.strength }
        #expect(strengths == strengths.sorted() && Set(strengths).count == order.count)
    }
}
