import SIP
import Testing
import UserAgent
import Wire

/// A publication with virtual time, and a server to play against it.
struct PublicationBench: VirtualTime {
    var now = Duration.zero
    private(set) var publication: Publication
    private(set) var sent: [(time: Duration, message: Message)] = []
    private(set) var published: [Duration] = []
    private(set) var failures: [(failure: EventFailure, retryAfter: Duration?)] = []
    private(set) var removals = 0
    private let epoch = Instant.now

    init(entityTag: ByteString? = nil) {
        publication = Publication(entityTag: entityTag, identifiers: IdentifierSource(seed: 5))
    }

    /// A publication that has been accepted.
    static func standing(granted: Int = 3600) throws -> PublicationBench {
        var bench = PublicationBench()
        bench.publish("one")
        try bench.respond(.ok, ["SIP-ETag": "a1", "Expires": "\(granted)"])
        return bench
    }

    mutating func publish(_ body: String) {
        let content = Publication.Content(
            identity: "sip:alice@ims.test",
            contentType: "application/pidf+xml",
            body: ByteString(body)
        )
        act { $0.publish(content, at: $1, into: &$2) }
    }

    mutating func remove() { act { $0.remove(at: $1, into: &$2) } }

    mutating func renew() { act { $0.renew(at: $1, into: &$2) } }

    mutating func fail(_ failure: TransactionLayer.ClientFailure) throws {
        let request = try #require(sent.last).message
        act { $0.receive(failure: failure, of: request, at: $1, into: &$2) }
    }

    mutating func respond(
        _ status: StatusCode,
        _ fields: [String: String] = [:],
        to number: Int? = nil
    ) throws {
        let request = try #require(number.map { sent[$0] } ?? sent.last).message
        let response = try request.response(status, from: "esc", fields)
        act { $0.receive(response: response, at: $1, into: &$2) }
    }

    var nextDeadline: Duration? { publication.nextDeadline.map { $0 - epoch } }

    mutating func fire() { act { $0.fire(at: $1, into: &$2) } }

    private mutating func act(_ action: (inout Publication, Instant, inout [Publication.Effect]) -> Void) {
        var effects: [Publication.Effect] = []
        action(&publication, epoch + now, &effects)
        for effect in effects {
            switch effect {
            case .send(let message): sent.append((now, message))
            case .published(let expires): published.append(expires)
            case .failed(let failure, let delay): failures.append((failure, delay))
            case .removed: removals += 1
            }
        }
    }

    var last: Message? { sent.last?.message }
}

extension Message {
    fileprivate var entityTag: String? { headers.first(.sipIfMatch)?.text }
}

@Suite("Publication (RFC 3903 §4)")
struct PublicationTests {
    @Test("the first has a body and no tag, and is for the identity it is about")
    func initial() throws {
        let bench = try PublicationBench.standing()
        let first = try #require(bench.last)
        #expect(first.method == .publish)
        #expect(first.requestURI?.text == "sip:alice@ims.test")
        #expect(first.headers.first(.event)?.text == "presence")
        #expect(first.headers.first(.contentType)?.text == "application/pidf+xml")
        #expect(first.expirySeconds == "3600")
        #expect(first.entityTag == nil)
        #expect(first.body.text == "one")
        #expect(bench.published == [.seconds(3600)])
        #expect(bench.publication.isPublished)
    }

    @Test("it is refreshed before it expires, without a body, and each answer gives the next tag")
    func refresh() throws {
        var bench = try PublicationBench.standing()
        bench.run(until: .seconds(2999))
        #expect(bench.sent.count == 1)
        bench.run(until: .seconds(3000))
        #expect(bench.sent.count == 2)
        #expect(bench.last?.entityTag == "a1")
        #expect(bench.last?.body.isEmpty == true)
        #expect(bench.last?.headers.contains(.contentType) == false)
        try bench.respond(.ok, ["SIP-ETag": "a2", "Expires": "3600"])
        bench.publish("two")
        #expect(bench.last?.entityTag == "a2")
        #expect(bench.last?.body.text == "two")
    }

    @Test("what is published already is not sent again")
    func same() throws {
        var bench = try PublicationBench.standing()
        bench.publish("one")
        #expect(bench.sent.count == 1)
    }

    @Test("a change while a PUBLISH is under way follows it, and only the last one does")
    func overlap() throws {
        var bench = PublicationBench()
        bench.publish("one")
        bench.publish("two")
        bench.publish("three")
        #expect(bench.sent.count == 1)
        try bench.respond(.ok, ["SIP-ETag": "a1", "Expires": "3600"])
        #expect(bench.sent.count == 2)
        #expect(bench.last?.body.text == "three")
        #expect(bench.published.isEmpty)
        try bench.respond(.ok, ["SIP-ETag": "a2", "Expires": "3600"])
        #expect(bench.published.count == 1)
    }

