import SIP
import Testing
import UserAgent
import Wire

@Suite("Subscription: making it, RFC 6665 §4.1.2")
struct SubscriptionCreationTests {
    @Test("SUBSCRIBE says what is wanted, from whom and for how long, outside any dialog")
    func request() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        let subscribe = try #require(bench.sent.last).message
        #expect(subscribe.method == .subscribe)
        #expect(subscribe.requestURI?.text == "sip:alice@ims.test")
        #expect(subscribe.toTag == nil)
        #expect(subscribe.fromTag != nil)
        #expect(subscribe.headers.first(.event)?.text == "reg")
        #expect(subscribe.headers.first(.accept)?.text == "application/reginfo+xml")
        #expect(subscribe.headers.first(.contact)?.text == "<sip:alice@192.0.2.1:5070>")
        #expect(subscribe.expirySeconds == "600000")
        #expect(subscribe.cseq == CSeq(number: 1, method: .subscribe))
        #expect(bench.subscription.state == .awaitingNotification)
    }

    @Test("it has started when the first NOTIFY comes, not with the 2xx")
    func start() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        try bench.respond(.ok, ["Expires": "3600"])
        #expect(bench.starts == 0)
        try bench.notify("active;expires=3599")
        #expect(bench.starts == 1)
        #expect(bench.subscription.state == .active)
        #expect(bench.answers == [.ok])
        let notification = try #require(bench.notifications.first)
        #expect(notification.state == .active)
        #expect(notification.contentType == "application/reginfo+xml")
        #expect(notification.body.text == "<reginfo/>")
    }

    @Test("a NOTIFY that comes before the 2xx is taken")
    func early() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        try bench.notify("active;expires=2000")
        #expect(bench.starts == 1)
        try bench.respond(.ok, ["Expires": "600000"])
        bench.run(until: .seconds(1410))
        #expect(bench.sent.map(\.time) == [.zero, .seconds(1400)])
    }

    @Test(
        "the way to the notifier is that of the NOTIFY, or of the 2xx where the NOTIFY names none",
        arguments: [false, true]
    )
    func route(isNotifyFirst: Bool) throws {
        for (notified, expected) in [
            ("<sip:scscf.ims.test;lr>", ["<sip:scscf.ims.test;lr>"]),
            (nil, ["<sip:pcscf.ims.test;lr>", "<sip:scscf.ims.test;lr>"]),
        ] {
            var bench = SubscriptionBench()
            bench.subscribe()
            func accept() throws {
                try bench.respond(.ok, ["Record-Route": "<sip:scscf.ims.test;lr>, <sip:pcscf.ims.test;lr>"])
            }
            func notify() throws {
                try bench.notify("active;expires=600") { notify in
                    notify.headers.remove(.recordRoute)
                    if let notified { notify.headers.append(.recordRoute, notified) }
                }
            }
            if isNotifyFirst {
                try notify()
                try accept()
            } else {
                try accept()
                try notify()
            }
            bench.unsubscribe()
            let routes = try #require(bench.sent.last).message.headers.all(.route).map(\.text)
            #expect(routes == expected)
            // What is recorded later changes nothing.
            #expect(bench.sent.count == 2)
        }
    }

    @Test("pending is a subscription too, and becomes active")
    func pending() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        try bench.respond(.accepted)
        try bench.notify("pending;expires=600")
        #expect(bench.subscription.state == .pending)
        try bench.notify("active;expires=600")
        #expect(bench.subscription.state == .active)
        #expect(bench.starts == 1)
        #expect(bench.notifications.map(\.state) == [.pending, .active])
    }

    @Test("timer N: without a NOTIFY within 64·T1 it has failed", arguments: [TimerValues.standard, .ims])
    func timerN(timers: TimerValues) throws {
        var bench = SubscriptionBench(timers: timers)
        bench.subscribe()
        try bench.respond(.ok)
        bench.run(until: timers.t1 * 64 - .milliseconds(1))
        #expect(bench.failures.isEmpty)
        bench.run(until: timers.t1 * 64)
        #expect(bench.failures.map(\.failure) == [.timedOut])
        #expect(bench.subscription.state == .resting)
    }

    @Test("a NOTIFY after timer N is answered with 481")
    func lateNotify() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        bench.run(until: .seconds(33))
        try bench.notify("active")
        #expect(bench.answers == [.callDoesNotExist])
        #expect(bench.starts == 0)
    }

    @Test("423 is answered with what Min-Expires asks, in the same Call-ID with the next number")
    func brief() throws {
        var bench = SubscriptionBench(expires: .seconds(60))
        bench.subscribe()
        try bench.respond(.intervalTooBrief, ["Min-Expires": "1800"])
        #expect(bench.sent.count == 2)
        #expect(bench.sent[1].message.expirySeconds == "1800")
        #expect(bench.sent[1].message.headers.first(.callID) == bench.sent[0].message.headers.first(.callID))
        #expect(bench.sent[1].message.cseq?.number == 2)
        #expect(bench.failures.isEmpty)
    }

    @Test("423 that asks for no more than was offered, or asks on and on, ends the attempt")
    func endlesslyBrief() throws {
        var bench = SubscriptionBench(expires: .seconds(60))
        bench.subscribe()
        try bench.respond(.intervalTooBrief, ["Min-Expires": "60"])
        #expect(bench.failures.map(\.failure) == [.refused(.intervalTooBrief)])
        bench = SubscriptionBench(expires: .seconds(60))
        bench.subscribe()
        for seconds in [100, 200, 300, 400] {
            try bench.respond(.intervalTooBrief, ["Min-Expires": "\(seconds)"])
        }
        #expect(bench.sent.count == 3)
        #expect(bench.failures.count == 1)
    }

    @Test(
        "what will not change is not tried again",
        arguments: [StatusCode.badEvent, .forbidden, .notFound, .decline]
    )
    func refusal(status: StatusCode) throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        try bench.respond(status)
        #expect(bench.failures.map(\.failure) == [.refused(status)])
        #expect(bench.failures[0].retryAfter == nil)
        bench.run(until: .seconds(100_000))
        #expect(bench.sent.count == 1)
        #expect(bench.subscription.nextDeadline == nil)
    }

    @Test("503 with Retry-After is not tried again before that time (TS 24.229 §5.1.2.2)")
    func retryAfter() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        try bench.respond(.serviceUnavailable, ["Retry-After": "300"])
        #expect(bench.failures[0].retryAfter == .seconds(300))
        bench.run(until: .seconds(299))
        #expect(bench.sent.count == 1)
        bench.run(until: .seconds(300))
        #expect(bench.sent.count == 2)
        #expect(bench.sent[1].message.headers.first(.callID) != bench.sent[0].message.headers.first(.callID))
        #expect(bench.sent[1].message.fromTag != bench.sent[0].message.fromTag)
    }

    @Test(
        "what may pass is tried again, ever more slowly, at most every half hour",
        arguments: [500, 503, 480, 0]
    )
    func backOff(code: Int) throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        for number in 1...12 {
            if let status = StatusCode(code) { try bench.respond(status) } else { bench.fail(.unreachable) }
            let delay = try #require(bench.failures.last?.retryAfter)
            let longest = min(Duration.seconds(30) * (1 << (number - 1)), .seconds(1800))
            #expect(delay <= longest && delay >= longest / 2)
            bench.run(until: bench.now + delay)
            #expect(bench.sent.count == number + 1)
        }
    }

    @Test("the count goes on from the CSeq of the response, which a challenge may have raised")
    func challenge() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        try bench.respond(.ok, ["Expires": "1000"], cseqStep: 1)
        try bench.notify("active")
        bench.run(until: .seconds(500))
        #expect(bench.sent.last?.message.cseq?.number == 3)
    }

    @Test("a response to another request changes nothing")
    func strayResponse() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        bench.resubscribe()
        try bench.respond(.forbidden, to: 0)
        bench.fail(.unreachable, of: 0)
        #expect(bench.failures.isEmpty)
        #expect(bench.subscription.state == .awaitingNotification)
    }

    @Test(
        "a response with a number that is none of ours changes nothing",
        arguments: [0x7FFF_FFFF, 0xFFFF_FFFE]
    )
    func wildNumber(step: UInt32) throws {
        var bench = SubscriptionBench(expires: .seconds(60))
        bench.subscribe()
        try bench.respond(.intervalTooBrief, ["Min-Expires": "1800"], cseqStep: step)
        #expect(bench.sent.count == 1)
        try bench.respond(.intervalTooBrief, ["Min-Expires": "1800"])
        #expect(bench.sent.count == 2)
    }

    @Test("after 204 no NOTIFY is awaited (RFC 5839)")
    func noNotification() throws {
        var bench = try SubscriptionBench.active(granted: 1000)
        bench.run(until: .seconds(500))
        try bench.respond(.noNotification, ["Expires": "1000"])
        bench.run(until: .seconds(900))
        #expect(bench.ends.isEmpty)
        #expect(bench.subscription.state == .active)
    }
}

