import Documents
import Runtime
import SIP
import Store
package import UserAgent
package import Wire

// The presence of others.
extension Engine {
    /// What was last known of the presence of those who are or were watched, with the time since when.
    package var knownPresences: [(uri: String, state: PresenceState, time: Timestamp)] {
        loadPresences()
        return presence.known.map { ($0.key, $0.value.state, $0.value.time) }.sorted { $0.0 < $1.0 }
    }

    /// Watches somebody from now on, registering first if need be; what they do follows as events.
    ///
    /// - Parameter recipient: Whom to watch, as the user names them.
    /// - Returns: The address that events name them by.
    /// - Throws: What keeps the account from registering.
    package func watchPresence(of recipient: String) async throws(EngineError) -> String {
        let uri = try self.recipient(recipient).uri
        _ = try await register()
        hold(uri, isTold: false)
        return uri
    }

    /// Ends what `watchPresence` began.
    ///
    /// - Parameter recipient: Who is watched, as the user names them.
    /// - Returns: Whether they were watched.
    /// - Throws: `EngineError.invalidRecipient` for what is no address.
    package func unwatchPresence(of recipient: String) throws(EngineError) -> Bool {
        let uri = try self.recipient(recipient).uri
        guard presence.watched[uri] != nil else { return false }
        endWatch(of: uri)
        return true
    }

    /// Lets go of a watch for one who wanted it.
    func endWatch(of uri: String) {
        guard var watched = presence.watched[uri] else { return }
        watched.holders -= 1
        presence.watched[uri] = watched.holders > 0 ? watched : nil
        guard watched.holders <= 0, let id = watched.id else { return }
        step { core, now, effects in core.unwatch(id, at: now, into: &effects) }
    }

    /// Asks once what the presence of somebody is (RFC 6665 §4.4.3).
    ///
    /// - Parameter recipient: Whom to ask about, as the user names them.
    /// - Returns: The state as it is now, and as it was known before.
    /// - Throws: `EngineError.presenceNotTold` when it is not told.
    package func fetchPresence(of recipient: String) async throws(EngineError) -> PresenceChange {
        let uri = try self.recipient(recipient).uri
        _ = try await register()
        loadPresences()
        let previous = presence.known[uri]
        let state = try await withDeadline(method: "SUBSCRIBE") { engine, waiter in
            var id: PresenceWatch.ID?
            var waiters = Waiters<PresenceState>()
            let number = waiters.add(waiter)
            engine.step { core, now, effects in
                id = core.watch(.presence(of: uri), once: true, at: now, into: &effects)
                if let id { engine.presence.fetches[id] = waiters }
            }
            guard let id else {
                waiters.resume(number, with: .failure(.notRegistered))
                return { _, _ in }
            }
            return { $0.presence.resumeFetch(id, with: .failure($1)) }
        }
        return PresenceChange(
            uri: uri,
            name: name(of: uri),
            state: state,
            previous: previous?.state,
            previousTime: previous?.time
        )
    }

    /// Waits until somebody is there and wants to be written to.
    func awaitPresence(of uri: String) async throws(EngineError) {
        hold(uri, isTold: true)
        defer { endWatch(of: uri) }
        do throws(EngineError) {
            try await withDeadline(method: "SUBSCRIBE") { engine, waiter in
                let number = engine.presence.arrivals[uri, default: Waiters()].add(waiter)
                if let state = engine.presence.watched[uri]?.state {
                    engine.presence.noteArrival(of: uri, state)
                }
                return { $0.presence.arrivals[uri]?.resume(number, with: .failure($1)) }
            }
        } catch {
            guard case .noAnswer = error else { throw error }
            throw .notOnline(uri: uri)
        }
    }

    // MARK: - Who is watched

    /// Watches an address for one more who wants it.
    ///
    /// - Parameters:
    ///   - uri: The address.
    ///   - isTold: Whether what is known already is no news to them.
    func hold(_ uri: String, isTold: Bool) {
        loadPresences()
        presence.watched[uri, default: PresenceLedger.Watched(isTold: true)].holders += 1
        if !isTold { presence.watched[uri]?.isTold = false }
        if presence.watched[uri]?.id == nil { begin(uri) }
    }

