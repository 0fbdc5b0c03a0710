package import Store

// The buddy list, as it is known on this machine.
extension Engine {
    /// The buddies of the account; none if there is no store.
    package var buddies: [Buddy] { (try? openedStore().buddies(account: account.name)) ?? [] }

    /// What to show somebody of the buddy list as: by their nickname, else by what they call themselves.
    func name(of uri: String) -> String? {
        buddy(at: uri).flatMap { $0.nickname ?? $0.alias }
    }

    /// Notes what a buddy calls itself.
    func noteAlias(_ alias: String, of uri: String) {
        guard let buddy = buddy(at: uri), buddy.alias != alias else { return }
        presence.buddiesByAddress?[uri]?.alias = alias
        keepInGroup { store throws(Store.Failure) in
            try store.setAlias(alias, ofBuddy: uri, account: account.name)
        }
    }

    private func buddy(at uri: String) -> Buddy? {
        let known =
            presence.buddiesByAddress
            ?? Dictionary(buddies.map { ($0.uri, $0) }, uniquingKeysWith: { first, _ in first })
        presence.buddiesByAddress = known
        return known[uri]
    }

    /// Whether `uri` is the address of somebody on the buddy list.
    package func isBuddy(_ uri: String) -> Bool { buddies.contains { Recipient.isSame($0.uri, uri) } }

    /// What the user has decided of somebody who asks to see their presence, or `nil`.
    package func watcherPolicy(of uri: String) -> WatcherPolicy? {
        let policies = (try? openedStore().watcherPolicies(account: account.name)) ?? []
        return policies.first { Recipient.isSame($0.uri, uri) }?.policy
    }

    /// Those who ask to see the account's presence and wait for `allow` or `block`.
    package var undecidedWatchers: [WatcherRequest] {
        let requests = (try? openedStore().watcherRequests(account: account.name)) ?? []
        return requests.filter { $0.isUndecided && watcherPolicy(of: $0.uri) == nil }
    }

    /// What to offer where an address is expected: buddies by nickname and address, then those written to before.
    package func contacts(limit: Int) -> [String] { Self.contacts(of: buddies, and: peers(limit: limit)) }

    /// What to offer where an address is expected.
    ///
    /// A nickname with blanks would have to be quoted, so such a buddy is offered by address alone.
    package static func contacts(of buddies: [Buddy], and peers: [String]) -> [String] {
        let nicknames = buddies.compactMap(\.nickname).filter { !$0.contains(where: \.isWhitespace) }
        var known: Set<String> = []
        return (nicknames + buddies.map(\.uri) + peers).filter { known.insert($0).inserted }
    }

    /// Where a version of a document is kept that could not be written and was in no file.
    package nonisolated var conflictFolder: String {
        let store = configuration.storePath ?? "ims.db"
        return (store.lastIndex(of: "/").map { String(store[..<$0]) } ?? ".") + "/conflicts"
    }

    /// Whom the user means: a buddy by nickname, else as `Recipient` reads it.
    ///
    /// What buddies call themselves does not count: anybody could take the name of somebody else.
    func recipient(_ text: String) throws(EngineError) -> Recipient {
        let named = buddiesCalled(text).map(\.uri)
        if named.count > 1 { throw .ambiguousNickname(text, uris: named) }
        return try Recipient(named.first ?? text, realm: account.realm)
    }

    /// The buddies with that nickname, upper and lower case alike.
    func buddiesCalled(_ nickname: String) -> [Buddy] {
        let wanted = nickname.lowercased()
        return buddies.filter { $0.nickname?.lowercased() == wanted }
    }

    /// The address of whom the user means, as `recipient` finds it.
    package func address(of text: String) throws(EngineError) -> String { try recipient(text).uri }
}
