import Crypto
import Documents
import SIP
import Wire

extension LabCore {
    /// Answers a REGISTER (RFC 3261 §10.3, TS 24.229 §5.4.1).
    mutating func register(_ request: Incoming) {
        let message = request.message
        let target = message.requestURI.flatMap { try? SIPURI(parsing: $0) }
        guard let target, isOurs(target, request.flow) else { return answer(request, .notFound) }
        guard let to = try? message.headers.first(To.self), let user = user(of: to.uri) else {
            return answer(request, .forbidden, reason: "Unknown user")
        }
        guard checkExtensions(request), let credentials = authenticate(request, as: user) else { return }
        update(user, request, credentials)
    }

    /// Refuses what the request requires and this core does not know (RFC 3261 §8.2.2.3).
    private mutating func checkExtensions(_ request: Incoming) -> Bool {
        var known = ["path", "gruu", "outbound"]
        if !faults.refusesPreferences { known.append("pref") }
        let fields = (try? request.message.headers.all(Require.self)) ?? []
        let unknown = fields.flatMap { Array($0.tokens) }.filter { tag in
            !known.contains { tag.equalsIgnoringCase($0) }
        }
        guard !unknown.isEmpty else { return true }
        answer(request, .badExtension) { $0.headers.append(Unsupported(unknown.map(\.text))) }
        return false
    }

    // MARK: - Authentication

    /// Checks who asks; unless that is proved, challenges (RFC 3261 §22.1).
    private mutating func authenticate(_ request: Incoming, as user: LabUser) -> LabCredentials? {
        let fields = (try? request.message.headers.all(Authorization.self)) ?? []
        let credentials = fields.lazy.compactMap { [self] field in
            LabCredentials(field, of: configuration)
        }.first
        guard let credentials, credentials.isProof(of: .register, body: request.message.body) else {
            challenge(request, isStale: false)
            return nil
        }
        let isFresh = nonces.use(
            credentials.nonce,
            count: credentials.nonceCount,
            at: request.now,
            lifetime: configuration.nonceLifetime
        )
        // Stale is what was once right: who knows the password need not be asked for it again (RFC 7616 §3.3).
        guard isFresh, !faults.takeStale() else {
            challenge(request, isStale: true)
            return nil
        }
        guard credentials.user == user else {
            answer(request, .forbidden, reason: "Not your identity")
            return nil
        }
        return credentials
    }

    private mutating func challenge(_ request: Incoming, isStale: Bool) {
        let challenges = configuration.algorithms.map { algorithm in
            let nonce = nonces.issue(at: request.now, from: &identifiers)
            return WWWAuthenticate(configuration.challenge(algorithm, nonce: nonce, isStale: isStale))
        }
        answer(request, .unauthorized) { response in
            for challenge in challenges { response.headers.append(challenge) }
        }
    }

    // MARK: - Bindings

    private mutating func update(_ user: LabUser, _ request: Incoming, _ credentials: LabCredentials) {
        guard let contacts = try? request.message.headers.all(Contact.self) else {
            return answer(request, .badRequest, reason: "Contact makes no sense")
        }
        let common = (try? request.message.headers.first(Expires.self))?.seconds
        let isRemovingAll = contacts.contains(where: \.isWildcard)
        guard !isRemovingAll || common == 0 else {
            return answer(request, .badRequest, reason: "Expires must be 0")
        }
        let wanted = contacts.filter { !$0.isWildcard }.map { contact in
            let asked = contact.expires.map { UInt32(clamping: $0.components.seconds) } ?? common ?? 3600
            return (contact: contact, seconds: min(asked, configuration.maximumExpires))
        }
        let minimum = faults.minimumExpires ?? configuration.minimumExpires
        guard wanted.allSatisfy({ $0.seconds == 0 || $0.seconds >= minimum }) else {
            return answer(request, .intervalTooBrief) { $0.headers.append(MinExpires(seconds: minimum)) }
        }
        guard !wanted.contains(where: { isOvertaken(request.message, user, $0.contact) }) else {
            return answer(request, .serverInternalError, reason: "Out of order")
        }
        var removed = isRemovingAll ? registrar.unbind(user.name) { _ in true } : []
        for (contact, _) in wanted.filter({ $0.seconds == 0 }) {
            removed += registrar.unbind(user.name, contact)
        }
        for (contact, seconds) in wanted where seconds > 0 {
            let expiry = request.now + .seconds(seconds)
            guard registrar.bind(user.name, contact, of: request.message, over: request.flow, until: expiry)
            else {
                return answer(request, .forbidden, reason: "Too many contacts")
            }
        }
        confirm(user, request, credentials)
        announce(user, hasLeft: !removed.isEmpty, wanted.map(\.seconds).max() ?? 0, request.flow)
        if !contacts.isEmpty { notify(about: user, removed, .unregistered, at: request.now) }
    }

