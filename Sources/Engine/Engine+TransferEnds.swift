import MSRP
import Runtime
import SDP
import SIP
import Store
import UserAgent
import Wire

// How transfers end: by their bytes, by either side, or by what happens to the session and its connection.
extension Engine {
    /// Something has become of the bytes that come.
    func received(_ id: TransferID) {
        guard let state = transferStates[id], case .receiving(let receiver) = state.work else { return }
        if let failure = receiver.failure { return finish(id, failure) }
        if let result = receiver.result {
            transferStates[id]?.end = result
            if state.closure != nil { return finish(id, result) }
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
        // What is known of the bytes says more than that the session is over.
        if let known = state.end ?? settledEnd(of: state) { return finish(id, known) }
        transferStates[id]?.closure = end
        if case .receiving(let receiver) = state.work {
            if receiver.awaitsDescription { return receiver.settle() }
            // The file is being put on the disk: its result follows.
            if receiver.isStoring { return }
        }
        // The connection and BYE go different ways: who hears of both knows more than who has heard of one.
        if let earlier = state.closure { return finish(id, earlier == .byPeer ? earlier : end) }
        guard state.isOpen else { return finish(id, end) }
        switch end {
        case .byPeer, .connection:
            loop.schedule(at: .now + Self.lastWords) { [weak self] in
                self?.assumeIsolated { $0.lastWordsSaid(id, end) }
            }
        default: finish(id, end)
        }
    }

    private func lastWordsSaid(_ id: TransferID, _ end: FileTransferEnd) {
        guard let state = transferStates[id] else { return }
        if case .receiving(let receiver) = state.work, receiver.isStoring { return }
        finish(id, settledEnd(of: state) ?? end)
    }

    private func settledEnd(of state: TransferState) -> FileTransferEnd? {
        guard case .receiving(let receiver) = state.work else { return nil }
        return receiver.failure ?? receiver.result
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
        part(from: state, end)
    }

    /// Forgets a transfer and tells its end.
    func end(_ id: TransferID, _ end: FileTransferEnd) {
        guard var state = transferStates[id] else { return }
        remember(state, end, at: progress(of: id).done)
        transferStates[id] = nil
        if case .receiving(let receiver) = state.work { receiver.stop(end) }
        // Who waits for it may have another way to offer the file, and then this is no end to speak of.
        if state.waiters.isEmpty { tell(end, of: state) } else { finishedTransfers[id] = state }
        state.waiters.resumeAll(with: .success(end))
        rearmProgress()
    }

    func tell(_ end: FileTransferEnd, of state: TransferState) {
        if state.isTold { emit(.fileEnded(state.transfer, end)) }
    }

    // MARK: - Parting

    /// Ends the session of a transfer that is over, if no other is in it, and then the connection.
    ///
    /// The connection stays until the other side has answered BYE: one that breaks before it knows would look like a
    /// fault of the network to it, and what it is told by MSRP has the time to arrive (RFC 5547 §8.4).
    private func part(from state: TransferState, _ end: FileTransferEnd) {
        let isBearerLost = state.isOpen && end.isWorthRepeating
        let isLast = transfers(of: state.session).isEmpty
        let local = state.local ?? state.inherited
        guard let local, isLast, !state.isSignallingOver else {
            if let local { close(local) }
            if isLast { leave(state.session, isBearerLost) }
            return
        }
        let session = state.session
        let timer = loop.schedule(at: .now + Self.farewellPatience) { [weak self] in
            self?.assumeIsolated { $0.parted(from: session) }
        }
        partings[session] = Parting(local: local, timer: timer)
        leave(session, isBearerLost)
    }

    private func leave(_ session: MessageSession.ID, _ isBearerLost: Bool) {
        step { core, now, effects in
            core.leave(session, isBearerLost: isBearerLost, at: now, into: &effects)
        }
    }

    /// Closes the connection of a session that is over.
    func parted(from session: MessageSession.ID) {
        guard let parting = partings.removeValue(forKey: session) else { return }
        loop.cancel(parting.timer)
        close(parting.local)
        if partings.isEmpty { partingWaiters.resumeAll(with: .success(())) }
    }

    /// Waits until the other sides of all transfers that were ended know it, or have had the time to.
    func awaitPartings() async {
        guard !partings.isEmpty else { return }
        _ = await withCheckedContinuation { continuation in _ = partingWaiters.add(continuation) }
    }
}

/// A connection whose transfer is over and whose session is being ended.
struct Parting {
    var local: MSRPURI
    var timer: TimerToken
}
