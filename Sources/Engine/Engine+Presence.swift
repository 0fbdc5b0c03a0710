import Documents
import Runtime
import SIP
import Store
package import UserAgent
import Wire

// What the user shows of their presence.
extension Engine {
    /// What the user wants others to see; online and willing until something else is said.
    package var ownPresence: OwnPresenceStatus {
        OwnPresenceStatus(
            presence: wantedPresence,
            isPublished: core?.isPublished ?? isLeftPublished,
            isAvailabilityPublishedByServer: isAvailabilityPublishedByServer
        )
    }

    /// Changes what others see, publishes it and waits for the answer; what is set is kept for later runs.
    ///
    /// - Parameter change: Changes the wanted state.
    /// - Returns: What others see now.
    /// - Throws: `EngineError.refused` when the network takes no publication, or what keeps the account from
    ///   registering.
    package func setPresence(
        _ change: @Sendable (inout OwnPresence) -> Void
    ) async throws(EngineError) -> OwnPresenceStatus {
        try await prepare()
        var wanted = wantedPresence
        change(&wanted)
        presence.own = wanted
        remember(wanted.kept, as: StateKey.presence)
        _ = try await register()
        try await publishAndWait(wanted)
        return ownPresence
    }

    /// Whether an earlier run has left something behind that the server still holds.
    private var isLeftPublished: Bool {
        guard let end = keptText(StateKey.publicationEnd).flatMap({ Int64($0) }) else { return false }
        return Timestamp.now.microseconds < end
    }

    private var wantedPresence: OwnPresence {
        if let own = presence.own { return own }
        return keptText(StateKey.presence).flatMap(OwnPresence.init(kept:)) ?? OwnPresence()
    }

    /// Bit 4 of PRES-SRV-CAP, counted from the highest as OMA SIMPLE IM TS §10.1.1 does.
    private var isAvailabilityPublishedByServer: Bool {
        let provisioned = keep { store throws(Store.Failure) in try store.provisioning(account: account.name)
        }
        let bits = account.presenceServerCapabilities ?? provisioned?.presenceServerCapabilities ?? 0
        return bits & Provisioning.availabilityBit != 0
    }

    private func document(_ own: OwnPresence) -> PresenceDocument? {
        guard let core else { return nil }
        let instance = keptText(StateKey.instance) ?? account.instanceID ?? account.name
        let setting = OwnPresence.Setting(
            identity: core.usableIdentity,
            displayName: account.displayName,
            tupleID: "ims-"
                + String(instance.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.suffix(12)),
            serviceID: account.presenceServiceID.rawValue,
            isAvailabilityPublishedByServer: isAvailabilityPublishedByServer
        )
        return own.document(setting, at: .now)
    }

    private func publishAndWait(_ own: OwnPresence) async throws(EngineError) {
        guard let document = document(own) else { throw .notRegistered }
        try await withDeadline(method: "PUBLISH") { engine, waiter in
            let number = engine.presence.publicationWaiters.add(waiter)
            engine.presence.hasBegun = true
            engine.step { core, now, effects in core.publish(document, at: now, into: &effects) }
            return { $0.presence.publicationWaiters.resume(number, with: .failure($1)) }
        }
    }

    // MARK: - With the registration

    /// Shows the user as present and takes up what is to be watched, once the account is registered.
    func beginPresence() {
        guard configuration.isLongLived, account.publishesPresence else { return }
        if !presence.hasBegun, let document = document(wantedPresence) {
            presence.hasBegun = true
            step { core, now, effects in core.publish(document, at: now, into: &effects) }
        }
        if presence.watchers == nil, let identity = core?.usableIdentity {
            step { [self] core, now, effects in
                presence.watchers = core.watch(.watchers(of: identity), at: now, into: &effects)
            }
        }
        resumeWatches()
        if configuration.watchesBuddies {
            watchBuddies()
            followDocuments()
        }
    }

    /// Shows the user as gone before the registration ends, and waits a moment for the answer (OMA SIMPLE IM TS §8.5).
    func endPresence() async {
        presence.hasBegun = false
        guard core?.isPublished == true, status != nil else { return }
        var own = wantedPresence
        own.status = .offline
        let gone = isAvailabilityPublishedByServer ? nil : document(own)
        let deadline = loop.schedule(at: .now + Self.farewell) { [weak self] in
            self?.assumeIsolated {
                $0.presence.publicationWaiters.resumeAll(with: .failure(.noAnswer(method: "PUBLISH")))
            }
        }
        _ = await withCheckedContinuation { continuation in
            _ = presence.publicationWaiters.add(continuation)
            step { core, now, effects in
                if let gone {
                    core.publish(gone, at: now, into: &effects)
                } else {
                    core.unpublish(at: now, into: &effects)
                }
            }
        }
        loop.cancel(deadline)
        remember("", as: StateKey.publicationEnd)
    }

    // MARK: - What the core reports

    func take(_ report: Publication.Report) {
        keepEntityTag()
        switch report {
        case .published(let expires):
            log(.detail, "presence is published for \(expires.components.seconds) s")
            let seconds = min(expires.components.seconds, 1 << 32)
            let end = Timestamp.now.microseconds + seconds * 1_000_000
            remember(String(end), as: StateKey.publicationEnd)
            presence.isRefusalTold = false
            presence.publicationWaiters.resumeAll(with: .success(()))
        case .removed: presence.publicationWaiters.resumeAll(with: .success(()))
        case .failed(let failure, let retryAfter):
            let isAwaited = !presence.publicationWaiters.isEmpty
            presence.publicationWaiters.resumeAll(with: .failure(EngineError(failure, of: "PUBLISH")))
            let next = retryAfter.map { "; again in \($0.components.seconds) s" } ?? ""
            log(.notice, "presence is not published: \(failure)\(next)")
            if !isAwaited, !presence.isRefusalTold {
                presence.isRefusalTold = true
                emit(.warning(.presenceNotPublished(Refusal(failure))))
            }
        }
    }

    private func keepEntityTag() {
        remember(core?.publishedEntityTag?.text ?? "", as: StateKey.publication)
    }
}

extension Refusal {
    /// What a failure without a response is told as.
    init(_ failure: EventFailure) {
        switch failure {
        case .refused(let status): self.init(status: status.value, reason: status.reasonPhrase)
        case .timedOut: self.init(status: 408, reason: "no answer")
        case .unreachable: self.init(status: 503, reason: "not reachable")
        }
    }
}

extension EngineError {
    init(_ failure: EventFailure, of method: String) {
        switch failure {
        case .refused: self = .refused(method: method, Refusal(failure))
        case .timedOut: self = .noAnswer(method: method)
        case .unreachable: self = .unreachable(target: "the P-CSCF", detail: "the flow to it failed")
        }
    }
}
