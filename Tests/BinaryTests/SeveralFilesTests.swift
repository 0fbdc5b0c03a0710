import Foundation
import Glibc
import TestSupport
import Testing

/// Offers of several files, which the program takes but never makes: it offers each in a session of its own.
@Suite("Several files in one offer (RFC 5547 §8.2.3)", .timeLimit(.minutes(1)))
struct SeveralFilesTests {
    /// An `m=` section of an offer, without its first line.
    private func section(_ id: String, _ selector: String, _ direction: String = "sendonly") -> [String] {
        [
            "m=message 7654 TCP/MSRP *", "a=path:msrp://127.0.0.1:7654/\(id);tcp", "a=setup:active",
            "a=accept-types:*", "a=\(direction)", "a=file-selector:\(selector)",
        ]
    }

    private func offer(_ sections: [[String]]) -> String {
        let session = ["v=0", "o=alice 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
        return (session + sections.flatMap(\.self)).map { $0 + "\r\n" }.joined()
    }

    /// The sections of an answer, their first lines and paths.
    private func answered(_ response: String) -> [(first: Substring, path: Substring?)] {
        response.split(separator: "\r\nm=").dropFirst().map { section in
            let lines = section.split(separator: "\r\n")
            let path = lines.first { $0.hasPrefix("a=path:") }?.dropFirst("a=path:".count)
            return (lines.first ?? "", path)
        }
    }

    private func chunk(
        _ id: String,
        to path: Substring,
        from: String,
        _ range: String,
        _ body: Data,
        _ flag: String
    )
        -> [UInt8]
    {
        let head = [
            "MSRP \(id) SEND", "To-Path: \(path)", "From-Path: msrp://127.0.0.1:7654/\(from);tcp",
            "Message-ID: \(from)", "Byte-Range: \(range)", "Content-Type: application/octet-stream", "", "",
        ]
        return Array(head.joined(separator: "\r\n").utf8) + body + Array("\r\n-------\(id)\(flag)\r\n".utf8)
    }

    @Test("each file is taken or refused by itself, and those that are taken come over one connection, mixed")
    func receive() async throws {
        let caller = try await ForeignCaller()
        let bob = try caller.person(settings: ["chat-transport": "tcp", "max-receive-size": "1M"])
        let (one, two) = (sampleBytes(3_000), Data("the second file".utf8))
        let receiver = try await bob.receiving(3)
        let response = try await caller.invite(
            offer([
                section("one", #"name:"one.bin" size:3000"#) + ["a=file-transfer-id:aaa"],
                // Without an identifier nobody knows what a repetition of the offer means (RFC 5547 §8.2.1).
                section("nameless", #"name:"three.bin" size:3"#),
                section("large", #"name:"large.bin" size:2000000"#) + ["a=file-transfer-id:bbb"],
                section("two", #"name:"two.txt" size:15 hash:sha-1:\#(wrongHash)"#)
                    + ["a=file-transfer-id:ccc"],
            ])
        )
        #expect(response.hasPrefix("SIP/2.0 200 "), "\(response)")
        let sections = answered(response)
        try #require(sections.count == 4, "\(response)")
        #expect(sections[1].first.hasPrefix("message 0 ") && sections[2].first.hasPrefix("message 0 "))
        let (toOne, toTwo) = (try #require(sections[0].path), try #require(sections[3].path))
        #expect(toOne != toTwo)
        #expect(try await receiver.event("file_ended")["name"] == "large.bin")

        let port = try #require(toOne.firstMatch(of: /:(\d+)\//)?.1)
        let connection = try await caller.connect(to: try #require(UInt16(port)))
        try await connection.say(chunk("aaaa1", to: toOne, from: "one", "1-1000/3000", one[..<1000], "+"))
        try await connection.say(chunk("cccc1", to: toTwo, from: "two", "1-15/15", two, "$"))
        try await connection.say(chunk("aaaa2", to: toOne, from: "one", "1001-3000/3000", one[1000...], "$"))
        for id in ["aaaa1", "cccc1", "aaaa2"] { try await connection.hears("MSRP \(id) 200 OK\r\n") }
        let ends = [try await receiver.event("file_ended"), try await receiver.event("file_ended")]
        let outcomes = Set(ends.map { "\($0["name"] ?? "") \($0["outcome"] ?? "")" })
        #expect(outcomes == ["one.bin complete", "two.txt wrong_hash"])
        // One of them is not what was announced, and one was not taken.
        #expect(try await receiver.exit() == .status(1))
        #expect(try bob.received("one.bin") == one)
        #expect(bob.received.count == 2 && bob.received.contains { $0.hasPrefix("two.txt.") })
    }

    @Test("of several files that are asked for the one that is shared is sent")
    func serve() async throws {
        let caller = try await ForeignCaller()
        let bob = try caller.person(settings: ["chat-transport": "tcp"])
        _ = try bob.put(Data("what bob shares".utf8), "public/report.txt")
        try bob.share("public")
        let serving = try await bob.receiving()
        let response = try await caller.invite(
            offer([
                section("one", #"name:"secret.txt""#, "recvonly") + ["a=file-transfer-id:aaa"],
                section("two", #"name:"report.txt""#, "recvonly") + ["a=file-transfer-id:bbb"],
            ])
        )
        let sections = answered(response)
        try #require(sections.count == 2, "\(response)")
        #expect(sections[0].first.hasPrefix("message 0 "))
        let path = try #require(sections[1].path)
        let port = try #require(path.firstMatch(of: /:(\d+)\//)?.1)
        let connection = try await caller.connect(to: try #require(UInt16(port)))
        // Whose connection it is they know by the first request on it (RFC 4975 §5.4).
        try await connection.say(chunk("aaaa1", to: path, from: "two", "1-0/0", Data(), "$"))
        try await connection.hears("MSRP aaaa1 200 OK\r\n")
        try await connection.hears("what bob shares")
        try await caller.hangUp()
        serving.signal(SIGINT)
        #expect(try await serving.exit() == .status(130))
    }

    @Test("an offer of which nothing can be taken is refused")
    func nothing() async throws {
        let caller = try await ForeignCaller()
        let bob = try caller.person()
        let receiver = try await bob.receiving()
        let response = try await caller.invite(
            offer([section("one", #"name:"a""#), section("two", #"name:"b""#)])
        )
        #expect(response.hasPrefix("SIP/2.0 488 "), "\(response)")
        receiver.signal(SIGINT)
        #expect(try await receiver.exit() == .status(130))
        #expect(bob.received.isEmpty)
    }

    private let wrongHash = Array(repeating: "00", count: 20).joined(separator: ":")
}
