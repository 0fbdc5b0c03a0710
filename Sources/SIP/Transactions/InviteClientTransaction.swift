/// The INVITE client transaction of RFC 3261 §17.1.1, as RFC 6026 figure 5 corrects it.
///
/// The state Accepted and timer M are of RFC 6026: they keep the transaction for repeated 2xx responses and for those
/// of other forks, all of which go to the user, who acknowledges them.
package struct InviteClientTransaction: Sendable {
    package enum State: Hashable, Sendable { case calling, proceeding, completed, accepted, terminated }

    /// The timers of RFC 3261 table 4 that this machine uses.
    package enum Timer: Hashable, Sendable, CaseIterable {
        case a, b, d, m
        /// How long a cancelled INVITE may stay without a final response (§9.1).
        case cancelled
    }

    package enum Input: Hashable, Sendable {
        case response(StatusCode)
        /// A CANCEL for this INVITE has been sent.
        case cancelled
        case fired(Timer)
        case transportFailed
    }

    package enum Effect: Hashable, Sendable {
        case send
        /// Acknowledge the response that was the input, hop by hop (§17.1.1.3).
        case acknowledge
        /// Hand the response that was the input to the user.
        case deliver
        case start(Timer, Duration)
        case stop(Timer)
        case finish(ClientOutcome)
    }

    package private(set) var state = State.calling
    private var interval: Duration
    private let timers: TimerValues
    private let isReliable: Bool

    /// Starts the transaction: sends the INVITE and arms timers A and B.
    ///
    /// - Parameters:
    ///   - isReliable: Whether the transport retransmits by itself (TCP, TLS); the machine then never does.
    ///   - timers: The base timer values of the access network.
    ///   - effects: Where to append what must be done.
    package init(isReliable: Bool, timers: TimerValues, into effects: inout [Effect]) {
        self.timers = timers
        self.isReliable = isReliable
        self.interval = timers.t1
        effects += [.send, .start(.b, timers.transactionLifetime)]
        if !isReliable { effects.append(.start(.a, interval)) }
    }

    /// Advances the machine by one input, appending what must be done.
    ///
    /// Inputs that do not apply to the current state change nothing.
    package mutating func step(_ input: Input, into effects: inout [Effect]) {
        switch (state, input) {
        case (.calling, .response(let status)), (.proceeding, .response(let status)):
            receive(status, into: &effects)

        case (.calling, .fired(.a)):
            interval *= 2
            effects += [.send, .start(.a, interval)]

        case (.calling, .fired(.b)):
            effects.append(.stop(.a))
            finish(.timedOut, into: &effects)

        case (.proceeding, .cancelled):
            effects.append(.start(.cancelled, timers.transactionLifetime))

        case (.proceeding, .fired(.cancelled)):
            finish(.timedOut, into: &effects)

        case (.calling, .transportFailed), (.proceeding, .transportFailed):
            effects += [.stop(.a), .stop(.b), .stop(.cancelled)]
            finish(.unreachable, into: &effects)

        case (.completed, .response(let status)):
            // The ACK was lost: the same again, but the user has seen this response (§17.1.1.2).
            if status.isFinal, !status.isSuccess { effects.append(.acknowledge) }

        case (.completed, .transportFailed):
            effects.append(.stop(.d))
            finish(.unreachable, into: &effects)

        case (.accepted, .response(let status)):
            if status.isSuccess { effects.append(.deliver) }

        case (.completed, .fired(.d)), (.accepted, .fired(.m)):
            finish(.answered, into: &effects)

        case (.calling, _), (.proceeding, _), (.completed, _), (.accepted, _), (.terminated, _):
            break
        }
    }

    private mutating func receive(_ status: StatusCode, into effects: inout [Effect]) {
        if state == .calling { effects += [.stop(.a), .stop(.b)] }
        guard status.isFinal else {
            state = .proceeding
            effects.append(.deliver)
            return
        }
        effects.append(.stop(.cancelled))
        if status.isSuccess {
            state = .accepted
            effects += [.start(.m, timers.transactionLifetime), .deliver]
            return
        }
        state = .completed
        effects += [.acknowledge, .deliver]
        // Timer D is zero over a reliable transport, where no response is repeated (RFC 6026 §8.4).
        if isReliable {
            finish(.answered, into: &effects)
        } else {
            effects.append(.start(.d, timers.acknowledgementLifetime))
        }
    }

    private mutating func finish(_ outcome: ClientOutcome, into effects: inout [Effect]) {
        state = .terminated
        effects.append(.finish(outcome))
    }
}
