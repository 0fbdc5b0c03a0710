import MSRP
import Runtime
import SDP
import SIP
import Store
import UserAgent
import Wire

// What becomes of transfers: what signalling and the message sessions report of them.
extension Engine {
    /// The transfers of a session.
    func transfers(of session: MessageSession.ID) -> [TransferID] {
        transferStates.values.filter { $0.session == session }.map(\.transfer.id)
            .sorted { $0.number < $1.number }
    }

    // MARK: - What signalling reports

    /// Takes what is reported of a session that carries files.
    ///
    /// - Returns: Whether the session is one.
    func takeOfFiles(_ report: MessageSession.Report, of session: MessageSession.ID) -> Bool {
        if case .invited = report {
            let files = core?.session(session)?.offeredFiles ?? []
            guard !files.isEmpty else { return false }
            invited(to: files, session)
            return true
        }
        let ids = transfers(of: session)
        guard !ids.isEmpty else { return false }
        switch report {
        case .invited, .agreed, .changeOffered, .changeFailed: break
        case .filesAgreed(let agreements):
            for id in ids { agreed(agreements[transferStates[id]?.index ?? 0], id) }
        case .fileDescribed(let index, let file):
            for id in ids where transferStates[id]?.index == index { described(id, file) }
        case .fileAborted(let index):
            for id in ids where transferStates[id]?.index == index { finish(id, .byPeer) }
        case .descriptionAnswered:
            for id in ids where transferStates[id]?.end != nil {
                finish(id, transferStates[id]?.end ?? .byPeer)
            }
        case .closed(let close):
            for id in ids { closing(id, FileTransferEnd(close)) }
        }
        return true
    }

    private func invited(to files: [MessageSession.OfferedFile], _ session: MessageSession.ID) {
        guard let invite = core?.session(session)?.invite else { return }
        let policy = configuration.reception.policy
        guard !isShutDown, policy != .none || files.allSatisfy(\.isPull) else {
            let status = isShutDown ? StatusCode.temporarilyUnavailable : .busyHere
            return step { core, now, effects in
                core.rejectInvitation(session, status, at: now, into: &effects)
            }
        }
        let isVouched = invite.assertedIdentity.map { Recipient.isSame($0, invite.peer) } ?? false
        let tags = invite.invite?.headers.first(.contact)?.text ?? ""
        for file in files {
            var transfer = FileTransfer(
                id: nextTransferID(),
                peer: invite.assertedIdentity ?? invite.peer,
                isOutgoing: file.isPull,
                name: FileName(offered: file.file.selector.name ?? "").text,
                type: file.file.selector.type?.description ?? "application/octet-stream",
                size: file.file.selector.size,
                callID: invite.callID
            )
            transfer.claimed = isVouched ? nil : invite.peer
            transfer.displayName = invite.peerDisplayName
            transfer.isImageShare = ServiceIdentifier.Form(imageShareIn: tags) != nil
            transfer.isToBeShown = (file.file.disposition ?? .render) == .render
            transfer.icon = file.icon.map {
                FileIcon(type: $0.type?.description ?? "", bytes: $0.decodedBody.bytes)
            }
            let id = makeTransfer(transfer, session, index: file.index, file.file)
            transferStates[id]?.isTold = false
            judge(id, file, isVouched: invite.assertedIdentity != nil, policy)
        }
        answerIfDecided(session)
    }

    /// Decides what can be decided without the user.
    private func judge(
        _ id: TransferID,
        _ file: MessageSession.OfferedFile,
        isVouched: Bool,
        _ policy: FilePolicy
    ) {
        if file.refusal != nil {
            transferStates[id]?.end = .notAvailable
        } else if file.isPull {
            serve(id, isVouched: isVouched)
        } else if let size = file.file.selector.size, size > configuration.reception.sizeLimit {
            tellOffer(id)
            transferStates[id]?.end = .tooLarge(limit: configuration.reception.sizeLimit)
        } else if policy == .all, isVouched {
            tellOffer(id)
            acceptUnasked(id)
        } else {
            tellOffer(id)
        }
    }

    private func tellOffer(_ id: TransferID) {
        guard let transfer = transferStates[id]?.transfer else { return }
        transferStates[id]?.isTold = true
        emit(.fileOffered(transfer))
    }

    private func acceptUnasked(_ id: TransferID) {
        Task {
            do throws(EngineError) {
                try await self.accept(id)
            } catch {
                guard let state = transferStates[id] else { return }
                transferStates[id]?.end = .storage(detail: "\(error)")
                if case .fileNotKept(let detail) = error {
                    transferStates[id]?.end = .storage(detail: detail)
                }
                answerIfDecided(state.session)
            }
        }
    }

