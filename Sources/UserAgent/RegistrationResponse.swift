internal import Documents
package import SIP
package import Wire

extension Registration {
    /// Takes a response to the REGISTER that is on its way; any other is ignored.
    package mutating func response(_ response: Message, at now: Instant, into effects: inout [Effect]) {
        guard let status = response.status, status.isFinal, let exchange,
            let cseq = try? response.headers.first(CSeq.self), cseq.number == exchange.sequence
        else { return }
        switch status {
        case _ where status.isSuccess:
            succeed(exchange, response, at: now, into: &effects)
        case .unauthorized, .proxyAuthenticationRequired:
            authenticate(exchange, response, status, at: now, into: &effects)
        case .intervalTooBrief where canRaiseExpiry(exchange, response):
            raiseExpiry(exchange, response, into: &effects)
        case .forbidden where exchange.usesKeptNonce && !exchange.attempts.isAnswered:
            // Some registrars answer a nonce they have forgotten with 403: without it they would have asked.
            retryWithoutNonce(exchange, into: &effects)
        case .firstHopLacksOutboundSupport where usesOutbound:
            retryWithoutOutbound(exchange, into: &effects)
        default:
            refuse(exchange, response, status, at: now, into: &effects)
        }
    }

    private mutating func authenticate(
        _ exchange: Exchange,
        _ response: Message,
        _ status: StatusCode,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        var exchange = exchange
        do {
            try authenticator.answer(
                response,
                to: &exchange.request,
                attempts: &exchange.attempts,
                identifiers: &identifiers
            )
        } catch {
            return fail(.authentication(error, status: status), retry: .never, at: now, into: &effects)
        }
        resend(exchange, into: &effects)
    }

    private func canRaiseExpiry(_ exchange: Exchange, _ response: Message) -> Bool {
        guard !exchange.hasRaisedExpiry, exchange.purpose != .absent else { return false }
        guard let minimum = try? response.headers.first(MinExpires.self) else { return false }
        return minimum.duration > expires
    }

    /// Asks for the shortest lifetime the registrar grants, now and from now on (RFC 3261 §10.2.8).
    private mutating func raiseExpiry(_ exchange: Exchange, _ response: Message, into effects: inout [Effect])
    {
        guard let minimum = try? response.headers.first(MinExpires.self) else { return }
        var exchange = exchange
        exchange.hasRaisedExpiry = true
        expires = minimum.duration
        exchange.request.headers.set(Expires(seconds: minimum.seconds))
        authenticator.authorize(&exchange.request)
        resend(exchange, into: &effects)
    }

    private mutating func retryWithoutNonce(_ exchange: Exchange, into effects: inout [Effect]) {
        var exchange = exchange
        exchange.usesKeptNonce = false
        authenticator.forgetNonces()
        authenticator.authorize(&exchange.request)
        resend(exchange, into: &effects)
    }

    private mutating func retryWithoutOutbound(_ exchange: Exchange, into effects: inout [Effect]) {
        usesOutbound = false
        send(exchange.purpose, over: exchange.flow, into: &effects)
    }

    private mutating func refuse(
        _ exchange: Exchange,
        _ response: Message,
        _ status: StatusCode,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        // Whoever was told that its proof is wrong may answer with anything; a 403 after an answer is about it too.
        if let refusal = exchange.attempts.refusal,
            status == .forbidden || refusal == .networkNotAuthenticated
        {
            authenticator.forgetNonces()
            return fail(.authentication(refusal, status: status), retry: .never, at: now, into: &effects)
        }
        fail(.refused(response), retry: Self.retryRule(response, status), at: now, into: &effects)
    }

    /// What may pass is tried again, what will not is left; redirections are not followed.
    private static func retryRule(_ response: Message, _ status: StatusCode) -> RetryRule {
        switch status.value {
        case 408, 430, 480, 500, 502, 503, 504:
            guard let delay = try? response.headers.first(RetryAfter.self)?.delay else { return .later }
            return .after(delay)
        default:
            return .never
        }
    }
}

// MARK: - Success

