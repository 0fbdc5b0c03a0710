package import SDP
import SIP
package import Wire

// Messages that are to go another way than was agreed first (RFC 3264 §8, RFC 4975 §5.4).
extension MessageSession {
    /// What a change that the other side offers asks for.
    enum Change {
        /// Messages stay where they are: the answer is the last description again.
        case none(answer: SessionBody)
        /// There is another path.
        case path
        /// Nothing that can be agreed to.
        case unfit
    }

    /// Sorts an offer within the session.
    func change(offeredBy offer: SessionBody) -> Change {
        guard let description = Self.description(offer),
            let remote = description.media.lazy.compactMap({ try? MSRPMedia($0, in: description) }).first
        else { return .unfit }
        guard remote.path == agreement?.remote.path, let last = invite.localDescription else { return .path }
        return .none(answer: last)
    }

    /// This side as a change describes it: the session is the same, its version the next (RFC 3264 §8).
    func changed(_ endpoint: Endpoint) -> Endpoint {
        var endpoint = endpoint
        if let origin = self.endpoint?.origin {
            endpoint.origin = origin
            endpoint.origin.version += 1
        }
        return endpoint
    }
}

extension Core {
    /// Offers that messages go another way from now on: `agreed` follows, or `changeFailed`.
    package mutating func change(
        _ id: MessageSession.ID,
        to endpoint: MessageSession.Endpoint,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard var session = sessions[id] else { return }
        let offer = session.makeOffer(from: session.changed(endpoint))
        session.isChanging = true
        sessions[id] = session
        stepSession(id, at: now, into: &effects) { session, steps in
            session.update(offering: offer, at: now, into: &steps)
        }
    }

    /// Takes a change that was offered; `agreed` follows, or nothing if it does not fit after all.
    package mutating func acceptChange(
        _ id: MessageSession.ID,
        _ endpoint: MessageSession.Endpoint,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard var session = sessions[id], let offer = session.invite.offeredChange else { return }
        do throws(MSRPRefusal) {
            let answer = try session.makeAnswer(to: offer, from: session.changed(endpoint))
            sessions[id] = session
            if let agreement = session.agreed { effects.append(.session(id, .agreed(agreement))) }
            stepSession(id, at: now, into: &effects) { session, steps in
                session.acceptUpdate(with: answer, at: now, into: &steps)
            }
        } catch {
            rejectChange(id, because: error, at: now, into: &effects)
        }
    }

    /// Refuses a change that was offered; the session goes on as it was.
    package mutating func rejectChange(
        _ id: MessageSession.ID,
        because refusal: MSRPRefusal? = nil,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let warning = refusal.map { Warning(code: $0.warningCode, agent: "ims", text: $0.warningText) }
        stepSession(id, at: now, into: &effects) { session, steps in
            session.rejectUpdate(warning: warning, at: now, into: &steps)
        }
    }

    /// Takes an offer of the other side within a session.
    mutating func receiveChange(
        _ offer: SessionBody,
        of id: MessageSession.ID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard sessions[id]?.fileAgreements.isEmpty != false else {
            return answerFileChange(offer, of: id, at: now, into: &effects)
        }
        switch sessions[id]?.change(offeredBy: offer) {
        case .path?: effects.append(.session(id, .changeOffered))
        case .none(let answer)?:
            stepSession(id, at: now, into: &effects) { session, steps in
                session.acceptUpdate(with: answer, at: now, into: &steps)
            }
        case .unfit?, nil: rejectChange(id, at: now, into: &effects)
        }
    }

    /// Takes the answer to a change of ours, or that there is none.
    mutating func concludeChange(
        of id: MessageSession.ID,
        _ failure: SessionFailure?,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let session = sessions[id] else { return }
        guard session.isChanging else {
            if session.isDescribing { effects.append(.session(id, .descriptionAnswered)) }
            sessions[id]?.isDescribing = false
            return
        }
        sessions[id]?.isChanging = false
        if let failure {
            effects.append(.session(id, .changeFailed(failure)))
        } else {
            takeAnswer(of: id, at: now, into: &effects)
        }
    }
}
