package import Store

// The buddy list, as it is known on this machine.
extension Engine {
    /// The buddies of the account; none if there is no store.
    package var buddies: [Buddy] { (try? openedStore().buddies(account: account.name)) ?? [] }

    /// Whether `uri` is the address of somebody on the buddy list.
    package func isBuddy(_ uri: String) -> Bool { buddies.contains { Recipient.isSame($0.uri, uri) } }

    /// Those who ask to see the account's presence and wait for `allow` or `block`.
    package var undecidedWatchers: [WatcherRequest] {
        let requests = (try? openedStore().watcherRequests(account: account.name)) ?? []
        return requests.filter(\.isUndecided)
    }
}
