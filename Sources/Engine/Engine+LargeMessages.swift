import Documents
import MSRP
import Runtime
import SDP
import SIP
import UserAgent
import Wire

/// A message that goes or comes in a session of its own: the large message mode of OMA SIMPLE IM.
struct LargeMessage {
    enum Way {
        case outgoing(MessageWaiter, DispositionRequest)
        case incoming
    }

    var way: Way
    /// This side's own URI; what comes has none before it is taken.
    var local: MSRPURI?
    /// What was offered of the connection, if this side has offered it.
    var offer: ConnectionOffer?
    var agreement: MSRPAgreement?
    /// The `Message-ID` of what was handed over, once it was.
    var messageID: String?
    var timer: TimerToken?
}

/// A large message whose session is not offered yet: the account's relay may have to give its leave first.
struct LargePreparation {
    var waiter: MessageWaiter
    /// Whether whoever sent it goes on as soon as it is on its way.
    var isReleased = false
}

// Messages too large for a datagram, in a session of their own: an offer that only sends and brings no file.
extension Engine {
    /// The largest message taken or sent so.
    static let largeMessageLimit = 1_048_576
    /// How many may come at a time.
    private static let largeMessageCount = 16
    /// How long the other side may take to accept: a person who is asked is no sign that it knows such messages.
    private static let acceptancePatience = Duration.seconds(10)
    /// How long an incoming message may take.
    private static let arrivalPatience = Duration.seconds(120)
    /// How long the session of a message that was accepted stays for its report.
    private static let reportPatience = Duration.seconds(2)

    /// Whether a message is to go in a session of its own.
    func isLarge(_ message: OutgoingMessage, to recipient: String) -> Bool {
        message.body.count > PagerMessage.datagramLimit && !message.isPrivate
            && !isKnown(.noLargeMessages, of: recipient)
    }

    /// Invites the recipient to take a message; one that cannot go so goes by MESSAGE.
    ///
    /// - Parameters:
    ///   - waiter: The message, and who waits for it.
    ///   - asked: The notifications to ask for.
    ///   - again: What is offered of the connection, if something else was refused before.
    func beginLarge(
        _ waiter: MessageWaiter,
        asking asked: DispositionRequest,
        offering again: ConnectionOffer? = nil
    ) {
        let number = waiter.number
        largePreparations[number] = LargePreparation(waiter: waiter)
        let offer = again ?? firstOffer(to: waiter.to)
        start { await $0.prepareLarge(number, asking: asked, offer) }
    }

    private func prepareLarge(_ number: Int, asking asked: DispositionRequest, _ offer: ConnectionOffer) async
    {
        let made: (endpoint: MessageSession.Endpoint, local: MSRPURI)
        do throws(EngineError) {
            made = try await makeEndpoint(offer)
        } catch {
            guard let waiter = largePreparations.removeValue(forKey: number)?.waiter else { return }
            log(.notice, "no session for the message: \(error)")
            guard waiter.message.body.count > Self.bodyLimit else {
                return sendInstead(waiter, asking: asked)
            }
            record(.noAnswer, status: nil, of: recorded(waiter).row)
            waiter.continuation?.resume(returning: .failure(error))
            return resumeIfQuiet()
        }
        guard let preparation = largePreparations.removeValue(forKey: number) else {
            return close(made.local)
        }
        if !inviteLarge(preparation.waiter, asking: asked, offer, made.endpoint, made.local) {
            sendInstead(preparation.waiter, asking: asked)
        }
        if preparation.isReleased { release(number) }
    }

    private func inviteLarge(
        _ waiter: MessageWaiter,
        asking asked: DispositionRequest,
        _ offer: ConnectionOffer,
        _ endpoint: MessageSession.Endpoint,
        _ local: MSRPURI
    ) -> Bool {
        var offered = endpoint
        offered.medium.direction = .sendonly
        var made: MessageSession.ID?
        step { core, now, effects in
            made = core.invite(waiter.to, as: waiter.from, offered, at: now, into: &effects)
            if let made, let callID = core.session(made)?.invite.callID {
                var waiter = waiter
                waiter.callID = callID
                waiter.isBySession = true
                let way = LargeMessage.Way.outgoing(waiter, asked)
                self.largeMessages[made] = LargeMessage(way: way, local: local, offer: offer)
            }
        }
        guard let made, largeMessages[made] != nil else {
            close(local)
            return false
        }
        if case .outgoing(let waiter, let asked)? = largeMessages[made]?.way {
            largeMessages[made]?.way = .outgoing(recorded(waiter), asked)
        }
        expectEnd(of: made, within: Self.acceptancePatience)
        return true
    }

    private func expectEnd(of id: MessageSession.ID, within patience: Duration) {
        if let timer = largeMessages[id]?.timer { loop.cancel(timer) }
        largeMessages[id]?.timer = loop.schedule(at: .now + patience) { [weak self] in
            self?.assumeIsolated { $0.leaveLarge(id) }
        }
    }

