import Documents
import Lab
import SIP
import Testing
import Wire

@Suite("Pocket core: the reg event")
struct LabSubscriptionTests {
    /// Subscribes alice to her registration; returns the SUBSCRIBE, its answer and the first NOTIFY.
    private func watching(
        _ expires: UInt32 = 600_000
    ) throws -> (LabBench, LabPhone, Message, Message, Message) {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001)
        try bench.register(&alice)
        var subscribe = alice.makeRequest(.subscribe, to: "sip:alice@ims.test")
        subscribe.headers.append(.event, "reg")
        subscribe.headers.append(.accept, "application/reginfo+xml")
        subscribe.headers.append(.contact, alice.contact)
        subscribe.headers.append(Expires(seconds: expires))
        let accepted = try bench.exchange(subscribe, alice)
        let notify = try bench.next(over: alice.flow)
        try bench.respond(.ok, to: notify, alice)
        return (bench, alice, subscribe, accepted, notify)
    }

    private func information(_ notify: Message) throws -> RegistrationInformation {
        #expect(notify.contentType?.matches("application", "reginfo+xml") == true)
        return try RegistrationInformation(parsing: notify.body.bytes)
    }

    @Test func `a subscription is answered with all there is to know`() throws {
        let (_, _, _, accepted, notify) = try watching()
        #expect(accepted.status == .ok)
        #expect(try accepted.headers.first(Expires.self)?.seconds == 600_000)
        #expect(notify.method == .notify)
        #expect(notify.requestURI == "sip:alice@127.0.0.1:6001;transport=udp")
        #expect(try notify.headers.first(SubscriptionState.self)?.state == .active)
        #expect(try notify.headers.first(From.self)?.tag == accepted.toTag)
        let document = try information(notify)
        #expect(document.isFull)
        #expect(document.registrations.map(\.addressOfRecord) == ["sip:alice@ims.test", "tel:+15550001001"])
        let contact = try #require(document.registrations.first?.contacts.first)
        #expect(contact.state == .active)
        #expect(contact.uri == "sip:alice@127.0.0.1:6001;transport=udp")
        #expect(contact.parameters["+g.oma.sip-im"] == "")
    }

    @Test func `a deregistration by the network is told with its event, and ends the subscription`() throws {
        var (bench, alice, _, _, _) = try watching()
        try bench.control("deregister alice rejected")
        let notify = try bench.next(over: alice.flow)
        let state = try #require(try notify.headers.first(SubscriptionState.self))
        #expect(state.state == .terminated)
        let document = try information(notify)
        #expect(document.version == 1)
        #expect(document.registrations.first?.state == .terminated)
        #expect(document.registrations.first?.contacts.first?.event == .rejected)
        #expect(try bench.control("status").contains("subscriptions: 0"))
    }

    @Test func `a renewed registration is told while the subscription goes on`() throws {
        var (bench, alice, _, _, _) = try watching()
        #expect(try bench.register(&alice).status == .ok)
        let notify = try bench.next(over: alice.flow)
        #expect(try notify.headers.first(SubscriptionState.self)?.state == .active)
        #expect(try information(notify).version == 1)
    }

    @Test func `a subscription is refreshed in its dialog, ended on request, and ends by itself`() throws {
        var (bench, alice, subscribe, accepted, _) = try watching(100)
        var refresh = subscribe
        refresh.headers.set(.to, try #require(accepted.headers.first(.to)))
        refresh.headers.set(CSeq(number: alice.nextSequence(), method: .subscribe))
        refresh.headers.set(Expires(seconds: 200))
        #expect(try bench.exchange(refresh, alice).status == .ok)
        let renewed = try bench.next(over: alice.flow)
        #expect(try renewed.headers.first(SubscriptionState.self)?.expires == .seconds(200))
        try bench.respond(.ok, to: renewed, alice)

        try bench.advance(by: .seconds(200))
        let last = try bench.next(over: alice.flow)
        #expect(try last.headers.first(SubscriptionState.self)?.reason == .timeout)
        refresh.headers.set(CSeq(number: alice.nextSequence(), method: .subscribe))
        try bench.respond(.ok, to: last, alice)
        #expect(try bench.exchange(refresh, alice).status == .callDoesNotExist)
    }

    @Test func `other events, other people and strangers are refused`() throws {
        var (bench, alice, subscribe, _, _) = try watching()
        func changed(_ change: (inout Message) -> Void) -> Message {
            var request = subscribe
            request.headers.set(CSeq(number: alice.nextSequence(), method: .subscribe))
            request.headers.set(.callID, "changed-\(alice.nextSequence())")
            change(&request)
            return request
        }
        let event = changed { $0.headers.set(.event, "dialog") }
        #expect(try bench.exchange(event, alice).status == .badEvent)
        let type = changed { $0.headers.set(.accept, "text/plain") }
        #expect(try bench.exchange(type, alice).status == .notAcceptable)
        let other = changed { $0.startLine = .request(.subscribe, uri: "sip:bob@ims.test") }
        #expect(try bench.exchange(other, alice).status == .forbidden)
        let stranger = LabPhone("alice", port: 6009)
        let foreign = changed { _ in }
        #expect(try bench.exchange(foreign, stranger).status == .forbidden)
    }
}
