/// The non-INVITE server transaction of RFC 3261 §17.2.2, figure 8, as RFC 4320 and RFC 6026 correct it.
///
/// RFC 4320 §4: no provisional response but 100, over UDP not before the client's timer E has reached T2, and then
/// without being asked; never 408, and no final response after the client has given up. RFC 6026 §8.8: a transport
/// failure leaves the state alone, so that retransmissions are still absorbed.
package struct NonInviteServerTransaction: Sendable {
    package enum State: Hashable, Sendable { case trying, proceeding, completed, terminated }

    package enum Timer: Hashable, Sendable, CaseIterable {
        /// When 100 is due if there is no answer yet (RFC 4320 §4.1).
        case provisional
        /// When the client has given up, so that no answer is of use any more (RFC 4320 §4.2).
        case lifetime
        case j
    }

    package enum Input: Hashable, Sendable {
        /// The user's response.
        case respond(StatusCode)
        /// The request came again.
        case retransmission
        case fired(Timer)
    }

    package enum Effect: Hashable, Sendable {
        /// Send the response that was the input, and keep it.
        case send
        /// Make a 100, send it and keep it.
        case sendTrying
        /// Send the response that is kept.
        case resend
        case start(Timer, Duration)
        case stop(Timer)
        case finish(ServerOutcome)
    }

    package private(set) var state = State.trying
    private let timers: TimerValues
    private let isReliable: Bool
    private var isProvisionalDue: Bool

    /// Starts the transaction for a request that has been handed to the user.
    ///
    /// - Parameters:
    ///   - isReliable: Whether the transport retransmits by itself (TCP, TLS).
    ///   - timers: The base timer values of the access network.
    ///   - effects: Where to append what must be done.
    package init(isReliable: Bool, timers: TimerValues, into effects: inout [Effect]) {
        self.timers = timers
        self.isReliable = isReliable
        isProvisionalDue = isReliable
        effects += [
            .start(.provisional, timers.nonInviteTryingDelay),
            .start(.lifetime, timers.transactionLifetime),
        ]
    }

    /// Advances the machine by one input, appending what must be done.
    ///
    /// Inputs that do not apply to the current state change nothing.
    package mutating func step(_ input: Input, into effects: inout [Effect]) {
        switch (state, input) {
        case (.trying, .respond(let status)) where status.isProvisional,
            (.proceeding, .respond(let status)) where status.isProvisional:
            guard status == .trying, isProvisionalDue else { break }
            state = .proceeding
            effects += [.stop(.provisional), .send]

        case (.trying, .respond(let status)), (.proceeding, .respond(let status)):
            guard status != .requestTimeout else { break }
            complete(into: &effects)

        case (.trying, .fired(.provisional)):
            isProvisionalDue = true
            state = .proceeding
            effects.append(.sendTrying)

        case (.proceeding, .retransmission), (.completed, .retransmission):
            effects.append(.resend)

        case (.trying, .fired(.lifetime)), (.proceeding, .fired(.lifetime)):
            effects.append(.stop(.provisional))
            finish(.unanswered, into: &effects)

        case (.completed, .fired(.j)):
            finish(.answered, into: &effects)

        case (.trying, _), (.proceeding, _), (.completed, _), (.terminated, _):
            break
        }
    }

    private mutating func complete(into effects: inout [Effect]) {
        state = .completed
        effects += [.stop(.provisional), .stop(.lifetime), .send]
        // Timer J is zero over a reliable transport, where no request is repeated (§17.2.2).
        if isReliable {
            finish(.answered, into: &effects)
        } else {
            effects.append(.start(.j, timers.transactionLifetime))
        }
    }

    private mutating func finish(_ outcome: ServerOutcome, into effects: inout [Effect]) {
        state = .terminated
        effects.append(.finish(outcome))
    }
}

/// How a server transaction ended.
package enum ServerOutcome: Hashable, Sendable {
    /// A final response was sent and, if it was due, acknowledged.
    case answered
    /// The user gave no final response before the client gave up.
    case unanswered
    /// No ACK came for the final response to an INVITE: timer H.
    case unacknowledged
}
