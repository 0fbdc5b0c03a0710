// The rules as decisions about single addresses.
extension PresenceRules {
    /// The rules this program keeps; other programs keep theirs beside them.
    private static func id(of handling: Handling) -> String { handling == .allow ? "ims-allow" : "ims-block" }

    /// Every address that a rule without further conditions names, with what is done with it.
    ///
    /// Permissions add up: the most generous of several rules counts (RFC 4745 §10.2).
    package var decisions: [(uri: String, handling: Handling)] {
        var (order, found): ([String], [String: Handling]) = ([], [:])
        for rule in rules where !rule.isConditional {
            guard let handling = rule.handling else { continue }
            for case .one(let uri) in rule.identities {
                if found[uri] == nil { order.append(uri) }
                found[uri] = max(found[uri] ?? handling, handling)
            }
        }
        return order.compactMap { uri in found[uri].map { (uri, $0) } }
    }

    /// Allows or blocks one address, or with `nil` takes the decision back.
    ///
    /// The address leaves every rule that names it, whoever wrote that rule: permissions add up, so one of them would
    /// stand against the decision. A rule that is about nobody any more goes, and one about everybody that is more
    /// generous gets an exception.
    package mutating func decide(_ handling: Handling?, about uri: String) {
        for index in root.children.indices.reversed() where root.children[index].name == Self.policy("rule") {
            guard let other = Rule(root.children[index]).handling else { continue }
            let isOutvoting = handling.map { $0 < other } ?? false
            Self.except(uri, isOutvoting, in: &root.children[index])
            if Self.remove(uri, from: &root.children[index]) { root.removeChild(at: index) }
        }
        guard let handling else { return }
        let id = Self.id(of: handling)
        let isOwn = { (element: XMLElement) in
            element.name == Self.policy("rule") && element.attribute("id") == id
        }
        if let index = root.children.firstIndex(where: isOwn) {
            Self.add(uri, to: &root.children[index])
        } else {
            root.append(rule(id, handling, about: uri))
        }
    }

    /// Takes an address out of a rule.
    ///
    /// - Returns: Whether nobody is left in it.
    private static func remove(_ uri: String, from rule: inout XMLElement) -> Bool {
        guard let conditions = rule.children.firstIndex(where: { $0.name == policy("conditions") }) else {
            return false
        }
        var wasNamed = false
        let list = rule.children[conditions].children.indices.reversed()
        for index in list where rule.children[conditions].children[index].name == policy("identity") {
            let isMeant = { (one: XMLElement) in
                one.name == policy("one") && one.attribute("id") == uri
            }
            guard rule.children[conditions].children[index].children.contains(where: isMeant) else {
                continue
            }
            wasNamed = true
            rule.children[conditions].children[index].removeChildren(where: isMeant)
            if rule.children[conditions].children[index].children.isEmpty {
                rule.children[conditions].removeChild(at: index)
            }
        }
        return wasNamed && !rule.children[conditions].children.contains { $0.name == policy("identity") }
    }

    /// Makes an address an exception of a rule about everybody or its whole domain (RFC 4745 §7.1.2), or no longer one.
    private static func except(_ uri: String, _ isException: Bool, in rule: inout XMLElement) {
        let domain = uri.split(separator: "@").last.map(String.init)
        rule.changeChildren(policy("conditions")) { conditions in
            conditions.changeChildren(policy("identity")) { identity in
                identity.changeChildren(policy("many")) { many in
                    many.removeChildren { $0.name == policy("except") && $0.attribute("id") == uri }
                    let wanted = many.attribute("domain")
                    guard isException, wanted == nil || wanted == domain else { return }
                    many.append(many.sibling("except", ["id": uri]))
                }
            }
        }
    }

    private static func add(_ uri: String, to rule: inout XMLElement) {
        let one = rule.sibling("one", ["id": uri])
        let conditions = rule.children.firstIndex { $0.name == policy("conditions") }
        if conditions == nil { rule.insert(rule.sibling("conditions"), at: 0) }
        let index = conditions ?? 0
        let identity = rule.children[index].children.firstIndex { $0.name == policy("identity") }
        if identity == nil { rule.children[index].insert(rule.sibling("identity"), at: 0) }
        rule.children[index].children[identity ?? 0].append(one)
    }

    /// A rule that lets an address see everything, or nothing (RFC 5025 §3.3).
    private func rule(_ id: String, _ handling: Handling, about uri: String) -> XMLElement {
        var rule = root.sibling("rule", ["id": id])
        Self.add(uri, to: &rule)
        var (actions, subscription) = (root.sibling("actions"), Self.element("sub-handling"))
        subscription.text = handling.rawValue
        actions.append(subscription)
        rule.append(actions)
        guard handling == .allow else { return rule }
        var transformations = root.sibling("transformations")
        for (permission, everything) in [
            ("provide-devices", "all-devices"), ("provide-persons", "all-persons"),
            ("provide-services", "all-services"),
        ] {
            var element = Self.element(permission)
            element.append(Self.element(everything))
            transformations.append(element)
        }
        transformations.append(Self.element("provide-all-attributes"))
        rule.append(transformations)
        return rule
    }

    private static func element(_ local: String) -> XMLElement { XMLElement(name: presence(local)) }
}
