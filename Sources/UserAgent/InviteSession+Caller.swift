package import SIP
package import Wire

// The side that calls (RFC 3261 §13.2).
extension InviteSession {
    /// Sends the INVITE with an offer; does nothing once that has been done.
    package mutating func start(
        offering offer: SessionBody,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard isCaller, phase == .initiated else { return }
        phase = .inviting
        localDescription = offer
        sendInvite(into: &effects)
    }

    private mutating func sendInvite(into effects: inout [Effect]) {
        inviteSequence &+= 1
        var invite = Message(method: .invite, uri: ByteString(peer))
        let address = NameAddress.text(profile.identity, profile.displayName)
        // An anonymous From says nothing; the network still learns the sender from P-Preferred-Identity
        // (RFC 3323 §4.1.1.3).
        let claimed = profile.isPrivate ? "\"Anonymous\" <sip:anonymous@anonymous.invalid>" : address
        invite.headers.append(.maxForwards, "70")
        invite.headers.append(.from, "\(claimed);tag=\(localTag)")
        invite.headers.append(.to, "<\(peer)>")
        invite.headers.append(.callID, callID)
        invite.headers.append(CSeq(number: inviteSequence, method: .invite))
        for value in profile.service.acceptContact { invite.headers.append(.acceptContact, value) }
        if let service = profile.service.preferredService {
            invite.headers.append(.pPreferredService, service)
        }
        invite.headers.append(.pPreferredIdentity, address)
        if profile.isPrivate { invite.headers.append(.privacy, "id") }
        complete(&invite, body: localDescription)
        sessionTimer.complete(&invite, isInitial: true)
        effects.append(.send(invite))
    }

