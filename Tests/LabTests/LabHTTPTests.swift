import Testing
import Wire

@testable import Lab

@Suite("Pocket core: HTTP")
struct LabHTTPTests {
    private func requests(_ pieces: [[UInt8]]) throws -> [LabHTTPRequest] {
        var (reader, requests) = (LabHTTPReader(), [LabHTTPRequest]())
        for piece in pieces {
            reader.append(piece)
            while case .request(let request)? = try reader.next() { requests.append(request) }
        }
        return requests
    }

    private let sample = Array(
        "PUT /xcap-root/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nIf-Match: \"e\"\r\n\r\nhello\r\nGET /b HTTP/1.0\r\n\r\n"
            .utf8
    )

    @Test func `however the stream is cut, the same requests come out`() throws {
        for cut in 0...sample.count {
            let found = try requests([Array(sample[..<cut]), Array(sample[cut...])])
            #expect(found.map(\.method) == ["PUT", "GET"], "cut at \(cut)")
            #expect(found.map(\.target) == ["/xcap-root/a", "/b"])
            #expect(found.first?.body == "hello")
            #expect(found.first?.header("if-match") == "\"e\"")
            #expect(found.map(\.closes) == [false, true])
        }
    }

    @Test(
        arguments: [
            ("PUT / HTTP/1.1\r\n\r\n", .lengthRequired),
            ("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", .lengthRequired),
            ("PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .malformed),
            ("PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", .malformed),
            ("PUT / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", .tooLarge),
            ("GET /\r\n\r\n", .malformed), ("GET / HTTP/2.0\r\n\r\n", .malformed),
            ("GET / HTTP/1.1\r\nno field\r\n\r\n", .malformed),
            ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", .malformed),
            (String(repeating: "x", count: 16_385), .tooLarge),
        ] as [(String, LabHTTPError)]
    )
    func `what is no request, or none that is taken, is refused`(_ text: String, _ error: LabHTTPError) {
        #expect(throws: error) { try requests([Array(text.utf8)]) }
    }

    @Test func `a client that waits for leave to send its body gets it once`() throws {
        var reader = LabHTTPReader()
        reader.append(Array("PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n".utf8))
        let first = try reader.next()
        guard case .expectation? = first else {
            Issue.record("no leave")
            return
        }
        let second = try reader.next()
        #expect(second == nil)
        reader.append(Array("hi".utf8))
        let third = try reader.next()
        guard case .request(let request)? = third else {
            Issue.record("no request")
            return
        }
        #expect(request.body == "hi")
    }

    @Test func `an answer says how long it is, and one without a body has none`() {
        let answer = LabHTTPResponse(200, [("ETag", "\"e\"")], type: "text/plain", body: "hello")
        #expect(
            String(decoding: answer.serialized(closing: false, isHead: false), as: UTF8.self)
                == "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
        )
        #expect(
            String(decoding: answer.serialized(closing: true, isHead: true), as: UTF8.self)
                .hasSuffix("Content-Length: 5\r\nConnection: close\r\n\r\n")
        )
        #expect(
            String(decoding: LabHTTPResponse(304).serialized(closing: false, isHead: false), as: UTF8.self)
                == "HTTP/1.1 304 Not Modified\r\n\r\n"
        )
    }
}