@Suite("Subscription: keeping it, RFC 6665 §4.1.2.2")
struct SubscriptionRefreshTests {
    @Test(
        "it is refreshed 600 s before the end if more than 1200 s were granted, else at half of it",
        arguments: [(600_000, 599_400), (1201, 601), (1200, 600), (60, 30), (8, 5)]
    )
    func refresh(granted: Int, due: Int) throws {
        var bench = try SubscriptionBench.active(granted: granted)
        bench.run(until: .seconds(due) - .milliseconds(1))
        #expect(bench.sent.count == 1)
        bench.run(until: .seconds(due))
        #expect(bench.sent.count == 2)
    }

    @Test("a refresh goes through the dialog of the NOTIFY")
    func dialog() throws {
        var bench = try SubscriptionBench.active(granted: 100)
        bench.run(until: .seconds(50))
        let refresh = try #require(bench.sent.last).message
        #expect(refresh.requestURI?.text == "sip:as.ims.test")
        #expect(refresh.headers.first(.route)?.text == "<sip:scscf.ims.test;lr>")
        #expect(refresh.toTag?.text == "as")
        #expect(refresh.fromTag == bench.sent[0].message.fromTag)
        #expect(refresh.cseq?.number == 2)
        #expect(refresh.headers.first(.event)?.text == "reg")
        #expect(refresh.expirySeconds == "600000")
    }