    /// Takes a response to a request of ours, late ones and those of other forks included.
    ///
    /// - Parameters:
    ///   - response: Any response above 100, but for a challenge that has been answered.
    ///   - request: The request as it was last sent.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    package mutating func receive(
        response: Message,
        to request: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let status = response.status, status.value > 100, let cseq = request.cseq else { return }
        if request.toTag == nil {
            inviteSequence = max(inviteSequence, cseq.number)
            return receiveInitial(response, status, to: request, at: now, into: &effects)
        }
        dialog?.noteLocalSequence(cseq.number)
        if let index = forks.firstIndex(where: { $0.tag == request.toTag }) {
            forks[index].dialog.noteLocalSequence(cseq.number)
        }
        switch cseq.method {
        case .invite, .update: receiveChange(response, status, to: request, at: now, into: &effects)
        case .bye where status.isFinal: byeAnswered(request, into: &effects)
        default: break
        }
    }

    /// Takes that there will be no response to a request of ours.
    package mutating func receive(
        failure: TransactionLayer.ClientFailure,
        of request: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch request.method {
        case .invite? where request.toTag == nil:
            switch phase {
            case .inviting: failStart(SessionFailure(failure), into: &effects)
            case .ending where dialog == nil: finish(into: &effects)
            default: break
            }
        case .invite?, .update?: changeFailed(failure, at: now, into: &effects)
        case .bye?: byeAnswered(request, into: &effects)
        default: break
        }
    }

    // MARK: - Responses to the first INVITE

    private mutating func receiveInitial(
        _ response: Message,
        _ status: StatusCode,
        to request: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        if status.isProvisional {
            takeProvisional(response, status, to: request, into: &effects)
        } else if status.isSuccess {
            takeSuccess(response, to: request, at: now, into: &effects)
        } else if phase == .inviting {
            refused(response, status, into: &effects)
        } else if phase == .ending, dialog == nil {
            finish(into: &effects)
        }
    }

    private mutating func takeProvisional(
        _ response: Message,
        _ status: StatusCode,
        to request: Message,
        into effects: inout [Effect]
    ) {
        guard phase == .inviting || phase == .ending && dialog == nil else { return }
        note(response)
        let index = findFork(of: response, to: request)
        let body = SessionBody(of: response)
        if response.requires("100rel") {
            guard let index, let prack = acknowledge(response, of: index) else { return }
            effects.append(.send(prack))
            if forks[index].answer == nil { forks[index].answer = body }
        }
        let progress = SessionProgress(status: status, description: body)
        guard phase == .inviting, progress != lastProgress else { return }
        lastProgress = progress
        effects.append(.alerting(progress))
    }

    /// The fork a response belongs to, made if it is the first one of it and there is room.
    private mutating func findFork(of response: Message, to request: Message) -> Int? {
        guard let tag = response.toTag else { return nil }
        if let index = forks.firstIndex(where: { $0.tag == tag }) { return index }
        guard forks.count < Limits.forks, let dialog = Dialog(request: request, response: response) else {
            return nil
        }
        forks.append(Fork(tag: tag, dialog: dialog))
        return forks.count - 1
    }

    /// Makes the PRACK for a reliable provisional response that is next in order (RFC 3262 §4).
    private mutating func acknowledge(_ response: Message, of index: Int) -> Message? {
        guard let number = response.reliableNumber else { return nil }
        if let last = forks[index].lastReliable, number != last &+ 1 { return nil }
        forks[index].lastReliable = number
        return forks[index].dialog.acknowledgement(of: response, number: number)
    }

    private mutating func takeSuccess(
        _ response: Message,
        to request: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let tag = response.toTag else { return }
        let index = forks.firstIndex { $0.tag == tag }
        if let index, let acknowledgement = forks[index].acknowledgement {
            effects.append(.acknowledge(acknowledgement))
            return
        }
        // Our own dialog, long after the other side has had its ACK.
        guard index != nil || tag != dialog?.id.remoteTag else { return }
        guard index != nil || forks.count < Limits.forks,
            var confirmed = Dialog(request: request, response: response)
        else {
            if phase == .inviting { failStart(.badAnswer, into: &effects) }
            return
        }
        if let index, let number = forks[index].dialog.localSequence { confirmed.noteLocalSequence(number) }
        let acknowledgement = confirmed.acknowledgement(of: request)
        effects.append(.acknowledge(acknowledgement))
        var fork = index.map { forks.remove(at: $0) } ?? Fork(tag: tag, dialog: confirmed)
        fork.dialog = confirmed
        fork.acknowledgement = acknowledgement
        forks.append(fork)
        // The 2xx comes again until its sender has the ACK (RFC 3261 §13.2.2.4).
        timers.start(.forks, at: now + timerValues.transactionLifetime)
        decide(
            on: confirmed,
            answer: SessionBody(of: response) ?? fork.answer,
            response,
            at: now,
            into: &effects
        )
    }

    /// The first 2xx makes the session; the dialogs of others are ended at once (RFC 3261 §13.2.2.4).
    private mutating func decide(
        on confirmed: Dialog,
        answer: SessionBody?,
        _ response: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        var confirmed = confirmed
        switch phase {
        case .inviting:
            dialog = confirmed
            note(response)
            guard let answer else {
                effects.append(.startFailed(.badAnswer))
                return sendBye(into: &effects)
            }
            remoteDescription = answer
            phase = .established
            sessionTimer.take(response)
            scheduleSessionTimer(at: now)
            effects.append(.started)
            sendWanted(at: now, into: &effects)
        case .ending where dialog == nil:
            // The answer and our CANCEL have crossed (RFC 3261 §9.1).
            dialog = confirmed
            sendBye(into: &effects)
        default:
            effects.append(.send(confirmed.makeRequest(.bye)))
        }
    }

    private mutating func refused(_ response: Message, _ status: StatusCode, into effects: inout [Effect]) {
        note(response)
        forks = []
        if status == .intervalTooSmall, intervalRefusals < Limits.intervalRefusals,
            sessionTimer.takeRefusal(response)
        {
            intervalRefusals += 1
            return sendInvite(into: &effects)
        }
        failStart(SessionFailure(refusal: response), into: &effects)
    }

    private mutating func failStart(_ failure: SessionFailure, into effects: inout [Effect]) {
        stopTimers()
        phase = .ended
        effects.append(.startFailed(failure))
    }
}

extension Dialog {
    /// Makes the PRACK for a provisional response (RFC 3262 §7.2).
    mutating func acknowledgement(of response: Message, number: UInt32) -> Message? {
        guard let cseq = response.cseq else { return nil }
        var prack = makeRequest(.prack)
        prack.headers.append(.rack, "\(number) \(cseq)")
        return prack
    }

    /// Makes the ACK for a 2xx, with the credentials of the INVITE (RFC 3261 §13.2.2.4).
    func acknowledgement(of invite: Message) -> Message {
        var acknowledgement = makeAcknowledgement(of: invite.cseq?.number ?? 0)
        for name: HeaderName in [.authorization, .proxyAuthorization] {
            for credentials in invite.headers.all(name) { acknowledgement.headers.append(name, credentials) }
        }
        return acknowledgement
    }
}

extension Message {
    /// `RSeq`, from 1 on (RFC 3262 §7.1).
    var reliableNumber: UInt32? {
        guard let number = headers.first(.rseq)?.trimmed.decimal(upTo: UInt64(UInt32.max)), number > 0 else {
            return nil
        }
        return UInt32(truncatingIfNeeded: number)
    }
}