extension Registration {
    private mutating func succeed(
        _ exchange: Exchange,
        _ response: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        self.exchange = nil
        if authenticator.noteSuccess(response, to: exchange.request) == .wrong {
            effects.append(.report(.wrongProof))
        }
        guard case .present(let withService) = exchange.purpose else {
            binding = nil
            isRefreshWanted = false
            effects.append(.report(.unregistered(.byUser)))
            // The user may have changed their mind while the leave was on its way.
            if goal != .absent { advance(at: now, into: &effects) }
            return
        }
        guard let contact = contactURI(over: exchange.flow) else { return }
        let own = Self.ownContact(contact, instanceID: profile.instanceID, in: response)
        // Bindings of others alone mean that ours was not made (RFC 3261 §10.2.4).
        guard own != nil || !response.headers.contains(.contact) else {
            return fail(.notGranted, retry: .later, at: now, into: &effects)
        }
        let granted = own?.expires ?? (try? response.headers.first(Expires.self))?.duration ?? expires
        guard granted > .zero else { return fail(.notGranted, retry: .later, at: now, into: &effects) }

        if binding == nil { table = RegistrationTable() }
        pace.succeeded()
        let status = status(response, own, contact, granted: granted, withService: withService)
        binding = Binding(
            status: status,
            contact: contact,
            flow: exchange.flow,
            since: binding?.since ?? now,
            refreshAt: now + Self.refreshDelay(granted: granted),
            expiresAt: now + granted
        )
        effects.append(.report(.registered(status)))
        advance(at: now, into: &effects)
    }

    /// When to refresh: 600 s before the end if more than 1200 s were granted, else at half (TS 24.229 §5.1.1.4.1).
    static func refreshDelay(granted: Duration) -> Duration {
        max(granted.refreshDelay, Limits.refreshInterval)
    }

    /// Finds our binding among those of the answer.
    ///
    /// The proxy may have added `;alias=` to its URI or changed the order of the parameters (RFC 5923); if it has
    /// rewritten the URI altogether, `+sip.instance` still tells.
    private static func ownContact(_ contact: SIPURI, instanceID: String?, in response: Message) -> Contact? {
        let contacts = (try? response.headers.all(Contact.self)) ?? []
        if let found = contacts.first(where: { $0.uri.sip.map(contact.isSameBinding) ?? false }) {
            return found
        }
        guard let instanceID else { return nil }
        return contacts.first { $0.instance == ByteString("<\(instanceID)>") }
    }

    private func status(
        _ response: Message,
        _ own: Contact?,
        _ contact: SIPURI,
        granted: Duration,
        withService: Bool
    ) -> Status {
        let associated = (try? response.headers.all(PAssociatedURI.self)) ?? []
        let identity = URI.sip(profile.publicIdentity)
        let isListed = associated.isEmpty || associated.contains { $0.uri.isEquivalent(to: identity) }
        let identities = associated.prefix(Limits.identities).map { $0.uri.text.text }
        let route = ((try? response.headers.all(ServiceRoute.self)) ?? []).prefix(Limits.serviceRoute)
        return Status(
            expires: granted,
            identities: identities.isEmpty ? [profile.publicIdentity.text.text] : identities,
            registeredIdentity: profile.publicIdentity.text.text,
            isRegisteredIdentityBarred: !isListed,
            serviceRoute: route.map { Route($0.address) },
            contact: own?.uri.text.text ?? contact.text.text,
            isServiceRegistered: withService,
            publicGRUU: own?.publicGRUU?.text,
            temporaryGRUU: own?.temporaryGRUU?.text,
            isOutboundUsed: (try? response.headers.first(Require.self))?.contains("outbound") ?? false,
            keepAlive: Self.keepAlive(in: response)
        )
    }

    private static func keepAlive(in response: Message) -> Duration? {
        if let timer = try? response.headers.first(FlowTimer.self) { return .seconds(timer.seconds) }
        guard let via = try? response.headers.first(Via.self), let value = via.parameters["keep"] else {
            return nil
        }
        // Without a value the parameter is the one we sent: the proxy has promised nothing (RFC 6223 §4.3).
        return value.decimal(upTo: UInt64(UInt32.max)).map { .seconds($0) }
    }
}

extension SIPURI {
    /// Whether both name one binding: equal but for `alias`, which a proxy adds (RFC 5923 §5).
    func isSameBinding(as other: SIPURI) -> Bool { withoutAlias.isEquivalent(to: other.withoutAlias) }

    private var withoutAlias: SIPURI {
        guard parameters.contains("alias") else { return self }
        var parameters = parameters
        parameters.remove("alias")
        return with(parameters: parameters)
    }
}
