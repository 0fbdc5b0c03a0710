internal import Wire

extension SessionDescription {
    /// Makes an offer of these media (RFC 3264 §5).
    package static func offer(_ media: [MediaDescription], from origin: Origin) -> SessionDescription {
        var offer = SessionDescription(origin: origin)
        offer.connection = origin.address
        offer.media = media
        return offer
    }

    /// Makes the answer to an offer: a line for each of its media, in its order (RFC 3264 §6).
    ///
    /// - Parameters:
    ///   - offer: The offer.
    ///   - origin: Who answers.
    ///   - accepted: The media that are accepted, by their place in the offer; all others are refused.
    /// - Returns: The answer; with nothing accepted it refuses every medium.
    package static func answer(
        to offer: SessionDescription,
        from origin: Origin,
        accepting accepted: [Int: MediaDescription]
    ) -> SessionDescription {
        var answer = SessionDescription(origin: origin)
        answer.connection = origin.address
        answer.times = offer.times
        answer.media = offer.media.enumerated().map { index, offered in
            guard !offered.isRefused, var medium = accepted[index] else { return offered.refused }
            medium.transport = offered.transport
            return medium
        }
        return answer
    }

    /// The description with the version it must have after `previous`, the last one that was sent (RFC 3264 §8).
    ///
    /// - Returns: The previous one itself if nothing has changed: then `o=` must be the same (RFC 4975 §8.4).
    package func revised(from previous: SessionDescription) -> SessionDescription {
        var revised = self
        revised.origin = previous.origin
        guard revised != previous else { return previous }
        revised.origin.version = previous.origin.version &+ 1
        return revised
    }

    /// Looks at what has changed since the last description of the same side (RFC 3264 §8).
    ///
    /// - Returns: Whether anything has.
    /// - Throws: `RevisionError` if this cannot be the next description of the session.
    package func isChanged(since previous: SessionDescription) throws(RevisionError) -> Bool {
        guard origin.isSameSession(as: previous.origin) else { throw .otherSession }
        guard media.count >= previous.media.count else { throw .mediaMissing }
        guard origin.version >= previous.origin.version else { throw .versionLowered }
        guard origin.version == previous.origin.version else { return true }
        guard self == previous else { throw .versionNotRaised }
        return false
    }

    /// Checks that this answer goes with its offer (RFC 3264 §6, RFC 4145 §4.1).
    package func validate(asAnswerTo offer: SessionDescription) throws(AnswerError) {
        guard media.count == offer.media.count else { throw AnswerError(.mediaCount, medium: nil) }
        for index in media.indices {
            let (answered, offered) = (media[index], offer.media[index])
            if let reason = Self.mismatch(answered, self, offered, offer) {
                throw AnswerError(reason, medium: index)
            }
        }
    }

    private static func mismatch(
        _ answered: MediaDescription,
        _ answer: SessionDescription,
        _ offered: MediaDescription,
        _ offer: SessionDescription
    ) -> AnswerError.Reason? {
        guard answered.type.equalsIgnoringCase(offered.type) else { return .mediaType }
        guard !answered.isRefused else { return nil }
        guard !offered.isRefused else { return .revived }
        guard answered.transport.equalsIgnoringCase(offered.transport) else { return .transport }
        let direction = Direction(in: answered.attributes) ?? Direction(in: answer.attributes) ?? .sendrecv
        let wanted = Direction(in: offered.attributes) ?? Direction(in: offer.attributes) ?? .sendrecv
        guard direction.answers(wanted) else { return .direction }
        guard MSRPMedia.isMSRP(offered) else { return nil }
        do {
            let (theirs, ours) = (try MSRPMedia(answered, in: answer), try MSRPMedia(offered, in: offer))
            guard theirs.setup?.answers(ours.setup) != false else { return .setup }
            return nil
        } catch {
            return .msrp(error)
        }
    }
}

/// Why a description cannot follow the one before it.
package enum RevisionError: Error, Hashable, Sendable {
    /// `o=` differs in more than the version.
    case otherSession
    /// A medium that is over keeps its line (RFC 3264 §8).
    case mediaMissing
    case versionLowered
    /// It differs, but the version is the same.
    case versionNotRaised
}

/// Why an answer does not go with its offer.
package struct AnswerError: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// There are more media than were offered, or fewer.
        case mediaCount
        case mediaType
        case transport
        /// A medium that was offered with port zero has a port.
        case revived
        /// It sends or receives what the offer does not leave it.
        case direction
        case setup
        case msrp(MSRPMediaError)
    }

    package var reason: Reason
    /// The place of the medium in the answer.
    package var medium: Int?

    init(_ reason: Reason, medium: Int?) { (self.reason, self.medium) = (reason, medium) }
}
