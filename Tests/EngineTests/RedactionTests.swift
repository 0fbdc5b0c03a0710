import Engine
import Testing

@Suite("Redaction of traces")
struct RedactionTests {
    @Test("digest responses are masked, nonces and names stay")
    func digest() {
        let message = """
            REGISTER sip:ims.test SIP/2.0\r
            Authorization: Digest username="alice@ims.test", realm="ims.test", nonce="abc", uri="sip:ims.test", \
            response="6629fae49393a05397450978507c4ef1", algorithm=MD5, cnonce="0a4f113b", nc=00000001\r
            Content-Length: 0\r
            \r

            """
        let shown = Redaction.redacted(Array(message.utf8))
        #expect(!shown.contains("6629fae"))
        #expect(shown == message.replacing("\"6629fae49393a05397450978507c4ef1\"", with: "\"[redacted]\""))
    }

    @Test(arguments: [
        (
            #"Authorization: Digest response="x\"y", nc=1"#,
            #"Authorization: Digest response="[redacted]", nc=1"#
        ),
        (
            #"Proxy-Authorization: Digest a=b,RESPONSE=abc,auts="zz""#,
            #"Proxy-Authorization: Digest a=b,response="[redacted]",auts="[redacted]""#
        ),
        (
            "authorization : Digest\r\n response=\"secret\"",
            "authorization : Digest\r\n response=\"[redacted]\""
        ),
        (
            #"WWW-Authenticate: Digest nonce="n", ck="aa", ik="bb""#,
            #"WWW-Authenticate: Digest nonce="n", ck="[redacted]", ik="[redacted]""#
        ),
        (#"Subject: response="kept""#, #"Subject: response="kept""#),
    ])
    func lines(_ header: String, shown: String) {
        let start = "MESSAGE sip:bob@ims.test SIP/2.0\r\n"
        let body = "\r\n\r\nAuthorization: Digest response=\"a body is kept\""
        #expect(Redaction.redacted(Array((start + header + body).utf8)) == start + shown + body)
    }
}
