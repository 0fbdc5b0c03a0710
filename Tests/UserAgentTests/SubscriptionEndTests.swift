import SIP
import Testing
import UserAgent
import Wire

@Suite("Subscription: what the notifier says, RFC 6665 §4.1.3")
struct SubscriptionNotificationTests {
    @Test("terminated, and to be tried again at once", arguments: ["deactivated", "timeout"])
    func immediate(reason: String) throws {
        var bench = try SubscriptionBench.active()
        try bench.notify("terminated;reason=\(reason);retry-after=500")
        #expect(bench.answers == [.ok, .ok])
        #expect(bench.notifications.last?.state == .terminated)
        #expect(bench.ends.map(\.cause) == [.byNotifier(SubscriptionState.Reason(rawValue: reason))])
        #expect(bench.ends[0].retryAfter == .zero)
        #expect(bench.sent.count == 2)
        #expect(bench.sent[1].message.toTag == nil)
    }

    @Test("terminated for good", arguments: ["rejected", "noresource", "invariant"])
    func permanent(reason: String) throws {
        var bench = try SubscriptionBench.active()
        try bench.notify("terminated;reason=\(reason);retry-after=5")
        #expect(bench.ends.map(\.cause) == [.byNotifier(SubscriptionState.Reason(rawValue: reason))])
        #expect(bench.ends[0].retryAfter == nil)
        bench.run(until: .seconds(100_000))
        #expect(bench.sent.count == 1)
    }

    @Test(
        "terminated, and not to be tried again before retry-after",
        arguments: ["reason=probation;", "reason=giveup;", "reason=other;", ""]
    )
    func deferred(reason: String) throws {
        var bench = try SubscriptionBench.active()
        try bench.notify("terminated;\(reason)retry-after=700")
        #expect(bench.ends[0].retryAfter == .seconds(700))
        bench.run(until: .seconds(699))
        #expect(bench.sent.count == 1)
        bench.run(until: .seconds(700))
        #expect(bench.sent.count == 2)
    }

    @Test(
        "terminated without retry-after is tried again later",
        arguments: [";reason=probation", ";reason=giveup", ""]
    )
    func later(reason: String) throws {
        var bench = try SubscriptionBench.active()
        try bench.notify("terminated\(reason)")
        let delay = try #require(bench.ends[0].retryAfter)
        #expect(delay >= .seconds(15) && delay <= .seconds(30))
    }

    @Test("a notifier that ends every subscription at once is not asked again at once every time")
    func hotLoop() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        for _ in 0..<10 {
            try bench.respond(.ok)
            try bench.notify("active")
            try bench.notify("terminated;reason=deactivated")
            if bench.ends.last?.retryAfter != .zero { break }
        }
        #expect(bench.ends.count == 2)
        #expect(bench.subscription.state == .resting)
    }

    @Test("one that lasted makes the next attempt immediate again")
    func recovered() throws {
        var bench = try SubscriptionBench.active()
        for round in 1...3 {
            bench.run(until: .seconds(100 * round))
            try bench.notify("terminated;reason=deactivated")
            #expect(bench.ends.last?.retryAfter == .zero)
            try bench.respond(.ok)
            try bench.notify("active")
        }
    }

    @Test("a terminated NOTIFY as the first one ends the attempt")
    func refusedByNotify() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        try bench.respond(.ok)
        try bench.notify("terminated;reason=rejected")
        #expect(bench.starts == 0)
        #expect(bench.answers == [.ok])
        #expect(bench.ends.map(\.cause) == [.byNotifier(.rejected)])
    }

    @Test("a NOTIFY of another fork is answered with 481 and changes nothing (§4.1.4)")
    func fork() throws {
        var bench = try SubscriptionBench.active()
        try bench.notify("active", from: "other")
        try bench.notify("terminated;reason=rejected", from: "other")
        #expect(bench.answers == [.ok, .callDoesNotExist, .callDoesNotExist])
        #expect(bench.notifications.count == 1)
        #expect(bench.subscription.state == .active)
    }

    @Test("a NOTIFY for nothing we asked for is answered with 481")
    func unsolicited() throws {
        var bench = try SubscriptionBench.active()
        try bench.notify("active") { $0.headers.set(.callID, "foreign") }
        try bench.notify("active") { $0.headers.set(.to, "<sip:alice@ims.test>;tag=foreign") }
        try bench.notify("active") { $0.headers.set(.to, "<sip:alice@ims.test>") }
        #expect(bench.answers.dropFirst().allSatisfy { $0 == .callDoesNotExist })
        #expect(bench.notifications.count == 1)
    }

    @Test(
        "a NOTIFY for another package is answered with 489, without Event or with another id likewise refused"
    )
    func otherPackage() throws {
        var bench = try SubscriptionBench.active()
        try bench.notify("active", event: "presence")
        try bench.notify("active", event: nil)
        try bench.notify("active", event: "reg;id=3")
        #expect(bench.answers == [.ok, .badEvent, .badRequest, .callDoesNotExist])
    }

    @Test("a NOTIFY without Subscription-State, or a first one without Contact, is answered with 400")
    func incomplete() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        try bench.notify(nil)
        try bench.notify("active") { $0.headers.remove(.contact) }
        #expect(bench.answers == [.badRequest, .badRequest])
        #expect(bench.starts == 0)
        try bench.notify("active")
        #expect(bench.starts == 1)
    }

    @Test("a NOTIFY that is out of order is answered with 500 (RFC 3261 §12.2.2)")
    func outOfOrder() throws {
        var bench = try SubscriptionBench.active()
        try bench.notify("active", cseq: 10)
        try bench.notify("active", cseq: 9)
        #expect(bench.answers == [.ok, .ok, .serverInternalError])
        #expect(bench.notifications.count == 2)
    }

    @Test("a NOTIFY without a body is state without a document")
    func noBody() throws {
        var bench = try SubscriptionBench.active()
        try bench.notify("active", body: "")
        #expect(bench.notifications.last?.contentType == nil)
        #expect(bench.notifications.last?.body.isEmpty == true)
    }

    @Test("the remote target follows the Contact of NOTIFY requests")
    func targetRefresh() throws {
        var bench = try SubscriptionBench.active(granted: 100)
        try bench.notify("active") { $0.headers.set(.contact, "<sip:moved.ims.test>") }
        bench.run(until: .seconds(50))
        #expect(bench.sent.last?.message.requestURI?.text == "sip:moved.ims.test")
    }
}

