/// The INVITE server transaction of RFC 3261 §17.2.1, as RFC 6026 figure 7 corrects it.
///
/// The state Accepted and timer L are of RFC 6026: they absorb a repeated INVITE after a 2xx response, which the user
/// repeats until the ACK comes. A transport failure leaves the state alone (RFC 6026 §7.1).
package struct InviteServerTransaction: Sendable {
    package enum State: Hashable, Sendable { case proceeding, accepted, completed, confirmed, terminated }

    package enum Timer: Hashable, Sendable, CaseIterable {
        /// When 100 is due if the user has not answered: 200 ms (§17.2.1).
        case provisional
        case g, h, i, l
    }

    package enum Input: Hashable, Sendable {
        /// The user's response.
        case respond(StatusCode)
        /// The INVITE came again.
        case retransmission
        case acknowledgement
        case fired(Timer)
    }

    package enum Effect: Hashable, Sendable {
        /// Send the response that was the input, and keep it.
        case send
        /// Make a 100, send it and keep it.
        case sendTrying
        /// Send the response that is kept.
        case resend
        /// Hand the ACK that was the input to the user: it belongs to a 2xx.
        case deliverAcknowledgement
        case start(Timer, Duration)
        case stop(Timer)
        case finish(ServerOutcome)
    }

    package private(set) var state = State.proceeding
    private var interval: Duration
    private var hasResponded = false
    private let timers: TimerValues
    private let isReliable: Bool

    /// Starts the transaction for an INVITE that has been handed to the user.
    ///
    /// - Parameters:
    ///   - isReliable: Whether the transport retransmits by itself (TCP, TLS).
    ///   - timers: The base timer values of the access network.
    ///   - effects: Where to append what must be done.
    package init(isReliable: Bool, timers: TimerValues, into effects: inout [Effect]) {
        self.timers = timers
        self.isReliable = isReliable
        interval = timers.t1
        effects.append(.start(.provisional, TimerValues.inviteTryingDelay))
    }

    /// Advances the machine by one input, appending what must be done.
    ///
    /// Inputs that do not apply to the current state change nothing.
    package mutating func step(_ input: Input, into effects: inout [Effect]) {
        switch (state, input) {
        case (.proceeding, .respond(let status)):
            respond(status, into: &effects)

        case (.proceeding, .retransmission) where !hasResponded, (.proceeding, .fired(.provisional)):
            hasResponded = true
            effects += [.stop(.provisional), .sendTrying]

        case (.proceeding, .retransmission), (.completed, .retransmission):
            effects.append(.resend)

        case (.accepted, .respond(let status)):
            if status.isSuccess { effects.append(.send) }

        case (.accepted, .acknowledgement):
            effects.append(.deliverAcknowledgement)

        case (.accepted, .fired(.l)), (.confirmed, .fired(.i)):
            finish(.answered, into: &effects)

        case (.completed, .fired(.g)):
            interval = min(interval * 2, timers.t2)
            effects += [.resend, .start(.g, interval)]

        case (.completed, .fired(.h)):
            effects.append(.stop(.g))
            finish(.unacknowledged, into: &effects)

        case (.completed, .acknowledgement):
            state = .confirmed
            effects += [.stop(.g), .stop(.h)]
            // Timer I absorbs repeated ACKs, of which there are none over a reliable transport (§17.2.1).
            if isReliable { finish(.answered, into: &effects) } else { effects.append(.start(.i, timers.t4)) }

        case (.proceeding, _), (.accepted, _), (.completed, _), (.confirmed, _), (.terminated, _):
            break
        }
    }

    private mutating func respond(_ status: StatusCode, into effects: inout [Effect]) {
        hasResponded = true
        effects += [.stop(.provisional), .send]
        if status.isSuccess {
            state = .accepted
            effects.append(.start(.l, timers.transactionLifetime))
        } else if status.isFinal {
            state = .completed
            effects.append(.start(.h, timers.transactionLifetime))
            if !isReliable { effects.append(.start(.g, interval)) }
        }
    }

    private mutating func finish(_ outcome: ServerOutcome, into effects: inout [Effect]) {
        state = .terminated
        effects.append(.finish(outcome))
    }
}
