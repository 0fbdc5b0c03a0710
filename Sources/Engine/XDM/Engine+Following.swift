import Documents
package import Store
import UserAgent

/// What another client has changed in the buddy list.
package struct BuddyListChange: Hashable, Sendable {
    package var added: [Buddy]
    package var removed: [Buddy]
    /// Those of whom something else is said now, as it is now.
    package var changed: [Buddy]

    package init(added: [Buddy] = [], removed: [Buddy] = [], changed: [Buddy] = []) {
        (self.added, self.removed, self.changed) = (added, removed, changed)
    }

    init(from old: [Buddy], to new: [Buddy]) {
        let known = Dictionary(old.map { ($0.uri, $0) }) { first, _ in first }
        let now = Set(new.map(\.uri))
        added = new.filter { known[$0.uri] == nil }
        removed = old.filter { !now.contains($0.uri) }
        changed = new.filter { buddy in known[buddy.uri].map { $0 != buddy } ?? false }
    }

    var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }
}

// What other clients do to the documents of the account, as long as it is registered.
extension Engine {
    /// Takes up what was changed elsewhere, now and whenever the server tells of it (RFC 5875).
    func followDocuments() {
        guard account.xcapRoot != nil else { return }
        lookAtDocuments()
        guard presence.documents == nil, let identity = core?.usableIdentity else { return }
        let paths = [ResourceLists.usage, PresenceRules.usage].map {
            XCAPDocumentSelector(usage: $0, user: documentUser).path
        }
        step { [self] core, now, effects in
            presence.documents = core.watch(.documents(paths, of: identity), at: now, into: &effects)
        }
    }

    /// Takes what the server tells: a version that is known already was made here.
    func take(_ difference: XCAPDifference) {
        let isNews = difference.documents.contains { document in
            guard let selector = XCAPDocumentSelector(path: document.selector) else { return true }
            // Who gives no tags says that something has changed and not what.
            guard document.newETag != nil || document.previousETag != nil else { return true }
            let known = keptDocument(selector)?.etag
            return known?.unquoted != document.newETag?.unquoted
        }
        if isNews || !difference.nodes.isEmpty { lookAtDocuments() }
    }

    /// Reads the buddy list and the decisions anew; what comes while that goes on is looked at afterwards.
    private func lookAtDocuments() {
        // What is being changed here is told by the server before it has answered.
        guard !presence.isLooking, presence.changesUnderWay == 0 else {
            presence.mustLookAgain = true
            return
        }
        presence.isLooking = true
        start { await $0.lookUntilSettled() }
    }

    private func lookUntilSettled() async {
        repeat {
            presence.mustLookAgain = false
            await lookOnce()
        } while presence.mustLookAgain && presence.changesUnderWay == 0 && !isShutDown
        presence.isLooking = false
        let waiting = presence.lookWaiters
        presence.lookWaiters = []
        for waiter in waiting { waiter.resume() }
    }

    /// Waits until nothing is being read: what was read before a change of ours must not be taken after it.
    func finishLooking() async {
        while presence.isLooking {
            await withCheckedContinuation { presence.lookWaiters.append($0) }
        }
    }

    /// Notes that a change of ours to a document begins.
    func beginChange() { presence.changesUnderWay += 1 }

    /// Notes its end, and looks at what was told meanwhile.
    func endChange() {
        presence.changesUnderWay -= 1
        if presence.mustLookAgain { lookAtDocuments() }
    }

    private func lookOnce() async {
        let source = await refreshBuddies { [self] change in
            if !change.isEmpty, !isShutDown { emit(.buddiesChanged(change)) }
        }
        if case .copy(let error) = source {
            return log(.notice, "the buddy list on the server could not be read: \(error)")
        }
        do throws(XDMError) {
            try await refreshDecisions()
        } catch {
            log(.notice, "the presence rules on the server could not be read: \(error)")
        }
    }
}

extension String {
    /// An entity tag without the quotes that HTTP puts around it and an xcap-diff document may leave out.
    fileprivate var unquoted: Substring {
        hasPrefix("\"") && hasSuffix("\"") ? dropFirst().dropLast() : self[...]
    }
}
