import Documents
import Runtime
import SIP
package import Store
import Wire

/// Where a list that was shown comes from.
package enum BuddySource: Hashable, Sendable {
    /// The XCAP server, which has just been asked.
    case server
    /// This machine alone: the account has no `xcap-root`.
    case local
    /// What the server said earlier; now it cannot be asked.
    case copy(XDMError)
}

// The buddy list and the decisions about watchers: on the XCAP server if there is one, and a copy of them here.
extension Engine {
    /// Brings the list on this machine in line with the server's.
    ///
    /// - Parameter report: Takes what the server has otherwise than this machine had it.
    /// - Returns: What the list is worth now.
    @discardableResult
    package func refreshBuddies(
        telling report: (BuddyListChange) -> Void = { _ in }
    ) async -> BuddySource {
        guard account.xcapRoot != nil else { return .local }
        do throws(XDMError) {
            if try await adoptLocalBuddies() { return .server }
            let found = try await documentIfAny(buddyDocument)
            // What was changed here while that was on its way is newer.
            guard presence.changesUnderWay == 0 else { return .server }
            let before = buddies
            try takeBuddies(from: found?.body)
            report(BuddyListChange(from: before, to: buddies))
            return .server
        } catch {
            return .copy(error)
        }
    }

    /// Puts somebody on the buddy list, or changes what is said of them.
    ///
    /// - Returns: The buddy as they are on the list now.
    /// - Throws: `XDMError` when the list cannot be changed; it is then as it was.
    @discardableResult
    package func setBuddy(_ buddy: Buddy) async throws(XDMError) -> Buddy {
        var buddy = buddy
        // An address that is spelled otherwise is the same buddy.
        buddy.uri = buddies.first { Recipient.isSame($0.uri, buddy.uri) }?.uri ?? buddy.uri
        if let nickname = buddy.nickname,
            let other = buddiesCalled(nickname).first(where: { $0.uri != buddy.uri })
        {
            throw .nicknameTaken(nickname, by: other.uri)
        }
        let entry = ResourceLists.Entry(buddy.uri, displayName: buddy.nickname)
        try await changeBuddies {
            $0.set(ResourceLists.Buddy(entry, group: buddy.group))
        } locally: {
            (store, account) throws(Store.Failure) in
            try store.setBuddy(buddy, account: account)
        }
        return buddies.first { $0.uri == buddy.uri } ?? buddy
    }

    /// Takes somebody off the buddy list.
    package func removeBuddy(_ uri: String) async throws(XDMError) {
        try await changeBuddies {
            $0.remove(uri)
        } locally: { (store, account) throws(Store.Failure) in
            try store.removeBuddy(uri, account: account)
        }
    }

    /// The buddy that the user means, by address or nickname.
    package func buddy(_ text: String) throws(XDMError) -> Buddy {
        do throws(EngineError) {
            let address = try recipient(text).uri
            if let buddy = buddies.first(where: { Recipient.isSame($0.uri, address) }) { return buddy }
        } catch {
            throw .engine(error)
        }
        throw .noBuddy(text)
    }

    // MARK: - One document, changed

    var buddyDocument: XCAPDocumentSelector {
        XCAPDocumentSelector(usage: ResourceLists.usage, user: documentUser)
    }

    /// How often a change is made anew because somebody else was faster.
    private static let changeAttempts = 4

    /// Reads a document, lets `change` change it and writes it back; when somebody else has changed it meanwhile the same
    /// change is made to what they have made of it.
    private func edit<Document>(
        _ selector: XCAPDocumentSelector,
        read: (ByteString?) throws(DocumentError) -> Document,
        change: (inout Document) -> Void,
        written: (Document) -> [UInt8]
    ) async throws(XDMError) {
        beginChange()
        defer { endChange() }
        for attempt in 1...Self.changeAttempts {
            let found = try await documentIfAny(selector)
            var document: Document
            do throws(DocumentError) {
                document = try read(found.map { ByteString($0.body) })
            } catch {
                throw .malformed(document: selector.path, detail: error.wording)
            }
            change(&document)
            let body = written(document)
            if body == found?.body { return }
            // Without an entity tag nothing can be asked for: then the last one to write wins.
            let base: XDMBase =
                if let found { found.etag.map { .version($0) } ?? .anything } else { .nothing }
            do throws(XDMError) {
                try await put(body, at: selector, base: base)
                return
            } catch {
                guard case .changedElsewhere(let name) = error else { throw error }
                log(.notice, "XCAP: \(name) was changed by somebody else, the change is made again")
                if attempt == Self.changeAttempts { throw error }
            }
        }
    }

