import SIP
import Wire

/// The bindings of a pocket core: which user is where (RFC 3261 §10.3).
struct LabRegistrar: Sendable {
    /// One contact of a user, reached over the flow its REGISTER came on.
    struct Binding: Sendable {
        let id: String
        var contact: Contact
        var flow: Flow
        var callID: ByteString
        var sequence: UInt32
        var expiry: Instant
        /// Whether the connection it came on has broken.
        var isLost = false

        /// Whether a REGISTER with `other` means this binding: the same instance, or else the same URI.
        fileprivate func isBinding(of other: Contact) -> Bool {
            if let instance = contact.instance, let otherInstance = other.instance {
                return instance == otherInstance && contact.parameters["reg-id"] == other.parameters["reg-id"]
            }
            return contact.uri.isEquivalent(to: other.uri)
        }
    }

    private var bindings: [String: [Binding]] = [:]
    private var lastNumber = 0

    /// The bindings of `user`, the newest last.
    func bindings(of user: String) -> [Binding] { bindings[user] ?? [] }

    /// The binding of `user` to send to: the newest that can be reached.
    func target(of user: String) -> Binding? { bindings(of: user).last { !$0.isLost } }

    /// The binding whose contact `uri` is.
    func binding(at uri: URI) -> Binding? {
        bindings.values.joined().first { !$0.isLost && $0.contact.uri.isEquivalent(to: uri) }
    }

    /// The user who is registered over `flow`.
    func user(on flow: Flow) -> String? {
        bindings.first { _, bindings in
            bindings.contains { $0.flow.id == flow.id && $0.flow.remote == flow.remote }
        }?.key
    }

    /// Finds the binding that a contact of a REGISTER means.
    func binding(of user: String, for contact: Contact) -> Binding? {
        bindings(of: user).first { $0.isBinding(of: contact) }
    }

    /// Makes or renews a binding; it becomes the newest.
    ///
    /// - Returns: Whether there was room for it.
    mutating func bind(
        _ user: String,
        _ contact: Contact,
        of request: Message,
        over flow: Flow,
        until expiry: Instant
    ) -> Bool {
        var list = bindings(of: user)
        let old = list.firstIndex { $0.isBinding(of: contact) }.map { list.remove(at: $0) }
        guard list.count < LabLimits.bindingsPerUser else { return false }
        if old == nil { lastNumber += 1 }
        list.append(
            Binding(
                id: old?.id ?? "c\(lastNumber)",
                contact: contact,
                flow: flow,
                callID: request.headers.first(.callID) ?? .empty,
                sequence: request.cseq?.number ?? 0,
                expiry: expiry
            )
        )
        bindings[user] = list
        return true
    }

    /// Removes the bindings that satisfy `isRemoved`, and returns them.
    mutating func unbind(_ user: String, where isRemoved: (Binding) -> Bool) -> [Binding] {
        let list = bindings(of: user)
        let kept = list.filter { !isRemoved($0) }
        bindings[user] = kept.isEmpty ? nil : kept
        return list.filter(isRemoved)
    }

    mutating func unbind(_ user: String, _ contact: Contact) -> [Binding] {
        unbind(user) { $0.isBinding(of: contact) }
    }

    /// Notes that nothing gets through over a flow any more.
    mutating func lose(_ flow: FlowID) {
        bindings = bindings.mapValues { list in
            list.map { binding in
                var binding = binding
                if binding.flow.id == flow { binding.isLost = true }
                return binding
            }
        }
    }

    var nextExpiry: Instant? { bindings.values.joined().map(\.expiry).min() }
}
