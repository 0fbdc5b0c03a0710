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
        if case .closed = report {
            parted(from: session)
            for id in ids { transferStates[id]?.isSignallingOver = true }
        }
        guard !ids.isEmpty else { return false }
        switch report {
        case .invited, .agreed, .changeOffered, .changeFailed: break
        case .filesAgreed(let agreements):
            for id in ids {
                guard let state = transferStates[id] else { continue }
                let agreement = agreements[state.index]
                if agreement != nil || state.agreement == nil { agreed(agreement, id) }
            }
        case .fileReplaced(let file): replaced(by: file, session)
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
        for file in files {
            let id = makeTransfer(file, of: invite, session)
            judge(id, file, isVouched: invite.assertedIdentity != nil)
        }
        answerIfDecided(session)
    }

    private func makeTransfer(
        _ file: MessageSession.OfferedFile,
        of invite: InviteSession,
        _ session: MessageSession.ID
    ) -> TransferID {
        let isVouched = invite.assertedIdentity.map { Recipient.isSame($0, invite.peer) } ?? false
        let tags = invite.invite?.headers.first(.contact)?.text ?? ""
        var transfer = FileTransfer(
            id: nextTransferID(),
            peer: invite.assertedIdentity ?? invite.peer,
            isOutgoing: file.isPull,
            name: FileName(offered: file.file.selector.name ?? "").text,
            type: file.file.selector.type?.description ?? "application/octet-stream",
            size: file.file.selector.size,
            callID: invite.callID
        )
        transfer.isInvited = true
        transfer.claimed = isVouched ? nil : invite.peer
        transfer.displayName = invite.peerDisplayName
        transfer.isImageShare = ServiceIdentifier.Form(imageShareIn: tags) != nil
        transfer.isToBeShown = (file.file.disposition ?? .render) == .render
        transfer.icon = file.icon.map {
            FileIcon(type: $0.type?.description ?? "", bytes: $0.decodedBody.bytes)
        }
        learnHashes(of: transfer.peer, from: file.file.selector, in: session)
        let id = makeTransfer(transfer, session, index: file.index, file.file)
        transferStates[id]?.isTold = false
        return id
    }

    /// Takes the offer of another file in the place of one that is over with it (RFC 5547 §8.1): its connection stays.
    private func replaced(by file: MessageSession.OfferedFile, _ session: MessageSession.ID) {
        let old = transfers(of: session).first { transferStates[$0]?.index == file.index }
        guard let old, let local = transferStates[old]?.local, transferStates[old]?.isOpen == true,
            let invite = core?.session(session)?.invite, configuration.reception.policy != .none, !isShutDown
        else {
            return step { core, now, effects in core.rejectChange(session, at: now, into: &effects) }
        }
        let id = makeTransfer(file, of: invite, session)
        transferStates[id]?.inherited = local
        transferStates[old]?.local = nil
        sessionOwners[local] = .transfer(id)
        closing(old, .byPeer)
        judge(id, file, isVouched: invite.assertedIdentity != nil)
        answerIfDecided(session)
    }

    /// Decides what can be decided without the user.
    private func judge(_ id: TransferID, _ file: MessageSession.OfferedFile, isVouched: Bool) {
        if file.refusal != nil {
            transferStates[id]?.end = .notAvailable
        } else if file.isPull {
            serve(id, isVouched: isVouched)
        } else if let size = file.file.selector.size, size > configuration.reception.sizeLimit {
            tellOffer(id)
            transferStates[id]?.end = .tooLarge(limit: configuration.reception.sizeLimit)
        } else if configuration.reception.policy == .all, isVouched {
            tellOffer(id)
            start { await $0.acceptUnasked(id) }
        } else if configuration.canAsk {
            transferStates[id]?.transfer.isAsked = true
            tellOffer(id)
        } else {
            tellOffer(id)
            transferStates[id]?.end = .unvouched
        }
    }

    private func tellOffer(_ id: TransferID) {
        guard let transfer = transferStates[id]?.transfer else { return }
        transferStates[id]?.isTold = true
        emit(.fileOffered(transfer))
    }

    private func acceptUnasked(_ id: TransferID) async {
        do throws(EngineError) {
            try await accept(id)
        } catch {
            guard let state = transferStates[id] else { return }
            transferStates[id]?.end = .storage(detail: "\(error)")
            if case .fileNotKept(let detail) = error {
                transferStates[id]?.end = .storage(detail: detail)
            }
            answerIfDecided(state.session)
        }
    }

    /// Answers an invitation once it is known of each of its files whether it is taken.
    func answerIfDecided(_ session: MessageSession.ID) {
        let states = transfers(of: session).compactMap { transferStates[$0] }
        if let state = states.first(where: { $0.inherited != nil && $0.local == nil }) {
            return answerReplacement(state)
        }
        let isDecided = states.allSatisfy { state in
            if case .undecided = state.work { state.end != nil } else { true }
        }
        guard isDecided, !states.isEmpty, core?.session(session)?.invite.isCaller == false,
            states.allSatisfy({ $0.local == nil }), !answeredSessions.contains(session)
        else { return }
        answeredSessions.insert(session)
        start { engine in
            let ends = await engine.makeEnds(for: session)
            engine.answeredSessions.remove(session)
            engine.answer(session, ends)
        }
    }

    /// This side of a file that is taken.
    private typealias TransferEndpoint = (endpoint: MessageSession.Endpoint, local: MSRPURI)

    /// This side of each file of an invitation that is taken; one that gets none is over.
    private func makeEnds(for session: MessageSession.ID) async -> [TransferID: TransferEndpoint] {
        var ends: [TransferID: TransferEndpoint] = [:]
        for id in transfers(of: session) {
            guard let state = transferStates[id], state.end == nil,
                let file = core?.session(session)?.offeredFiles.first(where: { $0.index == state.index })
            else { continue }
            do throws(EngineError) {
                ends[id] = try await makeEndpoint(answering: [file.medium])
            } catch {
                log(.notice, "no connection for the file \(state.transfer.name): \(error)")
                transferStates[id]?.end = FileTransferEnd(error)
            }
        }
        return ends
    }

    /// Answers an invitation: takes the files that have an end here, and refuses the others.
    private func answer(_ session: MessageSession.ID, _ ends: [TransferID: TransferEndpoint]) {
        let states = transfers(of: session).compactMap { transferStates[$0] }
        let taken = states.filter { $0.end == nil && ends[$0.transfer.id] != nil }
        let takenIDs = Set(taken.map(\.transfer.id))
        for (id, way) in ends where !takenIDs.contains(id) { close(way.local) }
        guard !states.isEmpty else { return }
        guard !taken.isEmpty else { return refuse(session, states) }
        for state in states where !takenIDs.contains(state.transfer.id) {
            end(state.transfer.id, state.end ?? .byUser)
        }
        var (media, origin, isReachable): ([Int: MSRPMedia], Origin?, Bool) = ([:], nil, true)
        for state in taken {
            guard let (endpoint, local) = ends[state.transfer.id] else { continue }
            isReachable = isReachable && endpoint.isReachable
            transferStates[state.transfer.id]?.local = local
            var medium = endpoint.medium
            medium.direction = state.transfer.isOutgoing ? .sendonly : .recvonly
            medium.file = answer(of: state)
            media[state.index] = medium
            origin = origin ?? endpoint.origin
        }
        guard let origin else { return }
        let (taking, canListen) = (media, isReachable)
        step { core, now, effects in
            core.acceptFiles(session, taking, from: origin, canListen: canListen, at: now, into: &effects)
        }
    }

    /// Answers the offer of a file in the place of another, once it is known whether it is taken.
    private func answerReplacement(_ state: TransferState) {
        let id = state.transfer.id
        if let reason = state.end {
            step { core, now, effects in core.rejectChange(state.session, at: now, into: &effects) }
            return finish(id, reason)
        }
        guard case .receiving = state.work else { return }
        transferStates[id]?.local = state.inherited
        let answer = answer(of: state)
        step { core, now, effects in
            core.acceptFile(state.session, answer, at: state.index, now: now, into: &effects)
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
}