    private func changeBuddies(
        _ change: (inout ResourceLists) -> Void,
        locally: (Store, String) throws(Store.Failure) -> Void
    ) async throws(XDMError) {
        guard account.xcapRoot != nil else {
            try changeStore(locally)
            return followBuddies()
        }
        await finishLooking()
        // Until the copy here has it, what the server tells of it is no news.
        beginChange()
        defer { endChange() }
        try await adoptLocalBuddies()
        try await edit(buddyDocument) { (bytes) throws(DocumentError) in
            try bytes.map { (bytes) throws(DocumentError) in try ResourceLists(parsing: bytes) }
                ?? ResourceLists()
        } change: {
            change(&$0)
        } written: {
            $0.serialized()
        }
        try takeBuddies(from: keptDocument(buddyDocument)?.body)
    }

    /// Puts buddies of the time before there was a server on the server, once, beside whoever is there.
    ///
    /// - Returns: Whether there were some.
    @discardableResult
    private func adoptLocalBuddies() async throws(XDMError) -> Bool {
        guard keptText(StateKey.buddiesAdopted) == nil else { return false }
        let own = buddies
        guard !own.isEmpty else {
            remember("yes", as: StateKey.buddiesAdopted)
            return false
        }
        try await edit(buddyDocument) { (bytes) throws(DocumentError) in
            try bytes.map { (bytes) throws(DocumentError) in try ResourceLists(parsing: bytes) }
                ?? ResourceLists()
        } change: { lists in
            let known = lists.buddies.map(\.entry.uri)
            for buddy in own where !known.contains(buddy.uri) {
                let entry = ResourceLists.Entry(buddy.uri, displayName: buddy.nickname)
                lists.set(ResourceLists.Buddy(entry, group: buddy.group))
            }
        } written: {
            $0.serialized()
        }
        remember("yes", as: StateKey.buddiesAdopted)
        try takeBuddies(from: keptDocument(buddyDocument)?.body)
        return true
    }

    private func takeBuddies(from body: [UInt8]?) throws(XDMError) {
        var found: [ResourceLists.Buddy] = []
        if let body {
            do throws(DocumentError) {
                found = try ResourceLists(parsing: ByteString(body)).buddies
            } catch {
                throw .malformed(document: buddyDocument.path, detail: error.wording)
            }
        }
        let buddies = found.map { Buddy(uri: $0.entry.uri, nickname: $0.entry.displayName, group: $0.group) }
        try changeStore { (store, account) throws(Store.Failure) in
            try store.replaceBuddies(buddies, account: account)
        }
        followBuddies()
    }

    /// Lets those who are watched be those who are on the list now, if the list is watched.
    private func followBuddies() {
        if buddyWatchMode != nil { watchBuddies() }
    }

    private func changeStore(_ body: (Store, String) throws(Store.Failure) -> Void) throws(XDMError) {
        do throws(Store.Failure) {
            presence.buddiesByAddress = nil
            try body(try openedStore(), account.name)
        } catch {
            throw .store(error.description)
        }
    }
}

// MARK: - The list as a service

