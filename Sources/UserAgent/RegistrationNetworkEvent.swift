package import Documents
internal import SIP
package import Wire

extension Registration {
    /// A new subscription to the `reg` event begins: its documents count their versions anew (RFC 3680 §5.1).
    package mutating func watchBegan() { table = RegistrationTable() }

    /// Takes what the network says about the registration (RFC 3680, TS 24.229 §5.1.1.5.2, §5.1.1.7).
    package mutating func receive(
        _ information: RegistrationInformation,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch table.merge(information) {
        case .ignored: return
        case .processedWithGap: effects.append(.needFullState)
        case .processed: break
        }
        guard goal != .absent, let binding else { return }
        guard let registration = ownRegistration(in: information) else { return }
        guard let contact = ownContact(in: registration, binding) else {
            if registration.state == .terminated, exchange == nil {
                end(.deactivated, retryAfter: nil, binding, at: now, into: &effects)
            }
            return
        }
        if contact.state == .terminated {
            end(contact.event, retryAfter: contact.retryAfter, binding, at: now, into: &effects)
        } else if contact.event == .shortened, let expires = contact.expires {
            shorten(to: expires, at: now)
        }
    }

    /// The state of the identity that was registered; a barred one is known by the default identity.
    private func ownRegistration(
        in information: RegistrationInformation
    ) -> RegistrationInformation.Registration? {
        let own = [profile.publicIdentity.text.text, defaultIdentity].compactMap {
            $0.flatMap { try? URI($0) }
        }
        for identity in own {
            let found = information.registrations.first { registration in
                (try? URI(registration.addressOfRecord))?.isEquivalent(to: identity) ?? false
            }
            if let found { return found }
        }
        return nil
    }

    /// Our binding, by its URI; by its instance only while no binding of that URI is known.
    ///
    /// After a change of address the binding of the former address has the same instance: its end is not ours.
    private func ownContact(
        in registration: RegistrationInformation.Registration,
        _ binding: Binding
    ) -> RegistrationInformation.Contact? {
        let isOwn = { (contact: RegistrationInformation.Contact) in
            (try? SIPURI(contact.uri))?.isSameBinding(as: binding.contact) ?? false
        }
        if let found = registration.contacts.first(where: isOwn) { return found }
        let isKnown = table.registrations.contains { $0.contacts.contains(where: isOwn) }
        guard !isKnown, let instanceID = profile.instanceID else { return nil }
        return registration.contacts.first {
            $0.parameters["+sip.instance"].map { ByteString($0).unquoted.text } == "<\(instanceID)>"
        }
    }

    /// The network has ended the binding (RFC 3680 §5.1 for the events).
    private mutating func end(
        _ event: RegistrationInformation.Event,
        retryAfter: Duration?,
        _ binding: Binding,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        // A REGISTER that is on its way makes the binding again, or tells by its answer that it cannot.
        let comesBack = event == .deactivated || event == .expired
        if comesBack, exchange != nil { return }
        self.binding = nil
        isRefreshWanted = false
        effects.append(.report(.unregistered(.byNetwork(event: event.rawValue))))
        if comesBack, now - binding.since >= Limits.lasting {
            retry = nil
        } else if comesBack || event == .probation {
            let delay = min(retryAfter ?? pace.nextDelay(using: &identifiers), Limits.retryAfter)
            let isMandatory = event == .probation
            retry = Retry(at: now + delay, failure: .notGranted, isMandatory: isMandatory)
        } else {
            goal = .absent
            retry = nil
            return
        }
        advance(at: now, into: &effects)
    }

    /// The network wants to see the user authenticated sooner (TS 24.229 §5.1.1.5.2).
    private mutating func shorten(to expires: Duration, at now: Instant) {
        guard var binding, now + expires < binding.expiresAt else { return }
        binding.expiresAt = now + expires
        binding.refreshAt = min(binding.refreshAt, now + Self.refreshDelay(granted: expires))
        self.binding = binding
    }
}
