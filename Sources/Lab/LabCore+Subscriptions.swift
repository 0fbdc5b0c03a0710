import Crypto
import SIP
import Wire

extension LabCore {
    /// Answers a SUBSCRIBE, first or refreshing (RFC 6665 §4.2.1).
    mutating func subscribe(_ request: Incoming) {
        let message = request.message
        guard let event = try? message.headers.first(Event.self),
            let package = LabSubscription.Package(rawValue: event.package.text)
        else {
            return answer(request, .badEvent) { $0.headers.append(Self.events) }
        }
        let asked = (try? message.headers.first(Expires.self))?.seconds ?? 3600
        let seconds = min(asked, configuration.maximumExpires)
        if message.toTag != nil {
            refresh(request, seconds)
        } else {
            open(request, event, package, seconds)
        }
    }

    static var events: AllowEvents { AllowEvents(LabSubscription.Package.allCases.map(\.rawValue)) }

    private mutating func open(
        _ request: Incoming,
        _ event: Event,
        _ package: LabSubscription.Package,
        _ seconds: UInt32
    ) {
        let message = request.message
        guard let watcher = registrar.user(on: request.flow) else {
            return answer(request, .forbidden, reason: "Register first")
        }
        let target = message.requestURI.flatMap { try? URI(parsing: $0) }
        guard let target, let user = user(of: target) else { return answer(request, .notFound) }
        let isOwn = user.name == watcher
        guard isOwn || package == .presence else { return answer(request, .forbidden, reason: "Not yours") }
        let accepted = (try? message.headers.all(Accept.self)) ?? []
        guard accepted.isEmpty || accepted.contains(where: { $0.accepts(package.mediaType) }) else {
            return answer(request, .notAcceptable)
        }
        guard subscriptions.count < LabLimits.subscriptions else {
            return answer(request, .serviceUnavailable)
        }
        let permission = isOwn ? .allow : permission(of: watcher, for: user.name)
        guard permission != .block else { return answer(request, .forbidden, reason: "Blocked") }
        let tag = identifiers.tag()
        guard let dialog = Dialog(received: message, localTag: tag, state: .confirmed) else {
            return answer(request, .badRequest, reason: "A dialog needs a Contact")
        }
        accept(request, seconds, tag: tag)
        let subscription = LabSubscription(
            package: package,
            user: user.name,
            watcher: watcher,
            permission: permission,
            dialog: dialog,
            flow: request.flow,
            event: event,
            expiry: request.now + .seconds(seconds)
        )
        subscriptions[dialog.id] = subscription
        note(subscription.announcement)
        if package == .presence, seconds > 0 { tellWatchers(of: user.name, at: request.now) }
        notify(dialog.id, reason: seconds == 0 ? "timeout" : nil, isFetch: seconds == 0, at: request.now)
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
        let known = request.message.headers.first(Self.suppressIfMatch)
        if seconds > 0, let known, known == "*" || known == entityTag(of: subscription, at: request.now) {
            // The watcher has seen it (RFC 5839 §6.3).
            return accept(request, seconds, tag: id.localTag.text, status: .noNotification)
        }
        accept(request, seconds, tag: id.localTag.text)
        notify(id, reason: seconds == 0 ? "timeout" : nil, at: request.now)
    }

    private static let suppressIfMatch = HeaderName("Suppress-If-Match") ?? .sipIfMatch

    /// What names the state a watcher is told (RFC 5839 §6.1): the same state has the same name.
    private func entityTag(of subscription: LabSubscription, at now: Instant) -> ByteString? {
        guard subscription.package == .presence, let body = content(of: subscription, at: now) else {
            return nil
        }
        return Self.entityTag(of: body)
    }

    private static func entityTag(of body: ByteString) -> ByteString {
        ByteString(Hexadecimal.encode(HashFunction.sha256.hash(body.bytes).prefix(8)))
    }

    private mutating func accept(
        _ request: Incoming,
        _ seconds: UInt32,
        tag: String,
        status: StatusCode = .ok
    ) {
        let contact = ownURI("lab", request.flow)
        answer(request, status, tag: tag) { response in
            response.headers.append(Expires(seconds: seconds))
            if let contact { response.headers.append(Contact(NameAddress(contact))) }
        }
    }

    mutating func expireSubscriptions(at now: Instant) {
        let expired = subscriptions.filter { $0.value.expiry <= now }.map(\.key)
        for id in expired { notify(id, reason: "timeout", at: now) }
    }

    /// Forgets the subscriptions that `isLost` picks; their watchers cannot be told.
    mutating func loseSubscriptions(at now: Instant, where isLost: (LabSubscription) -> Bool) {
        let lost = subscriptions.filter { isLost($0.value) }
        for id in lost.keys { subscriptions[id] = nil }
        for subscription in lost.values where subscription.package == .presence {
            tellWatchers(of: subscription.user, removed: (subscription, "deactivated"), at: now)
        }
    }

    // MARK: - Notifications

    /// The subscriptions to what belongs to `user`, always in the same order.
    func subscriptions(_ package: LabSubscription.Package, of user: String) -> [DialogID] {
        subscriptions.filter { $0.value.package == package && $0.value.user == user }.map(\.key)
            .sorted { $0.callID.text < $1.callID.text }
    }

    /// Sends a NOTIFY with all there is to know; with a reason it is the last.
    ///
    /// - Parameters:
    ///   - id: The subscription.
    ///   - reason: Why the subscription ends, if it does.
    ///   - document: What to tell, if it is not simply the present state.
    ///   - isFetch: Whether it ends before anybody was told of it.
    ///   - now: The time.
    mutating func notify(
        _ id: DialogID,
        reason: String? = nil,
        _ document: ByteString? = nil,
        isFetch: Bool = false,
        at now: Instant
    ) {
        guard var subscription = subscriptions[id] else { return }
        let body = document ?? self.content(of: subscription, at: now)
        subscription.version &+= 1
        var request = subscription.dialog.makeRequest(.notify)
        request.headers.append(subscription.event)
        request.headers.append(subscription.state(endingFor: reason, at: now))
        if let contact = ownURI("lab", subscription.flow) {
            request.headers.append(Contact(NameAddress(contact)))
        }
        if let body {
            request.setBody(body, type: subscription.package.mediaType)
            if subscription.package == .presence {
                request.headers.append(.sipETag, Self.entityTag(of: body))
            }
        }
        subscriptions[id] = reason == nil ? subscription : nil
        send(request, over: subscription.flow, for: .notification(id), at: now)
        if let reason, subscription.package == .presence, !isFetch {
            tellWatchers(of: subscription.user, removed: (subscription, reason), at: now)
        }
    }

    /// The present state that a subscription is to; nothing as long as nobody has allowed it (RFC 3856 §6.6.2).
    private func content(of subscription: LabSubscription, at now: Instant) -> ByteString? {
        switch subscription.package {
        case .registration: document(for: subscription, at: now)
        case .watchers: watcherInformation(for: subscription)
        case .documents: documentList(of: subscription.user)
        case .presence:
            switch subscription.permission {
            case .allow: presenceDocument(of: subscription.user)
            case .politeBlock: emptyPresenceDocument(of: subscription.user)
            case .confirm, .block: nil
            }
        }
    }
}

extension LabSubscription {
    fileprivate var announcement: String {
        switch package {
        case .registration: "\(watcher) watches their registration"
        case .watchers: "\(watcher) watches who watches them"
        case .documents: "\(watcher) watches their documents"
        case .presence:
            "\(watcher) watches \(user)" + (permission == .allow ? "" : " (\(permission.rawValue))")
        }
    }
}