    /// Answers an invitation once it is known of each of its files whether it is taken.
    func answerIfDecided(_ session: MessageSession.ID) {
        let states = transfers(of: session).compactMap { transferStates[$0] }
        let isDecided = states.allSatisfy { state in
            if case .undecided = state.work { state.end != nil } else { true }
        }
        guard isDecided, !states.isEmpty, core?.session(session)?.invite.isCaller == false,
            states.allSatisfy({ $0.local == nil })
        else { return }
        let taken = states.filter { $0.end == nil }
        for state in states where state.end != nil && !taken.isEmpty {
            end(state.transfer.id, state.end ?? .byUser)
        }
        guard !taken.isEmpty else { return refuse(session, states) }
        var (media, origin, isReachable): ([Int: MSRPMedia], Origin?, Bool) = ([:], nil, true)
        for state in taken {
            let offered = core?.session(session)?.offeredFiles.first { $0.index == state.index }
            guard let offered, let (endpoint, local) = try? makeDirectEndpoint(answering: [offered.medium])
            else {
                continue
            }
            isReachable = isReachable && endpoint.isReachable
            transferStates[state.transfer.id]?.local = local
            var medium = endpoint.medium
            medium.direction = state.transfer.isOutgoing ? .sendonly : .recvonly
            medium.file = answer(of: state)
            media[state.index] = medium
            origin = origin ?? endpoint.origin
        }
        guard let origin else { return refuse(session, states) }
        let (taking, canListen) = (media, isReachable)
        step { core, now, effects in
            core.acceptFiles(session, taking, from: origin, canListen: canListen, at: now, into: &effects)
        }
    }

    private func answer(of state: TransferState) -> FileAttributes {
        if case .receiving(let receiver) = state.work {
            return state.offered.receiverAnswer(range: receiver.reception.asked)
        }
        return state.offered.senderAnswer(state.offered.selector)
    }

    /// Refuses an invitation of which nothing is taken, for the reason of its first file.
    private func refuse(_ session: MessageSession.ID, _ states: [TransferState]) {
        let reason = states.first?.end ?? .byUser
        for state in states { end(state.transfer.id, state.end ?? .byUser) }
        let (status, text) = reason.answer
        step { core, now, effects in
            let warning = text.map { SIP.Warning(code: 399, agent: "ims", text: $0) }
            core.rejectInvitation(session, status, warning: warning, at: now, into: &effects)
        }
    }

    // MARK: - Agreed

    private func agreed(_ agreement: MSRPAgreement?, _ id: TransferID) {
        guard var state = transferStates[id], let local = state.local else { return }
        guard let agreement else {
            return finish(id, .refused(Refusal(status: 488, reason: "Not Acceptable Here")))
        }
        state.agreement = agreement
        transferStates[id] = state
        if case .fetching = state.work { return answered(id, agreement) }
        open(agreement, local, id)
    }

    private func answered(_ id: TransferID, _ agreement: MSRPAgreement) {
        guard let state = transferStates[id], let local = state.local else { return }
        var file = agreement.remote.file ?? state.offered
        if file.selector.name == nil { file.selector.name = state.offered.selector.name }
        transferStates[id]?.offered = file
        transferStates[id]?.transfer.name = FileName(offered: file.selector.name ?? "").text
        transferStates[id]?.transfer.size = file.selector.size
        transferStates[id]?.transfer.type = file.selector.type?.description ?? "application/octet-stream"
        transferStates[id]?.transfer.hash = file.selector.hash(.sha1).map { Hexadecimal.encode($0.bytes) }
        let wanted = state.offered.selector
        if state.offered.range == nil,
            let kept = unfinished(.incoming, file.selector, peer: state.transfer.peer),
            kept.place > 0
        {
            // A part of it is here: only the rest is asked for.
            var better = FileAttributes(selector: wanted, transferID: nil)
            better.selector.hashes = file.selector.hashes
            better.range = FileRange(after: min(kept.place, kept.size - 1), of: nil)
            transferStates[id]?.betterOffer = better
            transferStates[id]?.isTold = false
            return finish(id, .byUser)
        }
        guard wanted.mayBeSame(as: file.selector) else { return finish(id, .notAvailable) }
        Task {
            do throws(EngineError) {
                let receiver = try await makeReceiver(for: id, file)
                guard transferStates[id] != nil else { return }
                transferStates[id]?.work = .receiving(receiver)
                open(agreement, local, id)
            } catch {
                finish(id, FileTransferEnd(error))
            }
        }
    }

