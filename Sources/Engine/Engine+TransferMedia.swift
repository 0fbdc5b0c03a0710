import MSRP
import Runtime
import SDP
import SIP
import Store
import UserAgent
import Wire

// The MSRP sessions of transfers: opened when both sides agree, and what they report.
extension Engine {
    // MARK: - Agreed

    func agreed(_ agreement: MSRPAgreement?, _ id: TransferID) {
        guard var state = transferStates[id], let local = state.local else { return }
        guard let agreement else {
            return finish(id, .refused(Refusal(status: 488, reason: "Not Acceptable Here")))
        }
        state.agreement = agreement
        transferStates[id] = state
        learnHashes(of: state.transfer.peer, from: agreement.remote.file?.selector, in: state.session)
        if case .fetching = state.work { return answered(id, agreement) }
        if state.inherited != nil, case .receiving(let receiver) = state.work {
            observe(receiver, of: id)
            return openedTransfer(id)
        }
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
        transferStates[id]?.transfer.take(file.selector.hashes)
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
        start { [file] in await $0.receive(file, agreement, local, id) }
    }

    private func receive(
        _ file: FileAttributes,
        _ agreement: MSRPAgreement,
        _ local: MSRPURI,
        _ id: TransferID
    ) async {
        do throws(EngineError) {
            let receiver = try await makeReceiver(for: id, file)
            guard transferStates[id] != nil else { return }
            transferStates[id]?.work = .receiving(receiver)
            open(agreement, local, id)
        } catch {
            finish(id, FileTransferEnd(error))
        }
    }

    private func open(_ agreement: MSRPAgreement, _ local: MSRPURI, _ id: TransferID) {
        guard let state = transferStates[id] else { return }
        var (makeSink, chunkSize): (SinkMaker?, Int?) = (nil, nil)
        var delivery = Delivery.whole(limit: 0)
        switch state.work {
        case .receiving(let receiver):
            observe(receiver, of: id)
            makeSink = { [weak self] message in
                self?.assumeIsolated { $0.receiver(of: message, in: local) }
            }
            delivery = .streamed(limit: .max)
        case .sending(let sending):
            let contact = core?.session(state.session)?.invite.peerContact?.text ?? ""
            let isSmall =
                sending.chunkSize == nil && ServiceIdentifier.Form(imageShareIn: contact) == .mercuro
            chunkSize = isSmall ? MSRPLimits.plainChunkSize : sending.chunkSize
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

    private func observe(_ receiver: FileReceiver, of id: TransferID) {
        receiver.report = { [weak self] in self?.assumeIsolated { $0.received(id) } }
    }

    /// Who takes a message that comes in a session: the file it is about now, once.
    private func receiver(of message: MSRP.IncomingMessage, in local: MSRPURI) -> FileReceiver? {
        guard case .transfer(let id)? = sessionOwners[local],
            case .receiving(let receiver)? = transferStates[id]?.work, receiver.prepare(for: message)
        else { return nil }
        return receiver
    }

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
        message.successReport = !agreement.isDirect
        transferStates[id]?.work = .sending(sending)
        transferStates[id]?.resumed = sending.offset
        emit(.fileStarted(state.transfer, progress(of: id)))
        if !msrp.send(message, from: source, in: local) { finish(id, .lost) }
    }

    private func take(_ event: SessionEvent, of id: TransferID) {
        guard let state = transferStates[id] else { return }
        switch event {
        case .accepted:
            if state.agreement?.isDirect == true { sent(id) }
        case .delivered: sent(id)
        // Whoever wants no more of a message says so with 413 (RFC 4975 §10.5, RFC 5547 §8.4).
        case .failed(_, .stopSending), .undelivered(_, .stopSending): finish(id, state.end ?? .byPeer)
        case .failed(_, let code), .undelivered(_, let code): finish(id, state.end ?? .stopped(code.rawValue))
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
        guard sending.tellsHash else { return finish(id, .complete(path: nil, isVerified: false)) }
        sending.source.summarise { [weak self] summary in
            self?.assumeIsolated { $0.describe(id, as: summary) }
        }
    }

    private func describe(_ id: TransferID, as summary: FileSelector?) {
        guard let state = transferStates[id], state.end == nil else { return }
        let done = FileTransferEnd.complete(path: nil, isVerified: false)
        guard let summary else { return finish(id, done) }
        var selector = state.offered.selector
        (selector.size, selector.hashes) = (summary.size, summary.hashes)
        transferStates[id]?.end = done
        transferStates[id]?.transfer.size = summary.size
        transferStates[id]?.transfer.take(summary.hashes)
        step { core, now, effects in
            core.describeFile(state.session, selector, at: state.index, now: now, into: &effects)
        }
    }

    func described(_ id: TransferID, _ file: FileAttributes) {
        guard case .receiving(let receiver)? = transferStates[id]?.work else { return }
        transferStates[id]?.transfer.size = file.selector.size
        transferStates[id]?.transfer.take(file.selector.hashes)
        receiver.describe(file.selector)
    }
}