    @Test("412 makes all of it be published anew, and a server that always says so is left alone")
    func conditionFailed() throws {
        var bench = try PublicationBench.standing()
        bench.publish("two")
        try bench.respond(.conditionalRequestFailed)
        #expect(bench.last?.entityTag == nil)
        #expect(bench.last?.body.text == "two")
        try bench.respond(.ok, ["SIP-ETag": "b1"])
        #expect(bench.publication.isPublished)
        bench.publish("three")
        try bench.respond(.conditionalRequestFailed)
        let count = bench.sent.count
        try bench.respond(.conditionalRequestFailed)
        #expect(bench.sent.count == count)
        #expect(bench.failures.count == 1)
    }

    @Test("a refresh that meets 412 publishes what was held")
    func refreshFailed() throws {
        var bench = try PublicationBench.standing()
        bench.run(until: .seconds(3000))
        try bench.respond(.conditionalRequestFailed)
        #expect(bench.last?.entityTag == nil)
        #expect(bench.last?.body.text == "one")
    }

    @Test("423 asks for as long as the server wants")
    func tooBrief() throws {
        var bench = PublicationBench()
        bench.publish("one")
        try bench.respond(.intervalTooBrief, ["Min-Expires": "7200"])
        #expect(bench.last?.expirySeconds == "7200")
        try bench.respond(.intervalTooBrief, ["Min-Expires": "7200"])
        #expect(bench.sent.count == 2)
        #expect(bench.failures.count == 1)
    }

    @Test("what is taken back goes with its tag, Expires 0 and no body")
    func removal() throws {
        var bench = try PublicationBench.standing()
        bench.remove()
        #expect(bench.last?.entityTag == "a1")
        #expect(bench.last?.expirySeconds == "0")
        #expect(bench.last?.body.isEmpty == true)
        try bench.respond(.ok)
        #expect(bench.removals == 1)
        #expect(!bench.publication.isPublished)
        bench.run(until: .seconds(10_000))
        #expect(bench.sent.count == 2)
    }

    @Test("taking back before the answer came waits for it")
    func earlyRemoval() throws {
        var bench = PublicationBench()
        bench.publish("one")
        bench.remove()
        #expect(bench.sent.count == 1)
        try bench.respond(.ok, ["SIP-ETag": "a1"])
        #expect(bench.last?.expirySeconds == "0")
        try bench.respond(.serverInternalError)
        #expect(bench.removals == 1)
    }

    @Test("what nobody published is taken back at once")
    func nothingToRemove() {
        var bench = PublicationBench()
        bench.remove()
        #expect(bench.sent.isEmpty)
        #expect(bench.removals == 1)
    }

    @Test("a refusal for good is not tried again", arguments: [403, 404, 405, 415, 489])
    func refused(status: Int) throws {
        var bench = PublicationBench()
        bench.publish("one")
        try bench.respond(try #require(StatusCode(status)))
        #expect(bench.failures.map(\.failure) == [.refused(try #require(StatusCode(status)))])
        #expect(bench.failures[0].retryAfter == nil)
        bench.run(until: .seconds(100_000))
        #expect(bench.sent.count == 1)
    }

    @Test("what may pass is tried again: not before Retry-After, and after silence")
    func retried() throws {
        var bench = PublicationBench()
        bench.publish("one")
        try bench.respond(.serviceUnavailable, ["Retry-After": "120"])
        #expect(bench.failures[0].retryAfter == .seconds(120))
        bench.run(until: .seconds(119))
        #expect(bench.sent.count == 1)
        bench.run(until: .seconds(120))
        #expect(bench.sent.count == 2)
        try bench.fail(.timedOut)
        #expect(bench.failures.last?.failure == .timedOut)
        bench.run(until: .seconds(200))
        #expect(bench.sent.count == 3)
    }

    @Test("a tag that an earlier run has left is used, and given up if the server does not know it")
    func leftBehind() throws {
        var bench = PublicationBench(entityTag: "old")
        #expect(!bench.publication.isPublished)
        bench.publish("one")
        #expect(bench.last?.entityTag == "old")
        #expect(bench.last?.body.text == "one")
        try bench.respond(.conditionalRequestFailed)
        #expect(bench.last?.entityTag == nil)
    }

    @Test("an answer to another request changes nothing")
    func stray() throws {
        var bench = try PublicationBench.standing()
        bench.publish("two")
        try bench.respond(.ok, ["SIP-ETag": "x"], to: 0)
        #expect(bench.published.count == 1)
        try bench.respond(.ok, ["SIP-ETag": "a2"])
        #expect(bench.published.count == 2)
        bench.publish("three")
        #expect(bench.last?.entityTag == "a2")
    }

    @Test("what could not be refreshed in time is published anew when it has expired")
    func expired() throws {
        var bench = try PublicationBench.standing(granted: 100)
        bench.run(until: .seconds(50))
        try bench.fail(.timedOut)
        bench.run(until: .seconds(101))
        #expect(bench.last?.body.text == "one")
        #expect(bench.last?.entityTag == nil)
    }

    @Test("after a new registration it is refreshed at once")
    func renewed() throws {
        var bench = try PublicationBench.standing()
        bench.renew()
        #expect(bench.last?.entityTag == "a1")
        #expect(bench.last?.body.isEmpty == true)
    }
}
