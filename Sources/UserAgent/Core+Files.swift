package import SDP
internal import SIP
package import Wire

// Sessions that carry files: what differs from chats.
extension Core {
    /// Offers files, or asks for them; the registration must stand.
    ///
    /// - Parameters:
    ///   - recipient: Whom to invite.
    ///   - identity: The public identity to do it as; `nil` for the default one.
    ///   - media: One medium for each file, with its direction and what is said of the file.
    ///   - icons: The pictures the media point to.
    ///   - origin: Who offers.
    ///   - service: What the INVITE says of the service.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    /// - Returns: The session, or `nil` without a registration.
    package mutating func inviteToTransfer(
        _ recipient: String,
        as identity: String?,
        _ media: [MSRPMedia],
        icons: [MIMEEntity] = [],
        from origin: Origin,
        service: ServiceTags = .messaging,
        at now: Instant,
        into effects: inout [Effect]
    ) -> MessageSession.ID? {
        let boundary = identifiers.tag()
        return invite(recipient, as: identity, service, at: now, into: &effects) { session in
            session.makeOffer(ofFiles: media, icons: icons, from: origin, boundary: boundary)
        }
    }

    /// Takes some of the files an invitation offers, and refuses the others; `filesAgreed` follows, or the end.
    package mutating func acceptFiles(
        _ id: MessageSession.ID,
        _ media: [Int: MSRPMedia],
        from origin: Origin,
        canListen: Bool = true,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        acceptInvitation(id, at: now, into: &effects) { session throws(MSRPRefusal) in
            let answer = try session.makeAnswer(acceptingFiles: media, from: origin, canListen: canListen)
            return (answer, .filesAgreed(session.fileAgreements))
        }
    }

    /// Says more of a file than the offer did: a re-INVITE whose answer is told as `descriptionAnswered`.
    package mutating func describeFile(
        _ id: MessageSession.ID,
        _ selector: FileSelector,
        at index: Int,
        now: Instant,
        into effects: inout [Effect]
    ) {
        guard let offer = sessions[id]?.describe(selector, at: index) else { return }
        stepSession(id, at: now, into: &effects) { session, steps in
            session.update(offering: offer, at: now, into: &steps)
        }
    }

    /// Takes a file that is offered in the place of another; `filesAgreed` follows.
    package mutating func acceptFile(
        _ id: MessageSession.ID,
        _ file: FileAttributes,
        at index: Int,
        now: Instant,
        into effects: inout [Effect]
    ) {
        guard let answer = sessions[id]?.makeAnswer(replacingFileAt: index, with: file) else {
            return rejectChange(id, at: now, into: &effects)
        }
        let agreements = sessions[id]?.fileAgreements.filter { $0.key == index } ?? [:]
        // The bytes may come as soon as the answer is there.
        effects.append(.session(id, .filesAgreed(agreements)))
        stepSession(id, at: now, into: &effects) { session, steps in
            session.acceptUpdate(with: answer, at: now, into: &steps)
        }
    }

    mutating func filesAnswered(_ id: MessageSession.ID, at now: Instant, into effects: inout [Effect]) {
        guard let agreements = sessions[id]?.takeFileAnswer(), !agreements.isEmpty else {
            return leave(id, at: now, into: &effects)
        }
        effects.append(.session(id, .filesAgreed(agreements)))
    }

    mutating func answerFileChange(
        _ offer: SessionBody,
        of id: MessageSession.ID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        if let file = sessions[id]?.replacement(offer) {
            return effects.append(.session(id, .fileReplaced(file)))
        }
        let change = sessions[id]?.fileChange(offer)
        for (index, file) in change?.described ?? [:] {
            effects.append(.session(id, .fileDescribed(index, file)))
        }
        stepSession(id, at: now, into: &effects) { session, steps in
            if let change {
                session.acceptUpdate(with: change.answer, at: now, into: &steps)
            } else {
                session.rejectUpdate(at: now, into: &steps)
            }
        }
        for index in change?.aborted ?? [] { effects.append(.session(id, .fileAborted(index))) }
    }
}
