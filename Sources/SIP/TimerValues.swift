/// The base timer values of RFC 3261 table 4, from which every transaction timer follows.
package struct TimerValues: Hashable, Sendable {
    /// An estimate of the round-trip time.
    package var t1: Duration
    /// The longest interval between retransmissions of a non-INVITE request or an INVITE response.
    package var t2: Duration
    /// The longest time a message stays in the network.
    package var t4: Duration

    package init(t1: Duration, t2: Duration, t4: Duration) {
        (self.t1, self.t2, self.t4) = (t1, t2, t4)
    }

    /// The defaults of RFC 3261 §17.1.1.1.
    package static let standard = TimerValues(t1: .milliseconds(500), t2: .seconds(4), t4: .seconds(5))

    /// The values between a UE and its P-CSCF (3GPP TS 24.229 §7.7, table 7.7.1).
    package static let ims = TimerValues(t1: .seconds(2), t2: .seconds(16), t4: .seconds(17))

    /// How long one end waits for the other before it gives up: timers B, F, H, J, L, M and N.
    package var transactionLifetime: Duration { t1 * 64 }

    /// How long an INVITE client transaction answers repeated final responses with ACK: timer D.
    ///
    /// At least 32 s, because the client does not know the T1 of the server (RFC 6026 §8.4).
    package var acknowledgementLifetime: Duration { max(.seconds(32), transactionLifetime) }

    /// The time it takes the timer E of a client to be reset to T2, before which 100 harms a non-INVITE
    /// transaction over UDP (RFC 4320 §4.1).
    package var nonInviteTryingDelay: Duration {
        var (elapsed, interval) = (Duration.zero, t1)
        while interval > .zero, t2 > interval {
            elapsed += interval
            interval *= 2
        }
        return elapsed
    }

    /// How long the user may take to answer an INVITE before the layer sends 100 (RFC 3261 §17.2.1).
    package static let inviteTryingDelay = Duration.milliseconds(200)
}
