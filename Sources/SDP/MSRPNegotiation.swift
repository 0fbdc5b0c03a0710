package import Wire

/// Why an offered MSRP session is refused: 488, or port zero for the one medium.
package enum MSRPRefusal: Error, Hashable, Sendable {
    /// TLS was offered and is not wanted, or the other way round.
    case transport
    /// None of the media types can be sent either way (RFC 4975 §8.6).
    case types
    /// The offer wants us to wait for a connection, and none can reach us.
    case unreachable
    /// A gateway has changed the address and not the path, so that the sessions would not match (RFC 6714 §4.3).
    case gateway

    /// The code of the `Warning` that explains it (RFC 3261 §20.43).
    package var warningCode: UInt16 {
        switch self {
        case .transport: 302
        case .types: 305
        case .unreachable: 301
        case .gateway: 399
        }
    }

    /// The text of the `Warning`.
    package var warningText: String {
        switch self {
        case .transport: "Incompatible transport protocol"
        case .types: "Incompatible media format"
        case .unreachable: "Incompatible network address formats"
        case .gateway: "Address and path differ"
        }
    }
}

extension MSRPMedia {
    /// The port of an end that nobody is to connect to (RFC 4145 §4.1).
    package static let discardPort: UInt16 = 9

    /// Whether relays stand before the end (RFC 4976).
    package var usesRelay: Bool { path.count > 1 }

    /// This end as an offer shows it (RFC 6135 §4.2, RFC 6714 §4.2).
    ///
    /// - Parameter canListen: Whether the other side can open a connection to us.
    /// - Returns: The end with its role, and with a port that nobody connects to if it can only connect itself.
    package func offer(canListen: Bool) -> MSRPMedia {
        var offer = self
        offer.setup = canListen || usesRelay ? .actpass : .active
        if offer.setup == .active { offer.port = Self.discardPort }
        return offer
    }

    /// This end as the answer to `offered` shows it (RFC 4975 §8, RFC 6135 §4.2, RFC 6714 §4.3).
    ///
    /// - Parameters:
    ///   - offered: The other end.
    ///   - canListen: Whether the other side can open a connection to us.
    /// - Returns: The end with what the offer leaves of its wishes.
    /// - Throws: `MSRPRefusal` if the two ends have nothing in common.
    package func answer(to offered: MSRPMedia, canListen: Bool) throws(MSRPRefusal) -> MSRPMedia {
        guard isSecure == offered.isSecure else { throw .transport }
        guard allTypes.intersects(offered.allTypes) else { throw .types }
        // Whoever is behind a relay speaks first where the other side is not: the relay then has one connection to that
        // side, and not a second one for what goes back.
        let isSpeaker = usesRelay && !offered.usesRelay && offered.setup == .actpass
        guard
            let role = isSpeaker
                ? .active : Setup.answer(to: offered.setup, canListen: canListen || usesRelay)
        else { throw .unreachable }
        if !offered.supportsCEMA, offered.setup != .active, offered.addressMatch == .different {
            throw .gateway
        }
        var answer = self
        answer.supportsCEMA = supportsCEMA && offered.supportsCEMA && !leavesCEMA(to: offered)
        answer.setup = offered.setup == nil && !answer.supportsCEMA ? nil : role
        answer.direction = Direction.answer(to: offered.direction, wanted: direction)
        if role == .active, !usesRelay { answer.port = Self.discardPort }
        return answer
    }

    /// Whether relays make CEMA useless between the two (RFC 6714 §4.3).
    private func leavesCEMA(to offered: MSRPMedia) -> Bool {
        let isOffererActive = offered.setup == nil || offered.setup == .active
        return usesRelay && offered.usesRelay
            || offered.usesRelay && isOffererActive
            || usesRelay && offered.setup == .passive
    }

    /// What is taken at all, in a container or not.
    private var allTypes: AcceptedTypes {
        AcceptedTypes(entries: acceptTypes.entries + (acceptWrappedTypes?.entries ?? []))
    }
}

/// What an offer and its answer have come to for one MSRP session, seen from our side.
package struct MSRPAgreement: Hashable, Sendable {
    /// Where the one who connects connects to.
    package enum Target: Hashable, Sendable {
        /// The first URI of the path (RFC 4975 §8.2).
        case path
        /// The address of `c=` and the port of `m=` (RFC 6714 §4.2, §4.3).
        case address
    }

    package var local: MSRPMedia
    package var remote: MSRPMedia
    /// `active` if we connect, `passive` if we wait, `holdconn` for neither.
    package var role: Setup
    package var target: Target
    /// Whether the offer must be made again without CEMA, for a gateway that does not know it (RFC 6714 §4.2).
    package var needsPlainOffer: Bool

    /// Whether no relay lies between the two ends (RFC 4976 §3).
    package var isDirect: Bool { local.path.count + remote.path.count == 2 }

    /// Takes together what was offered and what was answered, one by us and one by the other side.
    package init(local: MSRPMedia, remote: MSRPMedia, isOfferer: Bool) {
        (self.local, self.remote) = (local, remote)
        let answer = isOfferer ? remote : local
        switch (answer.setup, isOfferer) {
        case (.holdconn, _): role = .holdconn
        case (.active, true), (.passive, false), (nil, false), (.actpass, false): role = .passive
        case (.active, false), (.passive, true), (nil, true), (.actpass, true): role = .active
        }
        needsPlainOffer =
            isOfferer && local.supportsCEMA && !remote.supportsCEMA && remote.addressMatch == .different
            && (role == .passive || local.usesRelay || remote.usesRelay)
            && !(role == .passive && remote.port == MSRPMedia.discardPort)
        let usesAddress =
            isOfferer
            ? local.supportsCEMA && !local.usesRelay && (remote.supportsCEMA || !remote.usesRelay)
            : local.supportsCEMA && remote.supportsCEMA
        target = usesAddress && role == .active && remote.addressMatch != .same ? .address : .path
    }

    /// Whether we may send messages, by what either side says of the direction.
    package var sends: Bool { local.direction.sends && remote.direction.receives }

    package var receives: Bool { local.direction.receives && remote.direction.sends }

    /// The fingerprints of which the other side's certificate must have one; empty if its name is to be checked.
    package var expectedFingerprints: [Fingerprint] { Fingerprint.preferred(among: remote.fingerprints) }

    /// Whether content of this type may be sent as it is.
    package func allows(_ type: MediaType) -> Bool { remote.acceptTypes.allows(type) }

    /// Whether content of this type may be sent within a `container` (RFC 4975 §8.6).
    package func allows(_ type: MediaType, within container: MediaType) -> Bool {
        allows(container)
            && (remote.acceptTypes.allows(type) || remote.acceptWrappedTypes?.allows(type) == true)
    }
}
