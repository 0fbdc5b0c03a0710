import Documents
import Store
import UserAgent

// The presence of all buddies: by one subscription to a list where a server has one, else by one for each.
extension Engine {
    /// How the buddies are watched; `nil` while they are not.
    package var buddyWatchMode: BuddyWatchMode? { presence.mode }

    /// Watches every buddy, or takes up those that were added and lets go of those that were removed.
    package func watchBuddies() {
        guard registration != nil else { return }
        let wanted = buddies.map(\.uri)
        switch presence.mode {
        case nil:
            if let list = account.presenceList {
                beginList(list)
            } else if let server = account.presenceListServer, wanted.count > 1 {
                begin(listing: wanted, at: server)
            } else {
                presence.mode = .single
                watchSingly(wanted)
            }
        case .single: watchSingly(wanted)
        // Changes of a list reach its server by XCAP, which need not look at once; one that went with the request is
        // sent again.
        case .list(let uri):
            // The watch ended with the registration before this one.
            guard let list = presence.list else { return beginList(uri) }
            step { core, now, effects in core.refreshWatch(list, at: now, into: &effects) }
        case .listInRequest(let server):
            if let list = presence.list {
                guard presence.listed != Set(wanted) else { return }
                step { core, now, effects in core.unwatch(list, at: now, into: &effects) }
            }
            begin(listing: wanted, at: server)
        }
    }

    /// Watches the list that a server keeps, once it knows the list.
    private func beginList(_ uri: String) {
        presence.mode = .list(uri)
        guard !presence.isListBeginning else { return }
        presence.isListBeginning = true
        start { engine in
            await engine.provideList(uri)
            engine.presence.isListBeginning = false
            guard engine.presence.mode == .list(uri), engine.presence.list == nil, engine.registration != nil
            else { return }
            engine.begin(.list(uri), .list(uri))
        }
    }

    /// Watches those on a list that goes with the request.
    private func begin(listing members: [String], at server: String) {
        presence.listed = Set(members)
        begin(.members(members, server: server), .listInRequest(server: server))
    }

    private func begin(_ subject: PresenceWatch.Subject, _ mode: BuddyWatchMode) {
        presence.mode = mode
        step { [self] core, now, effects in
            presence.list = core.watch(subject, at: now, into: &effects)
        }
    }

    /// Watches each by a subscription of its own.
    private func watchSingly(_ wanted: [String]) {
        let before = presence.buddies
        presence.buddies = Set(wanted)
        for uri in wanted where !before.contains(uri) { hold(uri, isTold: true) }
        for uri in before.subtracting(wanted) { endWatch(of: uri) }
    }

    /// Lets the list server know that the members of a list are the buddies, unless it knows the list already.
    private func provideList(_ uri: String) async {
        guard account.xcapRoot != nil else { return }
        do throws(XDMError) {
            let usages = try await documentCapabilities()?.usages ?? []
            guard usages.contains(RLSServices.usage) else { return }
            try await addService(uri)
        } catch {
            log(.notice, "the list \(uri) could not be described to its server: \(error)")
        }
    }

    func confirmList(_ id: PresenceWatch.ID) {
        guard id == presence.list else { return }
        log(.notice, "the buddies are watched by a list")
    }

    /// Lets go of a watch that turned out to be none of a list.
    func giveUpList(_ id: PresenceWatch.ID) {
        guard id == presence.list else { return }
        log(.notice, "the list server does not serve: what was asked for is no list to it")
        fallBack()
        step { core, now, effects in core.unwatch(id, at: now, into: &effects) }
    }

    /// Goes on without the list that is not served.
    func fallBack() {
        presence.list = nil
        switch presence.mode {
        case .list where account.presenceListServer != nil && buddies.count > 1:
            let server = account.presenceListServer ?? ""
            begin(listing: buddies.map(\.uri), at: server)
        case .list, .listInRequest:
            presence.mode = .single
            log(.notice, "the buddies are watched one by one")
            watchSingly(buddies.map(\.uri))
        case .single, nil: break
        }
    }
}
