/// The non-INVITE client transaction of RFC 3261 §17.1.2, figure 6.
///
/// A value that does no I/O and reads no clock: each `step` says what the transaction layer must do next, so a test
/// needs neither a socket nor a wait.
package struct NonInviteClientTransaction: Sendable {
    package enum State: Hashable, Sendable { case trying, proceeding, completed, terminated }

    /// The timers of RFC 3261 table 4 that this machine uses.
    package enum Timer: Hashable, Sendable, CaseIterable { case e, f, k }

    package enum Input: Hashable, Sendable {
        case response(StatusCode)
        case fired(Timer)
        case transportFailed
    }

    package enum Effect: Hashable, Sendable {
        case send
        /// Hand the response that was the input to the user.
        case deliver
        case start(Timer, Duration)
        case stop(Timer)
        case finish(ClientOutcome)
    }

    package private(set) var state = State.trying
    private var interval: Duration
    private let timers: TimerValues
    private let isReliable: Bool

    /// Starts the transaction: sends the request and arms timers E and F.
    ///
    /// - Parameters:
    ///   - isReliable: Whether the transport retransmits by itself (TCP, TLS); the machine then never does.
    ///   - timers: The base timer values of the access network.
    ///   - effects: Where to append what must be done.
    package init(isReliable: Bool, timers: TimerValues, into effects: inout [Effect]) {
        self.timers = timers
        self.isReliable = isReliable
        self.interval = timers.t1
        effects += [.send, .start(.f, timers.transactionLifetime)]
        if !isReliable { effects.append(.start(.e, interval)) }
    }

    /// Advances the machine by one input, appending what must be done.
    ///
    /// Inputs that do not apply to the current state, such as a timer that was stopped while it was firing, change
    /// nothing.
    package mutating func step(_ input: Input, into effects: inout [Effect]) {
        switch (state, input) {
        case (.trying, .response(let status)) where status.isProvisional,
            (.proceeding, .response(let status)) where status.isProvisional:
            state = .proceeding
            effects.append(.deliver)

        case (.trying, .response), (.proceeding, .response):
            state = .completed
            effects += [.stop(.e), .stop(.f), .deliver]
            // Timer K absorbs retransmitted responses; there are none over a reliable transport, where the
            // transaction ends at once (§17.1.2.2).
            if isReliable { finish(.answered, into: &effects) } else { effects.append(.start(.k, timers.t4)) }

        case (.trying, .fired(.e)), (.proceeding, .fired(.e)):
            interval = state == .trying ? min(interval * 2, timers.t2) : timers.t2
            effects += [.send, .start(.e, interval)]

        case (.trying, .fired(.f)), (.proceeding, .fired(.f)):
            effects.append(.stop(.e))
            finish(.timedOut, into: &effects)

        case (.trying, .transportFailed), (.proceeding, .transportFailed):
            effects += [.stop(.e), .stop(.f)]
            finish(.unreachable, into: &effects)

        case (.completed, .fired(.k)):
            finish(.answered, into: &effects)

        case (.trying, .fired(.k)), (.proceeding, .fired(.k)), (.completed, _), (.terminated, _):
            break
        }
    }

    private mutating func finish(_ outcome: ClientOutcome, into effects: inout [Effect]) {
        state = .terminated
        effects.append(.finish(outcome))
    }
}

/// How a client transaction ended.
package enum ClientOutcome: Hashable, Sendable {
    /// A final response was delivered.
    case answered
    /// None came in time.
    case timedOut
    /// The flow broke before one came.
    case unreachable
}