    /// Ends the session of a message; what was not handed over goes by MESSAGE.
    private func leaveLarge(_ id: MessageSession.ID) {
        step { core, now, effects in core.leave(id, at: now, into: &effects) }
        largeClosed(id, nil)
    }

    // MARK: - What comes

    /// Whether an invitation brings one message and nothing else.
    func bringsMessage(_ invite: InviteSession) -> Bool {
        guard let body = invite.remoteDescription, body.contentType.lowercased().hasPrefix("application/sdp"),
            let offer = try? SessionDescription(parsing: body.content), offer.media.count == 1,
            let medium = offer.media.first, !medium.attributes.contains("file-selector"),
            let remote = try? MSRPMedia(medium, in: offer)
        else { return false }
        return remote.direction == .sendonly && remote.chatroom == nil
    }

    /// Takes a message of somebody the network vouches for; others are told to use MESSAGE by a refusal.
    func takeLarge(_ id: MessageSession.ID) {
        let coming = largeMessages.values.count { if case .incoming = $0.way { true } else { false } }
        guard core?.session(id)?.invite.assertedIdentity != nil, coming < Self.largeMessageCount else {
            return refuseLarge(id)
        }
        largeMessages[id] = LargeMessage(way: .incoming)
        expectEnd(of: id, within: Self.arrivalPatience)
        start { await $0.answerLarge(id) }
    }

    private func answerLarge(_ id: MessageSession.ID) async {
        let made = try? await makeEndpoint(answering: core?.session(id)?.offered ?? [])
        guard largeMessages[id] != nil else {
            if let made { close(made.1) }
            return
        }
        guard let (endpoint, local) = made else {
            _ = forgetLarge(id)
            return refuseLarge(id)
        }
        var answered = endpoint
        answered.medium.direction = .recvonly
        answered.medium.maximumSize = UInt64(Self.largeMessageLimit)
        largeMessages[id]?.local = local
        step { core, now, effects in core.acceptInvitation(id, answered, at: now, into: &effects) }
    }

    private func refuseLarge(_ id: MessageSession.ID) {
        step { core, now, effects in
            core.rejectInvitation(id, .notAcceptableHere, at: now, into: &effects)
        }
    }

    // MARK: - What signalling and the session report

    func take(_ report: MessageSession.Report, ofLarge id: MessageSession.ID) {
        switch report {
        case .invited, .filesAgreed, .fileDescribed, .fileReplaced, .fileAborted, .descriptionAnswered: break
        case .agreed(let agreement): largeAgreed(agreement, id)
        case .changeOffered:
            step { core, now, effects in core.rejectChange(id, at: now, into: &effects) }
        case .changeFailed: break
        case .closed(.ended(.byPeer)) where largeMessages[id]?.messageID != nil && !isTold(id):
            // BYE takes another way than the answers do.
            expectEnd(of: id, within: Self.lastAnswers)
        case .closed(let close): largeClosed(id, close)
        }
    }

    private func largeAgreed(_ agreement: MSRPAgreement, _ id: MessageSession.ID) {
        guard let large = largeMessages[id], let local = large.local else { return }
        largeMessages[id]?.agreement = agreement
        if case .outgoing(let waiter, _) = large.way {
            let size = UInt64(waiter.message.body.count)
            guard agreement.sends, agreement.remote.maximumSize ?? .max >= size else { return leaveLarge(id) }
        }
        let delivery = Delivery.whole(limit: Self.largeMessageLimit)
        if open(agreement, from: local, delivery: delivery, for: .largeMessage(id)) != nil {
            leaveLarge(id)
        }
    }

    func take(_ event: MSRPTransport.Event, ofLarge id: MessageSession.ID) {
        switch event {
        case .opened: sendLarge(id)
        case .closed, .cut: leaveLarge(id)
        case .session(_, .incoming(.message(let message, let body))): receivedLarge(message, body, id)
        case .session(_, .accepted): largeAccepted(id)
        case .session(_, .delivered(let messageID)):
            largeAccepted(id)
            take(DispositionNotification(reporting: .delivered, of: messageID.text))
            leaveLarge(id)
        case .session(_, .failed(let messageID, let code)),
            .session(_, .undelivered(let messageID, let code)):
            if isTold(id) {
                take(DispositionNotification(reporting: .failed, of: messageID.text), status: code.rawValue)
            }
            concludeLarge(id, .refused(Refusal(status: code.rawValue, reason: "MSRP")))
        case .session(_, .overdue), .session(_, .ended), .session(_, .silent): leaveLarge(id)
        case .relay, .noted, .session(_, .bound), .session(_, .alive), .session(_, .sent),
            .session(_, .incoming):
            break
        }
    }

    private func sendLarge(_ id: MessageSession.ID) {
        guard let large = largeMessages[id], case .outgoing(let waiter, let asked) = large.way,
            large.messageID == nil, let local = large.local, let msrp
        else { return }
        let messageID = waiter.messageID ?? waiter.callID
        let content = content(of: waiter, asking: asked)
        var message = MSRP.OutgoingMessage(
            messageID: ByteString(messageID),
            contentType: ByteString(content.contentType),
            content: .whole(content.body)
        )
        message.successReport = true
        guard msrp.send(message, in: local) else { return leaveLarge(id) }
        largeMessages[id]?.messageID = messageID
        if let timer = large.timer { loop.cancel(timer) }
        drive([])
    }