    private func begin(_ uri: String) {
        step { [self] core, now, effects in
            presence.watched[uri]?.id = core.watch(.presence(of: uri), at: now, into: &effects)
        }
    }

    /// Makes the watches that could not be made, or were lost, after a registration.
    func resumeWatches() {
        for (uri, watched) in presence.watched where watched.id == nil { begin(uri) }
    }

    // MARK: - What the core reports

    func take(_ report: PresenceWatch.Report, of id: PresenceWatch.ID) {
        if presence.fetches[id] != nil { return takeFetch(report, id) }
        switch report {
        case .presence(let state, let uri): take(state, of: uri)
        case .pending(let uri): emit(.presenceUnknown(uri: uri, name: name(of: uri), .undecided))
        case .unwatched(let uri, let reason):
            emit(.presenceUnknown(uri: uri, name: name(of: uri), PresenceObstacle(reason: reason)))
        case .watchers(let watchers, let isFull): take(watchers, isFull: isFull)
        case .documents(let difference): take(difference)
        case .listConfirmed: confirmList(id)
        case .noList: giveUpList(id)
        case .failed(let failure, let retryAfter): failed(id, failure, retryAfter)
        case .ended(let end, let retryAfter): ended(id, end, retryAfter)
        case .noted(let text): log(.notice, text)
        }
    }

    private func takeFetch(_ report: PresenceWatch.Report, _ id: PresenceWatch.ID) {
        let answer: Result<PresenceState, EngineError>
        switch report {
        case .presence(let state, let uri):
            keep(state, of: uri)
            answer = .success(state)
        case .pending(let uri): answer = .failure(.presenceNotTold(uri: uri, .undecided))
        case .failed(let failure, _): answer = .failure(EngineError(failure, of: "SUBSCRIBE"))
        // Nothing was said of somebody who may be seen: they are not there.
        case .ended(.fetched, _): answer = .success(.unknown)
        case .ended(let end, _):
            answer = .failure(.presenceNotTold(uri: "", PresenceObstacle(end)))
        case .noted(let text): return log(.notice, text)
        case .unwatched, .watchers, .documents, .listConfirmed, .noList: return
        }
        presence.resumeFetch(id, with: answer)
    }

    private func take(_ state: PresenceState, of uri: String) {
        loadPresences()
        let previous = presence.known[uri]
        let isNews = previous?.state != state
        let isFirst = presence.watched[uri].map { !$0.isTold } ?? false
        presence.watched[uri]?.isTold = true
        presence.watched[uri]?.state = state
        presence.noteArrival(of: uri, state)
        guard isNews || isFirst else { return }
        keep(state, of: uri)
        let change = PresenceChange(
            uri: uri,
            name: name(of: uri),
            state: state,
            previous: previous?.state,
            previousTime: previous?.time
        )
        emit(.presence(change))
    }

    private func keep(_ state: PresenceState, of uri: String) {
        guard presence.known[uri]?.state != state else { return }
        let now = Timestamp.now
        presence.known[uri] = (state, now)
        let isFirst = presence.unkept.isEmpty
        presence.unkept[uri] = KeptPresence(state, of: uri, at: now)
        guard isFirst else { return }
        loop.execute { [weak self] in self?.assumeIsolated { $0.keepPresences() } }
    }

    /// Keeps what has become known, at the end of a turn of the loop: hundreds may change at once.
    func keepPresences() {
        guard !presence.unkept.isEmpty else { return }
        for kept in presence.unkept.values {
            keepInGroup { store throws(Store.Failure) in try store.setPresence(kept, account: account.name) }
            if let alias = kept.displayName { noteAlias(alias, of: kept.uri) }
        }
        presence.unkept = [:]
        closeGroup()
    }

    private func loadPresences() {
        guard !presence.isLoaded else { return }
        presence.isLoaded = true
        let kept = keep { store throws(Store.Failure) in try store.presences(account: account.name) } ?? []
        for one in kept where presence.known[one.uri] == nil {
            presence.known[one.uri] = (PresenceState(one), one.time)
        }
    }

