import MSRP
import Testing
import Wire

@Suite("MSRP URIs and paths")
struct MSRPURITests {
    @Test("the parts of a URI are where the grammar puts them")
    func parts() throws {
        let uri = try MSRPURI("msrps://alice@[2001:db8::1]:8493/asfd/34+=;tcp;x=y;z")
        #expect(uri.isSecure)
        #expect(uri.user == "alice")
        #expect(uri.host == "[2001:db8::1]")
        #expect(uri.hostAddress == "2001:db8::1")
        #expect(uri.port == 8493)
        #expect(uri.sessionID == "asfd/34+=")
        #expect(uri.transport == "tcp")
        #expect(uri.parameters == "x=y;z")
        let device = try MSRPURI("msrp://relay.example.com;tcp")
        #expect(device.port == nil)
        #expect(device.sessionID == nil)
        #expect(device.hostAddress == "relay.example.com")
    }

    @Test(
        "URIs that name the same are equal",
        arguments: [
            ("msrp://Host.Example.com:8493/asfd34;tcp", "MSRP://host.example.com:8493/asfd34;TCP"),
            ("msrp://alice@h.test:1/a;tcp", "msrp://bob@h.test:1/a;tcp"),
            ("msrp://h%2Etest:1/a;tcp", "msrp://h.test:1/a;tcp"),
            ("msrp://[2001:DB8::1]:1/a;tcp", "msrp://[2001:db8:0:0:0:0:0:1]:1/a;tcp"),
            ("msrp://[::ffff:192.0.2.1]:1/a;tcp", "msrp://[::ffff:c000:201]:1/a;tcp"),
            ("msrp://h.test:1/a;tcp;x=y", "msrp://h.test:1/a;tcp"),
        ]
    )
    func equal(left: String, right: String) throws {
        #expect(try MSRPURI(left) == MSRPURI(right))
        #expect(try MSRPURI(left).hashValue == MSRPURI(right).hashValue)
    }

    @Test(
        "URIs that differ in what counts are not equal",
        arguments: [
            ("msrp://h.test:1/a;tcp", "msrps://h.test:1/a;tcp"),
            ("msrp://h.test:1/a;tcp", "msrp://h.test/a;tcp"),
            ("msrp://h.test:1/a;tcp", "msrp://h.test:2/a;tcp"),
            ("msrp://h.test:1/a;tcp", "msrp://h.test:1/A;tcp"),
            ("msrp://h.test:1/a;tcp", "msrp://h.test:1;tcp"),
            ("msrp://h.test:1/a;tcp", "msrp://h.test:1/a;ws"),
            ("msrp://h.test:1/a;tcp", "msrp://i.test:1/a;tcp"),
        ]
    )
    func unequal(left: String, right: String) throws {
        #expect(try MSRPURI(left) != MSRPURI(right))
    }

    @Test(
        "what is no URI is refused",
        arguments: [
            ("", MSRPParseError.Element.uri), ("sip:a@b", .uri), ("msrp:/h;tcp", .uri),
            ("msrp://;tcp", .host),
            ("msrp://[::1;tcp", .host), ("msrp://h:x/a;tcp", .port), ("msrp://h:65536/a;tcp", .port),
            ("msrp://h:1/a", .transport), ("msrp://h:1/a;", .transport), ("msrp://h:1/;tcp", .uri),
            ("msrp://h:1/a;tcp x", .uri), ("msrp://h:/a;tcp", .port),
            ("msrp://" + String(repeating: "h", count: 1_100) + ";tcp", .uriLength),
        ]
    )
    func malformed(text: String, element: MSRPParseError.Element) {
        let error = #expect(throws: MSRPParseError.self) { try MSRPURI(text) }
        #expect(error?.element == element)
    }

    @Test("a URI is composed of its parts, an IPv6 address put in brackets")
    func composed() throws {
        let uri = try MSRPURI(host: "2001:db8::1", port: 2855, sessionID: "abc", isSecure: true)
        #expect(uri.text == "msrps://[2001:db8::1]:2855/abc;tcp")
    }

    @Test("the paths of the example of RFC 4976 §5.1 come out")
    func relays() throws {
        func path(_ letters: String) throws -> MSRPPath {
            try MSRPPath(letters.map { "msrp://\($0).test:1/x;tcp" }.joined(separator: " "))
        }
        let local = try MSRPURI("msrp://a.test:1/x;tcp")
        #expect(MSRPPath.attribute(usePath: try path("bc"), local: local) == (try path("cba")))
        #expect(MSRPPath.target(usePath: try path("bc"), peer: try path("def")) == (try path("bcdef")))
        #expect(MSRPPath.attribute(usePath: nil, local: local) == (try path("a")))
    }

    @Test("a path has at least one URI and not too many")
    func pathLength() {
        #expect(throws: MSRPParseError.self) { try MSRPPath("") }
        #expect(throws: MSRPParseError.self) {
            try MSRPPath(String(repeating: "msrp://h:1/a;tcp ", count: 40))
        }
    }
}