    @Test("a successful refresh starts the time anew, without a second start")
    func renewed() throws {
        var bench = try SubscriptionBench.active(granted: 100)
        for round in 1...5 {
            bench.run(until: .seconds(50 * round))
            try bench.respond(.ok, ["Expires": "100"])
            try bench.notify("active;expires=100")
        }
        #expect(bench.sent.map(\.time) == [0, 50, 100, 150, 200, 250].map { .seconds($0) })
        #expect(bench.starts == 1)
        #expect(bench.ends.isEmpty)
    }

    @Test("what a NOTIFY says of the expiry counts more than the 2xx (§4.1.3)")
    func notifiedExpiry() throws {
        var bench = try SubscriptionBench.active(granted: 600_000)
        try bench.notify("active;expires=100")
        bench.run(until: .seconds(50))
        #expect(bench.sent.count == 2)
    }

    @Test("a 2xx cannot grant more than was asked for")
    func excessive() throws {
        var bench = SubscriptionBench(expires: .seconds(100))
        bench.subscribe()
        try bench.respond(.ok, ["Expires": "4294967295"])
        try bench.notify("active")
        bench.run(until: .seconds(50))
        #expect(bench.sent.count == 2)
    }

    @Test("481 to a refresh ends it, and a new one is made at once with a new Call-ID")
    func unknown() throws {
        var bench = try SubscriptionBench.active(granted: 1000)
        bench.run(until: .seconds(500))
        try bench.respond(.callDoesNotExist)
        #expect(bench.ends.map(\.cause) == [.refused(.callDoesNotExist)])
        #expect(bench.ends[0].retryAfter == .zero)
        #expect(bench.sent.count == 3)
        #expect(bench.sent[2].message.toTag == nil)
        #expect(bench.sent[2].message.headers.first(.callID) != bench.sent[0].message.headers.first(.callID))
    }

