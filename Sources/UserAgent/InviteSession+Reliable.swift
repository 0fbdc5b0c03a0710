import SIP
import Wire

/// The reliable provisional responses of the side that is called (RFC 3262 §3).
struct ReliableProvisionals: Sendable {
    /// The one that is repeated until its PRACK comes.
    struct Current: Sendable {
        var number: UInt32
        var response: Message
        var interval: Duration
    }

    private(set) var isRequired = false
    private(set) var isSupported = false
    /// `RSeq` of the next one: the first is chosen at random below 2³¹ (§3).
    private var nextNumber: UInt32 = 1
    var current: Current?
    /// Those that follow; one at a time is under way, so that they stay in order (§3).
    var waiting: [Message] = []
    /// One of them has carried the answer to the INVITE.
    var hasAnswered = false
    /// One of them has carried an offer, which its PRACK must answer.
    var awaitsAnswer = false

    mutating func begin(for invite: Message, using random: inout some RandomNumberGenerator) {
        isRequired = invite.requires("100rel")
        isSupported = isRequired || invite.supports("100rel")
        nextNumber = UInt32.random(in: 1..<1 << 31, using: &random)
    }

    func isReliable(hasBody: Bool) -> Bool { isRequired || isSupported && hasBody }

    /// Whether one with a description is not confirmed: then the 2xx must wait (§3).
    var delaysAcceptance: Bool {
        current?.response.body.isEmpty == false || waiting.contains { !$0.body.isEmpty }
    }

    /// Takes the next one out of those that wait, with its number.
    mutating func makeNext(interval: Duration) -> Message? {
        guard current == nil, !waiting.isEmpty else { return nil }
        var response = waiting.removeFirst()
        response.headers.append(.require, "100rel")
        response.headers.append(.rseq, String(nextNumber))
        current = Current(number: nextNumber, response: response, interval: interval)
        nextNumber &+= 1
        return response
    }
}

extension InviteSession {
    mutating func sendProvisional(at now: Instant, into effects: inout [Effect]) {
        guard let invitation, let response = provisionals.makeNext(interval: timerValues.t1) else { return }
        if !response.body.isEmpty, invitation.offer == nil, !provisionals.hasAnswered {
            provisionals.awaitsAnswer = true
            localDescription = SessionBody(of: response)
        }
        timers.start(.provisional, at: now + timerValues.t1)
        timers.start(.unacknowledged, at: now + timerValues.transactionLifetime)
        effects.append(.respond(response, to: invitation.id))
    }

    mutating func repeatProvisional(at now: Instant, into effects: inout [Effect]) {
        guard var current = provisionals.current, let invitation else { return }
        current.interval *= 2
        provisionals.current = current
        timers.start(.provisional, at: now + current.interval)
        effects.append(.respond(current.response, to: invitation.id))
    }

    /// Refuses the INVITE, because no PRACK has come (RFC 3262 §3).
    mutating func giveUpProvisional(at now: Instant, into effects: inout [Effect]) {
        guard provisionals.current != nil else { return }
        refuseInvitation(.serverTimeout, as: .failed(.unconfirmed), into: &effects)
    }

    mutating func stopProvisionals() {
        timers.stop(.provisional)
        timers.stop(.unacknowledged)
        provisionals.current = nil
        provisionals.waiting = []
    }

    /// Takes a PRACK: it must name the provisional response under way (RFC 3262 §3).
    mutating func receivePrack(
        _ request: PendingRequest,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let rack = try? request.message.headers.first(RAck.self), let current = provisionals.current,
            rack.responseNumber == current.number, rack.sequence == current.response.cseq
        else { return answer(request, .callDoesNotExist, into: &effects) }
        timers.stop(.provisional)
        timers.stop(.unacknowledged)
        provisionals.current = nil
        if provisionals.awaitsAnswer {
            provisionals.awaitsAnswer = false
            guard let answer = request.offer else {
                answer(request, .badRequest, into: &effects)
                return refuseInvitation(.badRequest, as: .failed(.badAnswer), into: &effects)
            }
            remoteDescription = answer
            provisionals.hasAnswered = true
            effects.append(.respond(request.message.response(.ok, toTag: localTag), to: request.id))
        } else if request.offer != nil {
            receiveOffer(request, at: now, into: &effects)
        } else {
            effects.append(.respond(request.message.response(.ok, toTag: localTag), to: request.id))
        }
        sendProvisional(at: now, into: &effects)
        if let description = wantedAcceptance, !provisionals.delaysAcceptance {
            wantedAcceptance = nil
            accept(with: description, at: now, into: &effects)
        }
    }
}