    /// Whether a REGISTER was overtaken by a later one of the same client (RFC 3261 §10.3 step 7).
    private func isOvertaken(_ request: Message, _ user: LabUser, _ contact: Contact) -> Bool {
        guard let binding = registrar.binding(of: user.name, for: contact),
            request.headers.first(.callID) == binding.callID
        else { return false }
        return request.cseq.map { $0.number <= binding.sequence } ?? false
    }

    private mutating func announce(_ user: LabUser, hasLeft: Bool, _ seconds: UInt32, _ flow: Flow) {
        if seconds > 0 {
            note(
                "\(user.name) registered over \(flow.transport.rawValue) from \(flow.remote) for \(seconds) s"
            )
        } else if hasLeft {
            note("\(user.name) left")
        }
    }

    /// The 200 to a REGISTER, with what the client needs to know from then on (TS 24.229 §5.4.1.2.2F).
    private mutating func confirm(_ user: LabUser, _ request: Incoming, _ credentials: LabCredentials) {
        let bindings = registrar.bindings(of: user.name)
        let nextNonce = configuration.sendsNextNonce ? nonces.issue(at: request.now, from: &identifiers) : nil
        let (path, route) = (
            ownURI("term", request.flow, isRouter: true), ownURI("orig", request.flow, isRouter: true)
        )
        let identities = user.identities(in: configuration.domain)
        let keepAlive = request.flow.transport.isReliable ? configuration.keepAlive : nil
        answer(request, .ok) { response in
            for binding in bindings {
                var contact = binding.contact
                contact.parameters.set("expires", String(binding.expiry.seconds(from: request.now)))
                response.headers.append(contact)
            }
            if let info = credentials.authenticationInfo(nextNonce: nextNonce) {
                response.headers.append(info)
            }
            guard !bindings.isEmpty else { return }
            if let path { response.headers.append(Path(NameAddress(path))) }
            if let route { response.headers.append(ServiceRoute(NameAddress(route))) }
            for identity in identities { response.headers.append(PAssociatedURI(NameAddress(identity))) }
            if let keepAlive { response.tellKeepAlive(keepAlive) }
        }
    }

    mutating func expireBindings(at now: Instant) {
        for user in configuration.users {
            let expired = registrar.unbind(user.name) { $0.expiry <= now }
            guard !expired.isEmpty else { continue }
            note("the registration of \(user.name) expired")
            notify(about: user, expired, .expired, at: now)
        }
    }

    // MARK: - Names

    /// Finds the user who has this public identity.
    func user(of identity: URI) -> LabUser? {
        if let sip = identity.sip {
            guard sip.host.equalsIgnoringCase(configuration.domain), let name = sip.userText else {
                return nil
            }
            return configuration.users.first { name == $0.name || name == $0.telephone }
        }
        return configuration.users.first { user in
            user.identities(in: configuration.domain).contains { $0.isEquivalent(to: identity) }
        }
    }

    /// Whether a URI names this core: by its domain, or by the address it was reached at.
    private func isOurs(_ uri: SIPURI, _ flow: Flow) -> Bool {
        uri.host.equalsIgnoringCase(configuration.domain) || uri.hostAddress == flow.local.host
    }

    /// The URI of this core on `flow`; `user` tells its roles apart.
    func ownURI(_ user: String, _ flow: Flow, isRouter: Bool = false) -> URI? {
        var parameters: Parameters = ["transport": flow.transport.rawValue]
        if isRouter { parameters.set("lr") }
        let uri = try? SIPURI(
            user: user,
            host: flow.local.host,
            port: flow.local.port,
            parameters: parameters
        )
        return uri.map { .sip($0) }
    }
}

extension Message {
    /// Tells the interval of keep-alives to a client that offered them in its `Via` (RFC 6223 §4.4).
    fileprivate mutating func tellKeepAlive(_ seconds: UInt32) {
        guard var via = topVia, via.parameters.contains("keep") else { return }
        via.parameters.set("keep", String(seconds))
        // The Via was read a moment ago, so it can be replaced.
        _ = try? headers.replaceFirst(via)
    }
}

extension Instant {
    /// The whole seconds that are left at `now`, none if it is past.
    func seconds(from now: Instant) -> UInt32 { UInt32(clamping: (self - now).components.seconds) }
}