@Suite("Subscription: ending it, RFC 6665 §4.1.2.3 and §4.4.3")
struct SubscriptionEndTests {
    @Test("unsubscribing sends Expires: 0 in the dialog and ends with the last NOTIFY")
    func unsubscribe() throws {
        var bench = try SubscriptionBench.active()
        bench.unsubscribe()
        let last = try #require(bench.sent.last).message
        #expect(last.expirySeconds == "0")
        #expect(last.toTag?.text == "as")
        try bench.respond(.ok, ["Expires": "0"])
        #expect(bench.ends.isEmpty)
        try bench.notify("terminated;reason=timeout")
        #expect(bench.answers == [.ok, .ok])
        #expect(bench.ends.map(\.cause) == [.byUser])
        #expect(bench.ends[0].retryAfter == nil)
        #expect(bench.subscription.nextDeadline == nil)
    }

    @Test("the last NOTIFY may come before the 2xx, and an active one in between does not end the waiting")
    func crossing() throws {
        var bench = try SubscriptionBench.active()
        bench.unsubscribe()
        try bench.notify("active;expires=500")
        #expect(bench.ends.isEmpty)
        try bench.notify("terminated;reason=timeout")
        #expect(bench.ends.map(\.cause) == [.byUser])
        try bench.respond(.ok)
        #expect(bench.subscription.state == .idle)
    }

    @Test("without a last NOTIFY it ends after timer N; after a refusal or a failure at once")
    func noLastNotify() throws {
        var bench = try SubscriptionBench.active()
        bench.unsubscribe()
        try bench.respond(.ok)
        bench.run(until: .seconds(32))
        #expect(bench.ends.map(\.retryAfter) == [nil])
        bench = try SubscriptionBench.active()
        bench.unsubscribe()
        try bench.respond(.callDoesNotExist)
        #expect(bench.ends.map(\.cause) == [.byUser])
        bench = try SubscriptionBench.active()
        bench.unsubscribe()
        bench.fail(.timedOut)
        #expect(bench.ends.map(\.cause) == [.byUser])
    }

    @Test("unsubscribing before there is a dialog waits for the NOTIFY that makes it")
    func unsubscribeEarly() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        bench.unsubscribe()
        #expect(bench.sent.count == 1)
        try bench.respond(.ok)
        try bench.notify("active")
        #expect(bench.sent.count == 2)
        #expect(bench.sent[1].message.expirySeconds == "0")
        try bench.respond(.ok)
        try bench.notify("terminated")
        #expect(bench.ends.map(\.cause) == [.byUser])
    }

    @Test("unsubscribing before a NOTIFY that never comes, or a refusal, ends it without another attempt")
    func unsubscribeInVain() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        bench.unsubscribe()
        bench.run(until: .seconds(1000))
        #expect(bench.ends.map(\.cause) == [.byUser])
        #expect(bench.sent.count == 1)
        bench = SubscriptionBench()
        bench.subscribe()
        bench.unsubscribe()
        try bench.respond(.serviceUnavailable)
        #expect(bench.ends.map(\.cause) == [.byUser])
        #expect(bench.subscription.nextDeadline == nil)
    }

    @Test("unsubscribing while an attempt is due later ends the waiting")
    func unsubscribeResting() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        try bench.respond(.serverInternalError)
        bench.unsubscribe()
        #expect(bench.ends.map(\.cause) == [.byUser])
        bench.run(until: .seconds(10_000))
        #expect(bench.sent.count == 1)
    }

    @Test("a fetch asks with Expires: 0, takes one notification and is not repeated (§4.4.3)")
    func fetch() throws {
        var bench = SubscriptionBench(expires: .zero)
        bench.subscribe()
        #expect(bench.sent[0].message.expirySeconds == "0")
        try bench.respond(.ok, ["Expires": "0"])
        try bench.notify("terminated;reason=timeout")
        #expect(bench.notifications.map(\.state) == [.terminated])
        #expect(bench.notifications[0].body.text == "<reginfo/>")
        #expect(bench.ends.map(\.cause) == [.fetched])
        #expect(bench.subscription.state == .idle)
        #expect(bench.subscription.nextDeadline == nil)
    }

    @Test("a fetch that brings nothing fails after timer N and is not repeated")
    func emptyFetch() throws {
        var bench = SubscriptionBench(expires: .zero)
        bench.subscribe()
        bench.run(until: .seconds(1000))
        #expect(bench.failures.map(\.failure) == [.timedOut])
        #expect(bench.sent.count == 1)
    }

    @Test("after the end one can subscribe again")
    func again() throws {
        var bench = try SubscriptionBench.active()
        bench.unsubscribe()
        try bench.notify("terminated")
        bench.subscribe()
        #expect(bench.sent.last?.message.toTag == nil)
        try bench.notify("active")
        #expect(bench.starts == 2)
    }
}
