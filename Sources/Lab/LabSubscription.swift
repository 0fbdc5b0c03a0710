import Documents
import SIP
import Wire

/// A subscription of a user to their own registration (RFC 3680).
struct LabSubscription: Sendable {
    let user: String
    var dialog: Dialog
    var flow: Flow
    let event: Event
    var expiry: Instant
    /// The version of the next document; they count up without gaps (RFC 3680 §5.1).
    var version: UInt32 = 0
}

extension LabCore {
    /// Answers a SUBSCRIBE to the `reg` event package, first or refreshing (RFC 6665 §4.2.1).
    mutating func subscribe(_ request: Incoming) {
        let message = request.message
        guard let event = try? message.headers.first(Event.self), event.package == "reg" else {
            return answer(request, .badEvent) { $0.headers.append(AllowEvents("reg")) }
        }
        let asked = (try? message.headers.first(Expires.self))?.seconds ?? 3600
        let seconds = min(asked, configuration.maximumExpires)
        if message.toTag != nil {
            refresh(request, seconds)
        } else {
            open(request, event, seconds)
        }
    }

    private mutating func open(_ request: Incoming, _ event: Event, _ seconds: UInt32) {
        let message = request.message
        guard let name = registrar.user(on: request.flow) else {
            return answer(request, .forbidden, reason: "Register first")
        }
        let target = message.requestURI.flatMap { try? URI(parsing: $0) }
        guard let target, user(of: target)?.name == name else {
            return answer(request, .forbidden, reason: "Not your registration")
        }
        let accepted = (try? message.headers.all(Accept.self)) ?? []
        let type = MediaType("application", "reginfo+xml")
        guard accepted.isEmpty || accepted.contains(where: { $0.accepts(type) }) else {
            return answer(request, .notAcceptable)
        }
        guard subscriptions.count < LabLimits.subscriptions else {
            return answer(request, .serviceUnavailable)
        }
        let tag = identifiers.tag()
        guard let dialog = Dialog(received: message, localTag: tag, state: .confirmed) else {
            return answer(request, .badRequest, reason: "A dialog needs a Contact")
        }
        accept(request, seconds, tag: tag)
        subscriptions[dialog.id] = LabSubscription(
            user: name,
            dialog: dialog,
            flow: request.flow,
            event: event,
            expiry: request.now + .seconds(seconds)
        )
        note("\(name) watches their registration")
        notify(dialog.id, reason: seconds == 0 ? "timeout" : nil, at: request.now)
    }

    private mutating func refresh(_ request: Incoming, _ seconds: UInt32) {
        guard let id = DialogID(ofReceived: request.message), var subscription = subscriptions[id] else {
            return answer(request, .callDoesNotExist)
        }
        guard subscription.dialog.receive(request.message) == .inOrder else {
            return answer(request, .serverInternalError, reason: "Out of order")
        }
        subscription.flow = request.flow
        subscription.expiry = request.now + .seconds(seconds)
        subscriptions[id] = subscription
        accept(request, seconds, tag: id.localTag.text)
        notify(id, reason: seconds == 0 ? "timeout" : nil, at: request.now)
    }

    private mutating func accept(_ request: Incoming, _ seconds: UInt32, tag: String) {
        let contact = ownURI("lab", request.flow)
        answer(request, .ok, tag: tag) { response in
            response.headers.append(Expires(seconds: seconds))
            if let contact { response.headers.append(Contact(NameAddress(contact))) }
        }
    }

    mutating func expireSubscriptions(at now: Instant) {
        let expired = subscriptions.filter { $0.value.expiry <= now }.map(\.key)
        for id in expired { notify(id, reason: "timeout", at: now) }
    }

    // MARK: - Notifications

    /// Tells everyone who watches `user` what has become of the bindings; `removed` are those that are no more.
    mutating func notify(
        about user: LabUser,
        _ removed: [LabRegistrar.Binding],
        _ event: RegistrationInformation.Event,
        at now: Instant
    ) {
        // A user without any binding is no longer served, so the subscription ends too (TS 24.229 §5.4.2.1.2).
        let isGone = registrar.bindings(of: user.name).isEmpty
        let watchers = subscriptions.filter { $0.value.user == user.name }.map(\.key)
        for id in watchers.sorted(by: { $0.callID.text < $1.callID.text }) {
            notify(id, reason: isGone ? "noresource" : nil, removed: removed, event, at: now)
        }
    }

    /// Sends a NOTIFY with all there is to know; with a reason it is the last.
    private mutating func notify(
        _ id: DialogID,
        reason: String?,
        removed: [LabRegistrar.Binding] = [],
        _ event: RegistrationInformation.Event = .unregistered,
        at now: Instant
    ) {
        guard var subscription = subscriptions[id] else { return }
        let document = document(for: subscription, removed, event, at: now)
        subscription.version &+= 1
        var request = subscription.dialog.makeRequest(.notify)
        request.headers.append(subscription.event)
        request.headers.append(subscription.state(endingFor: reason, at: now))
        if let contact = ownURI("lab", subscription.flow) {
            request.headers.append(Contact(NameAddress(contact)))
        }
        request.setBody(ByteString(document.serialized()), type: MediaType("application", "reginfo+xml"))
        subscriptions[id] = reason == nil ? subscription : nil
        send(request, over: subscription.flow, for: .notification(id), at: now)
    }

    private func document(
        for subscription: LabSubscription,
        _ removed: [LabRegistrar.Binding],
        _ event: RegistrationInformation.Event,
        at now: Instant
    ) -> RegistrationInformation {
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
        return RegistrationInformation(
            version: subscription.version,
            isFull: true,
            registrations: registrations
        )
    }
}

extension LabSubscription {
    fileprivate func state(endingFor reason: String?, at now: Instant) -> SubscriptionState {
        if let reason { return SubscriptionState(.terminated, parameters: ["reason": reason]) }
        return SubscriptionState(.active, parameters: ["expires": String(expiry.seconds(from: now))])
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