    private func open(_ agreement: MSRPAgreement, _ local: MSRPURI, _ id: TransferID) {
        guard let state = transferStates[id] else { return }
        var (makeSink, chunkSize): (SinkMaker?, Int?) = (nil, nil)
        var delivery = Delivery.whole(limit: 0)
        switch state.work {
        case .receiving(let receiver):
            receiver.report = { [weak self] in self?.assumeIsolated { $0.received(id) } }
            makeSink = { message in
                receiver.prepare(for: message)
                return receiver
            }
            delivery = .streamed(limit: .max)
        case .sending(let sending):
            let contact = core?.session(state.session)?.invite.peerContact?.text ?? ""
            let isSmall =
                sending.chunkSize == nil && ServiceIdentifier.Form(imageShareIn: contact) == .mercuro
            chunkSize = isSmall ? MSRPLimits.plainChunkSize : sending.chunkSize ?? Self.fileChunk
        case .undecided, .fetching: break
        }
        let failure = open(
            agreement,
            from: local,
            delivery: delivery,
            chunkSize: chunkSize,
            sinks: makeSink,
            for: .transfer(id)
        )
        if let failure { finish(id, .connection(detail: failure)) }
    }

    /// The chunks of a file, except towards those that take only small ones.
    private static let fileChunk = 65_536

    // MARK: - What the message sessions report

    /// Takes what the transport reports of the session of a transfer.
    func take(_ event: MSRPTransport.Event, ofTransfer id: TransferID) {
        switch event {
        case .opened: openedTransfer(id)
        case .closed(_, let failure): closing(id, FileTransferEnd(ChatEnd(failure)))
        case .cut(_, _, let detail): finish(id, .source(detail: detail))
        case .relay, .noted: break
        case .session(_, let event): take(event, of: id)
        }
    }

    private func openedTransfer(_ id: TransferID) {
        guard var state = transferStates[id], !state.isOpen else { return }
        state.isOpen = true
        state.lastChange = .now
        transferStates[id] = state
        rearmProgress()
        switch state.work {
        case .sending(let sending): startSending(sending, id)
        case .receiving(let receiver):
            transferStates[id]?.resumed = receiver.reception.kept
            emit(.fileStarted(state.transfer, progress(of: id)))
        case .undecided, .fetching: break
        }
    }

    private func startSending(_ sending: FileSending, _ id: TransferID) {
        guard let state = transferStates[id], let agreement = state.agreement, let local = state.local,
            let msrp
        else { return }
        var sending = sending
        let size = state.offered.selector.size
        let wanted =
            state.transfer.isOutgoing && core?.session(state.session)?.invite.isCaller == true
            ? state.offered.range(answeredBy: agreement.remote.file) : state.offered.range ?? .whole
        let range = size.map { size in
            let end = min(wanted.end ?? size, size)
            return min(wanted.offset, end)..<end
        }
        sending.offset = range?.lowerBound ?? 0
        let envelope = FileEnvelope(
            for: state.offered,
            agreement,
            from: account.publicIdentity,
            to: state.transfer.peer,
            at: .now
        )
        sending.prefix = envelope.prefix.count
        let source = sending.source.source(of: range, after: envelope.prefix)
        var message = MSRP.OutgoingMessage(
            messageID: sending.messageID,
            contentType: ByteString(envelope.contentType),
            content: .streamed(size: source.size)
        )
        message.otherFields = [.init("Content-Disposition", ByteString(envelope.disposition))]
        message.successReport = agreement.remote.path.count + agreement.local.path.count > 2
        transferStates[id]?.work = .sending(sending)
        transferStates[id]?.resumed = sending.offset
        emit(.fileStarted(state.transfer, progress(of: id)))
        if !msrp.send(message, from: source, in: local) { finish(id, .lost) }
    }

    private func take(_ event: SessionEvent, of id: TransferID) {
        guard let state = transferStates[id] else { return }
        switch event {
        case .accepted:
            if state.agreement.map({ $0.remote.path.count + $0.local.path.count }) == 2 { sent(id) }
        case .delivered: sent(id)
        case .failed(_, let code): finish(id, state.end ?? .stopped(code.rawValue))
        case .ended(let code): finish(id, .connection(detail: "the other side answered \(code.rawValue)"))
        case .silent: finish(id, .connection(detail: "the other side does not answer"))
        case .bound, .sent, .alive, .incoming, .overdue: break
        }
    }

