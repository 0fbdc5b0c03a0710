import Documents
import Wire

extension LabXCAP {
    /// What a user's presence rules say of a watcher (RFC 5025 §3.2.1); `nil` if the user has none.
    ///
    /// Permissions add up (RFC 4745 §10.2). Of whom no rule speaks, the user is asked, where the standard would block.
    func permission(of watcher: [String], for user: String) -> LabPermission? {
        let own = identity(of: user)
        let rules = [
            "\(PresenceRules.usage)/users/\(own)/index",
            "\(PresenceRules.omaUsage)/users/\(own)/\(PresenceRules.omaDocument)",
        ].compactMap { document(at: $0) }.compactMap { try? PresenceRules(parsing: $0.body) }
        guard !rules.isEmpty else { return nil }
        let known = rules.flatMap(\.rules).filter { !$0.isConditional }
        let meant = known.filter { rule in rule.identities.contains { speaks($0, of: watcher) } }
        let others = known.filter { $0.identities.contains(.others) }
        let handlings = (meant.isEmpty ? others : meant).compactMap(\.handling)
        return handlings.max().flatMap { LabPermission(rawValue: $0.rawValue) } ?? .confirm
    }

    private func speaks(_ identity: PresenceRules.Identity, of watcher: [String]) -> Bool {
        switch identity {
        case .one(let uri): watcher.contains(uri)
        case .many(let domain, let exceptions):
            (domain == nil || domain == configuration.domain)
                && !exceptions.contains { watcher.contains($0) || $0 == configuration.domain }
        case .list(let uri): members(of: uri).contains { watcher.contains($0) }
        case .anonymous, .others: false
        }
    }

    /// The members of the list that an HTTP URI names, if it is one of ours.
    private func members(of uri: String) -> [String] {
        let parts = uri.split(separator: Self.root, maxSplits: 1)
        guard let path = parts.last, let target = target(String(path), nil), let node = target.node,
            let document = document(at: target.path), let root = try? XMLReader.read(document.body.bytes),
            let list = Self.node(node, target, in: root)
        else { return [] }
        return list.children.compactMap { $0.attribute("uri") }
    }
}
