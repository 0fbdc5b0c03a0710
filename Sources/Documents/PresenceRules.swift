package import Wire

/// Who may see the user's presence, `application/auth-policy+xml` (RFC 5025 on RFC 4745).
///
/// The document itself is kept, so that what other programs have put into it stays when it is changed and written back.
package struct PresenceRules: Hashable, Sendable {
    var root: XMLElement

    package static let usage = "pres-rules"
    /// The name under which OMA keeps the same document (OMA Presence XDM §5.1.1.2).
    package static let omaUsage = "org.openmobilealliance.pres-rules"
    package static let omaDocument = "pres-rules"
    package static let mediaType = "application/auth-policy+xml"
    static let policyNamespace = "urn:ietf:params:xml:ns:common-policy"
    static let namespace = "urn:ietf:params:xml:ns:pres-rules"
    /// The conditions that OMA has added (OMA XDM Core §6.6.2.3).
    static let omaPolicyNamespace = "urn:oma:xml:xdm:common-policy"

    /// What is done with a subscription, the most careful first (RFC 5025 §3.2.1).
    package enum Handling: String, Hashable, Sendable, CaseIterable, Comparable {
        case block
        /// The watcher waits until the user decides.
        case confirm
        /// The watcher is made to believe that the user is not there.
        case politeBlock = "polite-block"
        case allow

        package static func < (left: Self, right: Self) -> Bool {
            allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
        }
    }

    /// One rule: what is done with whom, under which conditions.
    package struct Rule: Hashable, Sendable {
        package var id: String
        package var identities: [Identity]
        package var handling: Handling?
        /// Whether it has conditions that a client cannot judge: a sphere, a time, or one it does not know.
        package var isConditional: Bool
    }

    /// Whom a rule is about (RFC 4745 §7.1, OMA XDM Core §6.6.2.3).
    package enum Identity: Hashable, Sendable {
        case one(String)
        /// Everybody who can prove who they are, or everybody of a domain, but for these addresses and domains.
        case many(domain: String?, except: [String])
        /// The members of a list, by its HTTP URI.
        case list(String)
        case anonymous
        /// Everybody whom no other rule is about.
        case others
    }

    /// Rules that say nothing.
    package init() {
        root = XMLElement(name: Self.policy("ruleset"))
        root.namespaces = ["": Self.policyNamespace, "pr": Self.namespace]
    }

    /// Reads a document.
    package init(parsing body: ByteString) throws(DocumentError) {
        root = try XMLReader.document(
            body,
            root: Self.policy("ruleset"),
            byteLimit: XDMLimits.documentSize
        )
        for rule in root.children(Self.policy("rule")) where rule.attribute("id") == nil {
            throw .invalid(element: "rule")
        }
    }

    package var rules: [Rule] { root.children(Self.policy("rule")).map(Rule.init) }

    /// The document in XML.
    package func serialized() -> [UInt8] {
        var writer = XMLWriter()
        writer.element(root)
        return writer.bytes
    }

    static func policy(_ local: String) -> XMLName { XMLName(local, in: policyNamespace) }
    static func presence(_ local: String) -> XMLName { XMLName(local, in: namespace) }
}

extension PresenceRules.Rule {
    init(_ element: XMLElement) {
        let conditions = element.firstChild(PresenceRules.policy("conditions"))?.children ?? []
        var (identities, isConditional): ([PresenceRules.Identity], Bool) = ([], false)
        for condition in conditions {
            switch (condition.name.local, condition.name.namespace) {
            case ("identity", PresenceRules.policyNamespace):
                let found = condition.children.map(PresenceRules.Identity.init)
                identities += found.compactMap(\.self)
                if found.contains(nil) { isConditional = true }
            case ("external-list", PresenceRules.omaPolicyNamespace):
                identities += condition.children.compactMap { $0.attribute("anc").map { .list($0) } }
            case ("anonymous-request", PresenceRules.omaPolicyNamespace): identities.append(.anonymous)
            case ("other-identity", PresenceRules.omaPolicyNamespace): identities.append(.others)
            default: isConditional = true
            }
        }
        let handling = element.firstChild(PresenceRules.policy("actions"))?
            .firstChild(PresenceRules.presence("sub-handling"))
        self.init(
            id: element.attribute("id") ?? "",
            identities: identities,
            handling: handling.flatMap { PresenceRules.Handling(rawValue: $0.trimmedText) },
            isConditional: isConditional
        )
    }
}

extension PresenceRules.Identity {
    /// Reads a child of `identity`, or gives `nil` for one that it does not know.
    fileprivate init?(_ element: XMLElement) {
        guard element.name.namespace == PresenceRules.policyNamespace else { return nil }
        switch element.name.local {
        case "one":
            guard let id = element.attribute("id") else { return nil }
            self = .one(id)
        case "many":
            let exceptions = element.children(PresenceRules.policy("except"))
            self = .many(
                domain: element.attribute("domain"),
                except: exceptions.compactMap { $0.attribute("id") ?? $0.attribute("domain") }
            )
        default: return nil
        }
    }
}