    private func take(_ watchers: [WatcherInformation.Watcher], isFull: Bool) {
        var named: Set<String> = []
        for watcher in watchers {
            guard let status = Watcher.Status(rawValue: watcher.status.rawValue) else { continue }
            named.insert(watcher.uri)
            tell(Watcher(uri: watcher.uri, displayName: watcher.displayName, status: status))
        }
        guard isFull else { return }
        for uri in presence.toldWatchers.keys.sorted() where !named.contains(uri) {
            tell(Watcher(uri: uri, status: .terminated))
        }
    }

    /// Tells of a watcher and keeps what is known; the same is not told twice.
    private func tell(_ watcher: Watcher) {
        guard presence.toldWatchers[watcher.uri] != watcher.status else { return }
        let isGone = watcher.status == .terminated
        guard !isGone || presence.toldWatchers[watcher.uri] != nil else { return }
        presence.toldWatchers[watcher.uri] = isGone ? nil : watcher.status
        let request = WatcherRequest(
            uri: watcher.uri,
            displayName: watcher.displayName,
            since: .now,
            status: watcher.status.rawValue
        )
        keep { store throws(Store.Failure) in
            if isGone {
                try store.removeWatcherRequest(watcher.uri, account: account.name)
            } else {
                try store.setWatcherRequest(request, account: account.name)
            }
        }
        var watcher = watcher
        watcher.name = name(of: watcher.uri)
        emit(.watcher(watcher))
    }

    private func failed(_ id: PresenceWatch.ID, _ failure: EventFailure, _ retryAfter: Duration?) {
        let next = retryAfter.map { "; again in \($0.components.seconds) s" } ?? ""
        if id == presence.watchers {
            log(.notice, "who watches is not told: \(failure)\(next)")
            if retryAfter == nil {
                presence.watchers = nil
                emit(.warning(.watchersNotTold(Refusal(failure))))
            }
        } else if id == presence.documents {
            log(.notice, "changes of documents are not told: \(failure)\(next)")
            if retryAfter == nil { presence.documents = nil }
        } else if id == presence.list {
            log(.notice, "the list server does not serve: \(failure)\(next)")
            if retryAfter == nil { fallBack() }
        } else if let uri = presence.watched.first(where: { $0.value.id == id })?.key {
            let obstacle = PresenceObstacle(failure)
            if retryAfter == nil { lose(uri, obstacle) }
            emit(.presenceUnknown(uri: uri, name: name(of: uri), obstacle))
        }
    }

    private func ended(_ id: PresenceWatch.ID, _ end: SubscriptionEnd, _ retryAfter: Duration?) {
        if id == presence.watchers {
            if retryAfter == nil { presence.watchers = nil }
        } else if id == presence.documents {
            if retryAfter == nil { presence.documents = nil }
        } else if id == presence.list {
            log(.notice, "the list server tells no more: \(end)")
            if retryAfter == nil { end == .byUser ? presence.list = nil : fallBack() }
        } else if let uri = presence.watched.first(where: { $0.value.id == id })?.key {
            let obstacle = PresenceObstacle(end)
            if retryAfter == nil { lose(uri, obstacle) }
            guard end != .byUser, retryAfter != .zero else { return }
            emit(.presenceUnknown(uri: uri, name: name(of: uri), obstacle))
        }
    }

    /// Takes that nothing more will be told of somebody.
    private func lose(_ uri: String, _ obstacle: PresenceObstacle) {
        presence.watched[uri]?.id = nil
        presence.arrivals[uri]?.resumeAll(with: .failure(.presenceNotTold(uri: uri, obstacle)))
    }
}

extension PresenceObstacle {
    init(_ failure: EventFailure) {
        switch failure {
        case .refused: self = .refused(Refusal(failure))
        case .timedOut, .unreachable: self = .noAnswer
        }
    }

    init(_ end: SubscriptionEnd) {
        switch end {
        case .byNotifier(.rejected): self = .rejected
        case .byNotifier(.noresource): self = .noResource
        case .refused(let status): self = .refused(Refusal(.refused(status)))
        case .byNotifier, .byUser, .fetched, .expired: self = .ended
        }
    }

    /// Reads the reason that a list gives.
    init(reason: String?) {
        switch reason.flatMap(SubscriptionState.Reason.init) {
        case .rejected: self = .rejected
        case .noresource: self = .noResource
        default: self = .ended
        }
    }
}
