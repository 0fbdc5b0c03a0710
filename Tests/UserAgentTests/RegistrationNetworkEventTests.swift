import Documents
import SIP
import Testing
import UserAgent
import Wire

@Suite("What the network says about the registration (RFC 3680, TS 24.229 §5.1.1.7)")
struct RegistrationNetworkEventTests {
    @Test(
        "deactivated and expired are told at once, and the client registers anew",
        arguments: ["deactivated", "expired"]
    )
    func deactivated(event: String) throws {
        var bench = try RegistrationBench.registered()
        let first = bench.last
        bench.run(until: .seconds(60))
        bench.notify(reginfo(.init(rawValue: event)))
        #expect(bench.endings == [.byNetwork(event: event)])
        #expect(bench.sent.count == 2 && bench.field(.expires) == "600000")
        #expect(bench.last.headers.first(.callID) != first.headers.first(.callID))
        bench.grant()
        #expect(bench.registration.isRegistered)
    }

    @Test("a network that ends every registration at once is not asked again in a tight loop")
    func noLoop() throws {
        var bench = try RegistrationBench.registered()
        bench.notify(reginfo(.deactivated))
        #expect(bench.sent.count == 1)
        var previous = bench.now
        for _ in 0..<4 {
            let deadline = try #require(bench.registration.nextDeadline)
            bench.run(until: deadline - bench.epoch)
            #expect(bench.now > previous)
            previous = bench.now
            bench.grant()
            bench.notify(reginfo(.deactivated))
        }
    }

    @Test(
        "rejected, unregistered and what is unknown are final",
        arguments: ["rejected", "unregistered", "x-new"]
    )
    func rejected(event: String) throws {
        var bench = try RegistrationBench.registered()
        bench.run(until: .seconds(60))
        bench.notify(reginfo(.init(rawValue: event)))
        #expect(bench.endings == [.byNetwork(event: event)])
        bench.run(for: .seconds(100_000))
        #expect(bench.sent.count == 1 && !bench.registration.isRegistered)
        bench.start()
        #expect(bench.sent.count == 2)
    }

    @Test("probation waits for the time the network names")
    func probation() throws {
        var bench = try RegistrationBench.registered()
        bench.notify(reginfo(.probation) { $0.retryAfter = .seconds(40) })
        #expect(bench.endings == [.byNetwork(event: "probation")])
        bench.start()
        bench.run(until: .seconds(39))
        #expect(bench.sent.count == 1)
        bench.run(until: .seconds(40))
        #expect(bench.sent.count == 2)
    }

    @Test("our binding is found with alias, in another order, or by its instance when its URI is unknown")
    func matching() throws {
        var alias = try RegistrationBench.registered()
        alias.notify(reginfo(.rejected, uri: "sip:alice@127.0.0.1:5070;alias=1~2~3;transport=udp"))
        #expect(alias.endings.count == 1)
        var rewritten = try RegistrationBench.registered()
        rewritten.notify(
            reginfo(.rejected, uri: "sip:alice@10.0.0.1:9;transport=udp") {
                $0.parameters["+sip.instance"] = "\"<\(RegistrationBench.instanceID)>\""
            }
        )
        #expect(rewritten.endings.count == 1)
    }

    @Test("the end of another binding, also of our own former address, is not ours")
    func others() throws {
        var bench = try RegistrationBench.registered()
        var other = reginfo(.rejected, uri: "sip:alice@127.0.0.1:5999;transport=udp")
        other.registrations[0].state = .active
        bench.notify(other)
        bench.notify(reginfo(.refreshed, version: 1, full: false))
        var former = reginfo(
            .rejected,
            version: 2,
            uri: "sip:alice@127.0.0.1:5998;transport=udp",
            full: false
        ) {
            $0.parameters["+sip.instance"] = "\"<\(RegistrationBench.instanceID)>\""
        }
        former.registrations[0].state = .active
        bench.notify(former)
        #expect(bench.endings.isEmpty && bench.registration.isRegistered)
    }

    @Test("the end of another identity of the set is not that of the registered one")
    func otherIdentity() throws {
        var bench = try RegistrationBench.registered()
        var document = reginfo(.rejected)
        document.registrations[0].addressOfRecord = "sip:alice.work@ims.test"
        bench.notify(document)
        #expect(bench.endings.isEmpty)
    }

    @Test("a barred identity is watched by the default one")
    func barred() throws {
        var bench = try RegistrationBench.registered(headers: [(.pAssociatedURI, "<sip:public@ims.test>")])
        var document = reginfo(.rejected)
        document.registrations[0].addressOfRecord = "sip:public@ims.test"
        bench.notify(document)
        #expect(bench.endings.count == 1)
    }

    @Test("a registration that is terminated without a word about our contact has ended too")
    func withoutContact() throws {
        var bench = try RegistrationBench.registered()
        bench.run(until: .seconds(60))
        var document = reginfo(.unregistered)
        document.registrations[0].contacts = []
        bench.notify(document)
        #expect(bench.endings.count == 1 && bench.sent.count == 2)
    }

    @Test("our own leave is not taken for the network's")
    func ownLeave() throws {
        var bench = try RegistrationBench.registered()
        bench.unregister()
        bench.notify(reginfo(.unregistered))
        bench.answer(.ok)
        #expect(bench.endings == [.byUser])
        bench.notify(reginfo(.unregistered, version: 1))
        #expect(bench.endings == [.byUser])
    }

    @Test("expired, while the refresh is on its way, is overtaken by its answer")
    func overtaken() throws {
        var bench = try RegistrationBench.registered(expires: 600)
        bench.run(until: .seconds(300))
        bench.notify(reginfo(.expired))
        #expect(bench.endings.isEmpty)
        bench.grant()
        #expect(bench.registration.isRegistered && bench.sent.count == 2)
    }

    @Test("shortened brings the refresh and the end forward, and never back")
    func shortened() throws {
        var bench = try RegistrationBench.registered(expires: 3600)
        bench.notify(reginfo(.shortened) { $0.expires = .seconds(60) })
        bench.run(until: .seconds(29))
        #expect(bench.sent.count == 1)
        bench.notify(reginfo(.shortened, version: 1) { $0.expires = .seconds(6000) })
        bench.run(until: .seconds(30))
        #expect(bench.sent.count == 2)
        bench.run(until: .seconds(60))
        #expect(bench.endings == [.expired])
    }

    @Test("an older version changes nothing, a gap asks for the full state, a new subscription counts anew")
    func versions() throws {
        var bench = try RegistrationBench.registered()
        bench.notify(reginfo(.refreshed, version: 5))
        bench.notify(reginfo(.rejected, version: 4))
        #expect(bench.endings.isEmpty)
        bench.notify(reginfo(.refreshed, version: 8, full: false))
        #expect(bench.fullStatesWanted == 1)
        bench.registration.watchBegan()
        bench.notify(reginfo(.rejected, version: 0))
        #expect(bench.endings.count == 1)
    }
}
