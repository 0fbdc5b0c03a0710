import Runtime
import UserAgent
import Wire

// How far transfers have come: told now and then, and looked at for those that stand still.
extension Engine {
    /// How often progress is told at most.
    static let progressInterval = Duration.milliseconds(200)

    /// How far a transfer has come.
    func progress(of id: TransferID) -> FileProgress {
        guard let state = transferStates[id] else { return FileProgress(done: 0, resumed: 0, size: nil) }
        let size = state.transfer.size
        switch state.work {
        case .receiving(let receiver):
            return FileProgress(done: receiver.reception.place, resumed: state.resumed, size: size)
        case .sending(let sending):
            let accepted = state.local.flatMap { msrp?.progress(of: sending.messageID, in: $0) }?
                .acceptedBytes
            let bytes = accepted.map { $0 - min($0, UInt64(sending.prefix)) }
            let done = bytes.map { sending.offset + $0 } ?? state.lastDone
            return FileProgress(done: done, resumed: state.resumed, size: size)
        case .undecided, .fetching: return FileProgress(done: 0, resumed: 0, size: size)
        }
    }

    /// Sees to it that progress is told as long as something is on its way.
    func rearmProgress() {
        guard progressTimer == nil, transferStates.values.contains(where: { $0.local != nil || $0.isOpen })
        else { return }
        progressTimer = loop.schedule(at: .now + Self.progressInterval) { [weak self] in
            self?.assumeIsolated { $0.tellProgress() }
        }
    }

    private func tellProgress() {
        progressTimer = nil
        for (id, state) in transferStates where state.isOpen {
            let progress = progress(of: id)
            if progress.done != state.lastDone {
                transferStates[id]?.lastDone = progress.done
                transferStates[id]?.lastChange = .now
                emit(.fileProgress(state.transfer, progress))
            } else if state.lastChange + configuration.reception.patience <= .now {
                finish(id, .stalled)
            }
        }
        rearmProgress()
    }
}
