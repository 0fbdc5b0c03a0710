internal import SIP
internal import Wire

extension Registration {
    /// Sends a REGISTER that makes `purpose` true at the registrar.
    mutating func send(_ purpose: Goal, over flow: Flow, into effects: inout [Effect]) {
        // A new registration is a new call, and so is one after the network ended the former.
        if binding == nil || callID.isEmpty {
            callID = identifiers.callID()
            fromTag = identifiers.tag()
        }
        guard var request = request(for: purpose, over: flow) else { return }
        sequence += 1
        request.headers.set(CSeq(number: sequence, method: .register))
        let usesKeptNonce = authenticator.hasKeptNonce
        authenticator.authorize(&request)
        exchange = Exchange(
            request: request,
            flow: flow,
            sequence: sequence,
            purpose: purpose,
            usesKeptNonce: usesKeptNonce
        )
        effects.append(.send(request, over: flow))
    }

    /// Sends the REGISTER that is under way once more, after something in it was changed.
    mutating func resend(_ exchange: Exchange, into effects: inout [Effect]) {
        var exchange = exchange
        sequence += 1
        exchange.sequence = sequence
        exchange.request.headers.set(CSeq(number: sequence, method: .register))
        self.exchange = exchange
        effects.append(.send(exchange.request, over: exchange.flow))
    }

    /// The `Contact` of this client over `flow`, without the parameters of the header field.
    func contactURI(over flow: Flow) -> SIPURI? {
        try? SIPURI(
            user: profile.publicIdentity.userText,
            host: flow.local.host,
            port: flow.local.port,
            parameters: ["transport": flow.transport.rawValue]
        )
    }

    /// Composes a REGISTER without `CSeq`, credentials and `Via` (TS 24.229 §5.1.1.2.1, OMA SIMPLE IM TS §6.1.1.1).
    func request(for purpose: Goal, over flow: Flow) -> Message? {
        guard let contact = contact(for: purpose, over: flow) else { return nil }
        let identity = NameAddress(.sip(profile.publicIdentity), displayName: profile.displayName)
        var from = From(identity)
        from.tag = ByteString(fromTag)

        var request = Message(method: .register, uri: .sip(profile.homeDomain))
        request.headers.append(MaxForwards())
        request.headers.append(from)
        request.headers.append(To(identity))
        request.headers.append(CallID(callID))
        request.headers.append(.cseq, "0 REGISTER")
        request.headers.append(contact)
        request.headers.append(Expires(seconds: purpose == .absent ? 0 : expires.wholeSeconds))
        if profile.requiresPreferences { request.headers.append(Require("pref")) }
        if !profile.supported.isEmpty { request.headers.append(Supported(profile.supported)) }
        if !profile.allow.isEmpty { request.headers.append(Allow(profile.allow)) }
        if let network = profile.accessNetworkInfo { request.headers.append(.pAccessNetworkInfo, network) }
        if let userAgent = profile.userAgent { request.headers.append(.userAgent, userAgent) }
        return request
    }

    /// The `Contact` of this client as the registrar has it now, for those who ask; `nil` without a registration.
    func presentContact(over flow: Flow) -> Contact? {
        guard let status else { return nil }
        var contact = contact(for: .present(withService: status.isServiceRegistered), over: flow)
        contact?.parameters.remove("reg-id")
        return contact
    }

    private func contact(for purpose: Goal, over flow: Flow) -> Contact? {
        guard let uri = contactURI(over: flow) else { return nil }
        var contact = Contact(.sip(uri))
        if let instanceID = profile.instanceID {
            contact.parameters.set("+sip.instance", "<\(instanceID)>", quoted: true)
        }
        if usesOutbound, let registrationID = profile.registrationID {
            contact.parameters.set("reg-id", String(registrationID))
        }
        let features = purpose == .present(withService: false) ? [] : profile.serviceFeatures
        for feature in features + profile.features {
            contact.parameters.set(feature.name, feature.value.map { ByteString($0) }, quoted: true)
        }
        return contact
    }
}

extension Duration {
    /// The seconds as SIP counts them: whole, and from 0 to 2³²−1 (RFC 3261 §20.19).
    var wholeSeconds: UInt32 { UInt32(clamping: components.seconds) }
}
