package import SDP
internal import SIP
internal import Wire

/// A chat or a transfer as signalling sees it: one INVITE session whose offer and answer describe MSRP sessions
/// (RFC 4975 §8, RFC 5547).
///
/// The messages themselves do not pass here: once it is agreed where they go, the owner opens the connection.
package struct MessageSession: Sendable {
    /// Names a session of this core.
    package struct ID: Hashable, Sendable {
        package let number: UInt64
    }

    /// Something that became of a session.
    package enum Report: Sendable {
        /// Somebody invites: accept or reject it.
        case invited
        /// Both sides know where messages go.
        case agreed(MSRPAgreement)
        /// The other side wants messages to go another way from now on: accept or reject it.
        case changeOffered
        /// Messages cannot go another way; the session itself goes on.
        case changeFailed(SessionFailure)
        /// Both sides know where the files go, by the place of their medium; the others are refused.
        case filesAgreed([Int: MSRPAgreement])
        /// The other side says more of a file.
        case fileDescribed(Int, FileAttributes)
        /// The other side offers another file in the place of one: take or refuse it (RFC 5547 §8.1).
        case fileReplaced(OfferedFile)
        /// The other side has given a file up (RFC 5547 §8.4).
        case fileAborted(Int)
        /// What we said of a file has been answered.
        case descriptionAnswered
        case closed(Close)
    }

    /// Why there is no session, or no more.
    package enum Close: Sendable {
        case ended(SessionEnd)
        case notStarted(SessionFailure)
        /// What the two sides offer each other does not fit.
        case notAgreed
    }

    /// This side of a session, as it is offered or answered.
    package struct Endpoint: Sendable {
        package var medium: MSRPMedia
        package var origin: Origin
        /// Whether the other side can open a connection to us.
        package var isReachable: Bool

        package init(medium: MSRPMedia, origin: Origin, isReachable: Bool = true) {
            (self.medium, self.origin, self.isReachable) = (medium, origin, isReachable)
        }
    }

    package internal(set) var invite: InviteSession
    /// Known from the start to the one who invites, and to the other one when it accepts.
    var endpoint: Endpoint?
    private var offer: SessionDescription?
    var agreement: MSRPAgreement?
    /// Whether a change that we offered has no answer.
    var isChanging = false
    /// Whether what we said last of a file has no answer.
    var isDescribing = false
    /// What was not agreed must end the session, and is told in place of that end.
    var isDisagreed = false
    /// This side of the media that carry files, by their place; empty in a chat.
    var fileMedia: [Int: MSRPMedia] = [:]
    var fileAgreements: [Int: MSRPAgreement] = [:]
    /// The last description of files that was sent.
    var described: SessionDescription?

    package init(_ invite: InviteSession) { self.invite = invite }

    /// The offer of this side, for `InviteSession.start`.
    package mutating func makeOffer(from endpoint: Endpoint) -> SessionBody {
        self.endpoint = endpoint
        let medium = endpoint.medium.offer(canListen: endpoint.isReachable)
        let offer = SessionDescription.offer([medium.media], from: endpoint.origin)
        self.offer = offer
        return SessionBody(offer.text)
    }

    /// The ways to the other side that its offer names, the preferred one first; empty if it has made none.
    package var offered: [MSRPMedia] {
        invite.remoteDescription.flatMap(Self.description).map { Self.sections(of: $0).map(\.medium) } ?? []
    }

    private static func sections(of offer: SessionDescription) -> [(index: Int, medium: MSRPMedia)] {
        offer.media.enumerated().compactMap { index, section in
            guard MSRPMedia.isMSRP(section), !section.isRefused else { return nil }
            return (try? MSRPMedia(section, in: offer)).map { (index, $0) }
        }
    }

    /// The answer to the offer that has come: the first of its sections that fits is taken.
    ///
    /// - Throws: `MSRPRefusal` with what does not fit.
    package mutating func makeAnswer(from endpoint: Endpoint) throws(MSRPRefusal) -> SessionBody {
        guard let body = invite.remoteDescription else { throw .transport }
        return try makeAnswer(to: body, from: endpoint)
    }

    mutating func makeAnswer(
        to body: SessionBody,
        from endpoint: Endpoint
    ) throws(MSRPRefusal) -> SessionBody {
        guard let offer = Self.description(body) else { throw .transport }
        self.endpoint = endpoint
        var refusal = MSRPRefusal.transport
        for (index, remote) in Self.sections(of: offer) {
            do throws(MSRPRefusal) {
                let answer = try endpoint.medium.answer(to: remote, canListen: endpoint.isReachable)
                agreement = MSRPAgreement(local: answer, remote: remote, isOfferer: false)
                let description = SessionDescription.answer(
                    to: offer,
                    from: endpoint.origin,
                    accepting: [index: answer.media]
                )
                return SessionBody(description.text)
            } catch {
                refusal = error
            }
        }
        throw refusal
    }

    /// What the answer to our offer has agreed; `nil` if it does not fit.
    package mutating func takeAnswer() -> MSRPAgreement? {
        guard let endpoint, let offer, let body = invite.remoteDescription,
            let answer = Self.description(body),
            (try? answer.validate(asAnswerTo: offer)) != nil, let section = answer.media.first,
            !section.isRefused, let remote = try? MSRPMedia(section, in: answer)
        else {
            isDisagreed = true
            return nil
        }
        let made = MSRPAgreement(
            local: endpoint.medium.offer(canListen: endpoint.isReachable),
            remote: remote,
            isOfferer: true
        )
        agreement = made
        return made
    }

    /// What was agreed, once it was.
    package var agreed: MSRPAgreement? { agreement }

    /// What to tell of an end.
    func close(_ end: SessionEnd) -> Close { isDisagreed ? .notAgreed : .ended(end) }

    /// The description in a body, which may have pictures beside it (RFC 5547 §7).
    static func description(_ body: SessionBody) -> SessionDescription? {
        RelatedDescription(body)?.description
    }
}