extension Engine {
    /// Puts a list whose members are the buddies into the services of the list server (RFC 4826 §4), if it has none of
    /// that address.
    func addService(_ uri: String) async throws(XDMError) {
        let main = try await documentIfAny(buddyDocument).flatMap {
            try? ResourceLists(parsing: ByteString($0.body)).mainListName
        }
        let name = main ?? ResourceLists.mainLists[0]
        let node = XCAPNodeSelector(text: "\(ResourceLists.usage)/list[@name=\"\(name)\"]")
        let reference = try await documents().url(of: .init(document: buddyDocument, node: node)).description
        let services = XCAPDocumentSelector(usage: RLSServices.usage, user: documentUser)
        try await edit(services) { (bytes) throws(DocumentError) in
            try bytes.map { (bytes) throws(DocumentError) in try RLSServices(parsing: bytes) }
                ?? RLSServices()
        } change: { services in
            guard !services.services.contains(where: { $0.uri == uri }) else { return }
            services.set(uri, reference: reference, packages: ["presence"])
        } written: {
            $0.serialized()
        }
    }
}

// MARK: - Decisions about watchers

extension Engine {
    /// Allows or blocks somebody who asks, or may ask, to see the user's presence; with `nil` they have to ask again.
    ///
    /// Without a server the decision is kept, and nobody hears of it.
    package func decide(_ policy: WatcherPolicy?, about uri: String) async throws(XDMError) {
        if account.xcapRoot != nil {
            try await adoptLocalDecisions()
            try await editRules { $0.decide(policy.map(\.handling), about: uri) }
        }
        try changeStore { (store, account) throws(Store.Failure) in
            try store.setWatcherPolicy(policy, of: uri, account: account)
        }
    }

    /// Puts decisions of the time before there was a server on the server, once; what stands there counts more.
    private func adoptLocalDecisions() async throws(XDMError) {
        guard keptText(StateKey.decisionsAdopted) == nil else { return }
        let own = (try? openedStore().watcherPolicies(account: account.name)) ?? []
        if !own.isEmpty {
            try await editRules { rules in
                let known = rules.decisions.map(\.uri)
                for (uri, policy) in own where !known.contains(where: { Recipient.isSame($0, uri) }) {
                    rules.decide(policy.handling, about: uri)
                }
            }
        }
        remember("yes", as: StateKey.decisionsAdopted)
    }

    private func editRules(_ change: (inout PresenceRules) -> Void) async throws(XDMError) {
        try await edit(try await rulesDocument()) { (bytes) throws(DocumentError) in
            try bytes.map { (bytes) throws(DocumentError) in try PresenceRules(parsing: bytes) }
                ?? PresenceRules()
        } change: {
            change(&$0)
        } written: {
            $0.serialized()
        }
    }

    /// Brings the decisions that are known on this machine in line with the server's.
    package func refreshDecisions() async throws(XDMError) {
        guard account.xcapRoot != nil else { return }
        try await adoptLocalDecisions()
        guard let document = try await documentIfAny(rulesDocument()) else { return }
        let decisions: [(uri: String, handling: PresenceRules.Handling)]
        do throws(DocumentError) {
            decisions = try PresenceRules(parsing: ByteString(document.body)).decisions
        } catch {
            throw .malformed(document: document.selector.path, detail: error.wording)
        }
        let policies: [(uri: String, policy: WatcherPolicy)] = decisions.compactMap { uri, handling in
            switch handling {
            case .allow: (uri, .allow)
            case .block, .politeBlock: (uri, .block)
            case .confirm: nil
            }
        }
        try changeStore { (store, account) throws(Store.Failure) in
            try store.replaceWatcherPolicies(policies, account: account)
        }
    }

    /// The document of the rules, under the name that the server has for it.
    private func rulesDocument() async throws(XDMError) -> XCAPDocumentSelector {
        let usages = try await documentCapabilities()?.usages ?? []
        let isOMA = !usages.contains(PresenceRules.usage) && usages.contains(PresenceRules.omaUsage)
        return XCAPDocumentSelector(
            usage: isOMA ? PresenceRules.omaUsage : PresenceRules.usage,
            user: documentUser,
            name: isOMA ? PresenceRules.omaDocument : "index"
        )
    }
}

extension WatcherPolicy {
    fileprivate var handling: PresenceRules.Handling { self == .allow ? .allow : .block }
}