    @Test(
        "refusals that say the subscription is gone end it",
        arguments: [404, 405, 410, 416, 482, 485, 489, 501, 604]
    )
    func gone(code: Int) throws {
        var bench = try SubscriptionBench.active(granted: 1000)
        bench.run(until: .seconds(500))
        let status = try #require(StatusCode(code))
        try bench.respond(status)
        #expect(bench.ends.map(\.cause) == [.refused(status)])
        #expect(bench.subscription.state == .idle)
    }

    @Test("after any other refusal it lives until it expires, and is refreshed once more in between")
    func kept() throws {
        var bench = try SubscriptionBench.active(granted: 1000)
        bench.run(until: .seconds(500))
        try bench.respond(.serverInternalError)
        #expect(bench.subscription.state == .active)
        bench.run(until: .seconds(530))
        #expect(bench.sent.count == 3)
        try bench.respond(.serviceUnavailable, ["Retry-After": "600"])
        bench.run(until: .seconds(999))
        #expect(bench.ends.isEmpty)
        bench.run(until: .seconds(1000))
        #expect(bench.ends.map(\.cause) == [.expired])
        #expect(bench.sent.last?.message.toTag == nil)
    }

    @Test("a flow that breaks under a refresh does not end it")
    func flowFailure() throws {
        var bench = try SubscriptionBench.active(granted: 1000)
        bench.run(until: .seconds(500))
        bench.fail(.unreachable)
        #expect(bench.subscription.state == .active)
        bench.run(until: .seconds(530))
        try bench.respond(.ok, ["Expires": "1000"])
        try bench.notify("active")
        bench.run(until: .seconds(1020))
        #expect(bench.ends.isEmpty)
    }

    @Test("a refresh that times out ends it with timer N, whichever is told first", arguments: [true, false])
    func timedOut(isFailureFirst: Bool) throws {
        var bench = try SubscriptionBench.active(granted: 1000)
        bench.run(until: .seconds(531))
        if isFailureFirst { bench.fail(.timedOut) }
        #expect(bench.ends.isEmpty)
        bench.run(until: .seconds(532))
        if !isFailureFirst { bench.fail(.timedOut, of: 1) }
        #expect(bench.ends.map(\.cause) == [.expired])
        #expect(bench.failures.isEmpty)
        #expect(bench.sent.count == 3)
        #expect(bench.subscription.state == .awaitingNotification)
    }

    @Test("timer N: a refresh that brings no NOTIFY ends it, and a new one is made")
    func silentRefresh() throws {
        var bench = try SubscriptionBench.active(granted: 1000)
        bench.run(until: .seconds(500))
        try bench.respond(.ok, ["Expires": "1000"])
        bench.run(until: .seconds(532))
        #expect(bench.ends.map(\.cause) == [.expired])
        #expect(bench.sent.count == 3)
    }

    @Test("a notifier that grants next to nothing is not asked more often than every five seconds")
    func tinyGrants() throws {
        var bench = SubscriptionBench()
        bench.subscribe()
        for _ in 0..<20 {
            try bench.respond(.ok, ["Expires": "1"])
            try bench.notify("active;expires=1")
            bench.run(until: bench.now + .seconds(5))
        }
        #expect(bench.sent.count <= 6)
    }

    @Test("resubscribing leaves the old dialog without a word")
    func resubscription() throws {
        var bench = try SubscriptionBench.active()
        bench.resubscribe()
        #expect(bench.sent.count == 2)
        #expect(bench.sent[1].message.toTag == nil)
        #expect(bench.ends.isEmpty)
        try bench.respond(.ok)
        try bench.notify("active")
        #expect(bench.starts == 2)
    }
}