    private func largeAccepted(_ id: MessageSession.ID) {
        guard case .outgoing(let waiter, _)? = largeMessages[id]?.way, !waiter.isTold else { return }
        var told = waiter
        (told.continuation, told.isTold) = (nil, true)
        largeMessages[id]?.way = .outgoing(told, [])
        answer(waiter, .accepted, status: 200)
        expectEnd(of: id, within: Self.reportPatience)
        resumeIfQuiet()
    }

    private func isTold(_ id: MessageSession.ID) -> Bool {
        if case .outgoing(let waiter, _)? = largeMessages[id]?.way { waiter.isTold } else { false }
    }

    /// Whether a message is on its way that nobody waits for.
    var hasUnattendedLargeMessage: Bool {
        !largePreparations.isEmpty
            || largeMessages.values.contains { large in
                if case .outgoing(let waiter, _) = large.way { !waiter.isTold } else { false }
            }
    }

    /// Ends a message that was answered.
    private func concludeLarge(_ id: MessageSession.ID, _ outcome: MessageOutcome) {
        guard let large = forgetLarge(id) else { return }
        step { core, now, effects in core.leave(id, at: now, into: &effects) }
        guard case .outgoing(let waiter, _) = large.way, !waiter.isTold else { return }
        answer(waiter, outcome, status: nil)
        resumeIfQuiet()
    }

    /// Takes that there is no session, or not any more.
    private func largeClosed(_ id: MessageSession.ID, _ close: MessageSession.Close?) {
        guard let large = forgetLarge(id), case .outgoing(let waiter, let asked) = large.way, !waiter.isTold
        else {
            return resumeIfQuiet()
        }
        if large.messageID != nil {
            answer(waiter, .noAnswer, status: nil)
        } else if let offer = large.offer, let close,
            let next = nextOffer(to: waiter.to, after: offer, ChatEnd(close))
        {
            return beginLarge(waiter, asking: asked, offering: next)
        } else {
            if case .refused(let refusal)? = close.map(ChatEnd.init),
                [405, 415, 420, 488, 501, 606].contains(refusal.status)
            {
                learn(.noLargeMessages, of: waiter.to)
            }
            log(.notice, "no session for the message: it goes by MESSAGE")
            sendInstead(waiter, asking: asked)
        }
        resumeIfQuiet()
    }

    private func forgetLarge(_ id: MessageSession.ID) -> LargeMessage? {
        guard let large = largeMessages.removeValue(forKey: id) else { return nil }
        if let timer = large.timer { loop.cancel(timer) }
        if let local = large.local { close(local) }
        return large
    }

    /// Ends such sessions for a client that leaves: all of them, or all but those of messages nobody waits for.
    func leaveLargeMessages(keepingUnattended isKept: Bool = false) {
        for (number, preparation) in largePreparations {
            if isKept, preparation.isReleased || preparation.waiter.continuation == nil { continue }
            let waiter = recorded(preparation.waiter)
            largePreparations[number] = nil
            record(.noAnswer, status: nil, of: waiter.row)
            waiter.continuation?.resume(returning: .failure(.interrupted))
        }
        for (id, large) in largeMessages {
            if case .outgoing(let waiter, _) = large.way, !waiter.isTold {
                if isKept, waiter.continuation == nil { continue }
                record(.noAnswer, status: nil, of: waiter.row)
                waiter.continuation?.resume(returning: .failure(.interrupted))
            }
            _ = forgetLarge(id)
            step { core, now, effects in core.leave(id, at: now, into: &effects) }
        }
    }

    /// Gives up a message that takes too long.
    func giveUpLarge(_ number: Int) {
        if let preparation = largePreparations.removeValue(forKey: number) {
            answer(recorded(preparation.waiter), .noAnswer, status: nil)
        }
        for (id, large) in largeMessages {
            if case .outgoing(let waiter, _) = large.way, waiter.number == number {
                concludeLarge(id, .noAnswer)
            }
        }
    }

    private func receivedLarge(
        _ message: MSRP.IncomingMessage,
        _ body: ByteString,
        _ id: MessageSession.ID
    ) {
        guard let invite = core?.session(id)?.invite, !body.isEmpty else { return }
        let type = message.contentType?.text ?? "text/plain"
        let content = MessageContent(contentType: type, body: body).unwrapped
        guard content.isForTheUser else { return }
        var told = IncomingMessage(
            from: invite.peer,
            fromDisplayName: invite.peerDisplayName,
            asserted: invite.assertedIdentity,
            to: core?.usableIdentity ?? account.publicIdentity,
            contentType: content.contentType,
            body: content.body.bytes,
            callID: invite.callID
        )
        let senders = [invite.peer, invite.assertedIdentity].compactMap(\.self)
        told.envelope = content.envelope.map { EnvelopeClaims($0, besides: senders) }
        receive(told, content)
    }
}
