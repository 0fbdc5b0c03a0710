import Documents
import SIP
import Wire

extension LabCore {
    /// Tells everyone who watches `user` what has become of the bindings; `removed` are those that are no more.
    mutating func notify(
        about user: LabUser,
        _ removed: [LabRegistrar.Binding],
        _ event: RegistrationInformation.Event,
        at now: Instant
    ) {
        // A user without any binding is no longer served, so the subscription ends too (TS 24.229 §5.4.2.1.2).
        let isGone = registrar.bindings(of: user.name).isEmpty
        for id in subscriptions(.registration, of: user.name) {
            guard let subscription = subscriptions[id] else { continue }
            let document = document(for: subscription, removed, event, at: now)
            notify(id, reason: isGone ? "noresource" : nil, document, at: now)
        }
    }

    /// The state of all registrations of a user (RFC 3680 §5).
    func document(
        for subscription: LabSubscription,
        _ removed: [LabRegistrar.Binding] = [],
        _ event: RegistrationInformation.Event = .unregistered,
        at now: Instant
    ) -> ByteString {
        let bindings = registrar.bindings(of: subscription.user)
        let identities = user(named: subscription.user)?.identities(in: configuration.domain) ?? []
        let registrations = identities.enumerated().map { index, identity in
            RegistrationInformation.Registration(
                addressOfRecord: identity.text.text,
                id: "r\(index)",
                state: bindings.isEmpty ? .terminated : .active,
                contacts: bindings.map { $0.described(.active, .registered, at: now) }
                    + removed.map { $0.described(.terminated, event, at: now) }
            )
        }
        let information = RegistrationInformation(
            version: subscription.version,
            isFull: true,
            registrations: registrations
        )
        return ByteString(information.serialized())
    }
}

extension LabRegistrar.Binding {
    fileprivate func described(
        _ state: RegistrationInformation.Contact.State,
        _ event: RegistrationInformation.Event,
        at now: Instant
    ) -> RegistrationInformation.Contact {
        var described = RegistrationInformation.Contact(
            id: id,
            state: state,
            event: event,
            uri: contact.uri.text.text
        )
        described.expires = state == .active ? .seconds(expiry.seconds(from: now)) : .zero
        described.callID = callID.text
        described.sequence = sequence
        for parameter in contact.parameters {
            let name = parameter.name.text.lowercased()
            guard name != "expires", name != "q" else { continue }
            described.parameters[name] = parameter.value?.text ?? ""
        }
        return described
    }
}