    /// All of it is with the receiver: what is still to be said is said, and then the session ends.
    private func sent(_ id: TransferID) {
        guard let state = transferStates[id], case .sending(let sending) = state.work, state.end == nil else {
            return
        }
        let done = FileTransferEnd.complete(path: nil, isVerified: false)
        guard sending.tellsHash, let summary = sending.source.summary else { return finish(id, done) }
        var selector = state.offered.selector
        (selector.size, selector.hashes) = (summary.size, summary.hashes)
        transferStates[id]?.end = done
        transferStates[id]?.transfer.size = summary.size
        transferStates[id]?.transfer.hash = summary.hash(.sha1).map { Hexadecimal.encode($0.bytes) }
        step { core, now, effects in
            core.describeFile(state.session, selector, at: state.index, now: now, into: &effects)
        }
    }

    private func described(_ id: TransferID, _ file: FileAttributes) {
        guard case .receiving(let receiver)? = transferStates[id]?.work else { return }
        transferStates[id]?.transfer.size = file.selector.size
        transferStates[id]?.transfer.hash = file.selector.hash(.sha1).map { Hexadecimal.encode($0.bytes) }
        receiver.describe(file.selector)
    }

    /// Something has become of the bytes that come.
    private func received(_ id: TransferID) {
        guard case .receiving(let receiver)? = transferStates[id]?.work else { return }
        if let failure = receiver.failure { return finish(id, failure) }
        if let result = receiver.result {
            transferStates[id]?.end = result
            if transferStates[id]?.isSessionOver == true { return finish(id, result) }
        }
        awaitFarewell(id)
    }

    /// The sender ends the session when it knows that all has arrived; one that does not is not waited for.
    private func awaitFarewell(_ id: TransferID) {
        loop.schedule(at: .now + Self.farewellPatience) { [weak self] in
            self?.assumeIsolated { engine in
                guard engine.transferStates[id] != nil else { return }
                engine.closing(id, .byPeer)
            }
        }
    }

    private static let farewellPatience = Duration.seconds(3)
    /// How long the rest may still be on its way when the session or its connection has ended.
    private static let lastWords = Duration.seconds(1)

    /// Ends a transfer whose session or connection is over.
    func closing(_ id: TransferID, _ end: FileTransferEnd) {
        guard let state = transferStates[id] else { return }
        if let known = state.end { return finish(id, known) }
        transferStates[id]?.isSessionOver = true
        let end = settledEnd(of: state, or: end)
        if case .receiving(let receiver) = state.work {
            if receiver.awaitsDescription { return receiver.settle() }
            // The file is being put on the disk: its result follows.
            if receiver.isStoring { return }
        }
        // The connection and BYE go different ways: what one says may be explained by the other in a moment.
        guard state.isOpen, !state.isSessionOver else { return finish(id, end) }
        switch end {
        case .byPeer, .connection:
            loop.schedule(at: .now + Self.lastWords) { [weak self] in
                self?.assumeIsolated { $0.finish(id, end) }
            }
        default: finish(id, end)
        }
    }

    /// What is known of the bytes says more than that the session is over.
    private func settledEnd(of state: TransferState, or end: FileTransferEnd) -> FileTransferEnd {
        guard case .receiving(let receiver) = state.work else { return end }
        return receiver.failure ?? receiver.result ?? end
    }

    /// Ends a transfer, and its session if it was the last one in it.
    func finish(_ id: TransferID, _ end: FileTransferEnd) {
        guard let state = transferStates[id] else { return }
        if case .sending(let sending) = state.work, let local = state.local, state.isOpen {
            switch end {
            case .complete: break
            default:
                msrp?.cancel(sending.messageID, in: local)
                drive([])
            }
        }
        self.end(id, end)
        guard transfers(of: state.session).isEmpty else { return }
        step { core, now, effects in core.leave(state.session, at: now, into: &effects) }
    }

    /// Forgets a transfer and tells its end.
    private func end(_ id: TransferID, _ end: FileTransferEnd) {
        guard var state = transferStates[id] else { return }
        remember(state, end, at: progress(of: id).done)
        transferStates[id] = nil
        if case .receiving(let receiver) = state.work { receiver.stop(end) }
        if let local = state.local { close(local) }
        if !state.waiters.isEmpty { finishedTransfers[id] = state }
        if state.isTold { emit(.fileEnded(state.transfer, end)) }
        state.waiters.resumeAll(with: .success(end))
        rearmProgress()
    }
}
