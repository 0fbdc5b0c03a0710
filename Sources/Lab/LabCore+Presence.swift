import Documents
import SIP
import Wire

extension LabCore {
    // MARK: - Publication

    /// Answers a PUBLISH as an event state compositor (RFC 3903 §6).
    mutating func publish(_ request: Incoming) {
        let message = request.message
        guard let name = registrar.user(on: request.flow) else {
            return answer(request, .forbidden, reason: "Register first")
        }
        let target = message.requestURI.flatMap { try? URI(parsing: $0) }
        guard let target, let user = user(of: target) else { return answer(request, .notFound) }
        guard let event = try? message.headers.first(Event.self), event.package == "presence" else {
            return answer(request, .badEvent) { $0.headers.append(AllowEvents("presence")) }
        }
        guard user.name == name else { return answer(request, .forbidden, reason: "Not your presence") }
        let asked = (try? message.headers.first(Expires.self))?.seconds ?? 3600
        let condition = try? message.headers.first(SIPIfMatch.self)
        if let condition, presence.publication(of: name, tagged: condition.tag) == nil {
            return answer(request, .conditionalRequestFailed)
        }
        let seconds = min(asked, configuration.maximumExpires)
        guard seconds > 0 else { return withdraw(request, of: name, condition?.tag) }
        guard seconds >= configuration.minimumPublication else {
            let minimum = configuration.minimumPublication
            return answer(request, .intervalTooBrief) { $0.headers.append(MinExpires(seconds: minimum)) }
        }
        keep(request, of: name, condition?.tag, seconds)
    }

    private mutating func keep(_ request: Incoming, of name: String, _ old: ByteString?, _ seconds: UInt32) {
        let (message, expiry) = (request.message, request.now + .seconds(seconds))
        let entityTag = identifiers.tag()
        if message.body.isEmpty {
            guard let old else { return answer(request, .badRequest, reason: "There is nothing in it") }
            presence.refresh(old, of: name, as: ByteString(entityTag), until: expiry)
            return confirm(request, entityTag, seconds)
        }
        let type = LabSubscription.Package.presence.mediaType
        guard message.contentType?.matches(type) == true else {
            return answer(request, .unsupportedMediaType) { $0.headers.append(.accept, type.description) }
        }
        guard isReadable(message.body) else { return answer(request, .badRequest, reason: "Unreadable XML") }
        let document = ByteString(message.body.bytes)
        guard
            presence.keep(document, of: name, replacing: old, as: ByteString(entityTag), until: expiry)
        else { return answer(request, .serviceUnavailable) }
        confirm(request, entityTag, seconds)
        note("\(name) published their presence for \(seconds) s")
        showPresence(of: name, at: request.now)
    }

    /// Whether a body is XML, so that no watcher is sent what is none; if no reader can be loaded, it is believed.
    private func isReadable(_ body: ByteString) -> Bool {
        do throws(XMLError) {
            _ = try XMLReader.read(body.bytes)
            return true
        } catch {
            return error == .noLibrary
        }
    }

    private mutating func withdraw(_ request: Incoming, of name: String, _ old: ByteString?) {
        guard let old else { return answer(request, .badRequest, reason: "Nothing to withdraw") }
        _ = presence.remove(of: name) { $0.entityTag == old }
        confirm(request, identifiers.tag(), 0)
        note("\(name) withdrew their presence")
        showPresence(of: name, at: request.now)
    }

    private mutating func confirm(_ request: Incoming, _ entityTag: String, _ seconds: UInt32) {
        answer(request, .ok) { response in
            response.headers.append(.sipETag, entityTag)
            response.headers.append(Expires(seconds: seconds))
        }
    }

    mutating func expirePublications(at now: Instant) {
        for user in configuration.users where presence.remove(of: user.name, where: { $0.expiry <= now }) {
            note("the presence that \(user.name) published expired")
            showPresence(of: user.name, at: now)
        }
    }

    // MARK: - What watchers see

    /// Tells everyone who watches `user` and may.
    mutating func showPresence(of user: String, at now: Instant) {
        for id in subscriptions(.presence, of: user) where subscriptions[id]?.permission == .allow {
            notify(id, at: now)
        }
    }

    /// What a user has published; of one who published nothing, that there is nothing to know.
    func presenceDocument(of user: String) -> ByteString {
        if let document = presence.document(of: user) { return document }
        guard user == configuration.automaticBuddy, registrar.bindings(of: user).isEmpty else {
            return emptyPresenceDocument(of: user)
        }
        return presenceDocument(of: user) { writer in
            writer.element("tuple", ["id": "lab"]) { writer in
                writer.element("status") { $0.element("basic") { $0.text("open") } }
                writer.element("note") { $0.text("answers by itself") }
            }
        }
    }

    func emptyPresenceDocument(of user: String) -> ByteString { presenceDocument(of: user) { _ in } }

    private func presenceDocument(of user: String, content: (inout XMLWriter) -> Void) -> ByteString {
        var writer = XMLWriter()
        let (namespace, entity) = ("urn:ietf:params:xml:ns:pidf", identity(of: user))
        writer.element("presence", ["xmlns": namespace, "entity": entity], content: content)
        return ByteString(writer.bytes)
    }

    private func identity(of user: String) -> String { "sip:\(user)@\(configuration.domain)" }

    // MARK: - Who may watch

    /// What `user` wants done with `watcher`: what was said of them here counts before the user's rules.
    func permission(of watcher: String, for user: String) -> LabPermission {
        if let permission = presence.permission(of: watcher, for: user) { return permission }
        let identities = self.user(named: watcher)?.identities(in: configuration.domain) ?? []
        return documents.permission(of: identities.map(\.text.text), for: user)
            ?? presence.permission(of: nil, for: user) ?? configuration.presencePermission
    }

    /// Looks again at everyone who watches `user`, whose wishes have changed.
    mutating func applyPermissions(of user: String, at now: Instant) {
        for id in subscriptions(.presence, of: user) {
            guard let subscription = subscriptions[id], subscription.watcher != user else { continue }
            let permission = permission(of: subscription.watcher, for: user)
            guard permission != subscription.permission else { continue }
            subscriptions[id]?.permission = permission
            notify(id, reason: permission == .block ? "rejected" : nil, at: now)
            if permission != .block { tellWatchers(of: user, approved: id, at: now) }
        }
    }

    /// Tells a user that those who watch them have changed (RFC 3857 §4.7).
    ///
    /// - Parameters:
    ///   - user: Who is watched.
    ///   - removed: Who watches no longer, and why.
    ///   - approved: Which subscription has just got another permission.
    ///   - now: The time.
    mutating func tellWatchers(
        of user: String,
        removed: (subscription: LabSubscription, reason: String)? = nil,
        approved: DialogID? = nil,
        at now: Instant
    ) {
        for id in subscriptions(.watchers, of: user) {
            guard let subscription = subscriptions[id] else { continue }
            let document = watcherInformation(for: subscription, removed: removed, approved: approved)
            notify(id, document, at: now)
        }
    }

    /// Everyone who watches a user, `application/watcherinfo+xml` (RFC 3858).
    func watcherInformation(
        for subscription: LabSubscription,
        removed: (subscription: LabSubscription, reason: String)? = nil,
        approved: DialogID? = nil
    ) -> ByteString {
        var writer = XMLWriter()
        let watchers = subscriptions(.presence, of: subscription.user).compactMap { id in
            subscriptions[id].map { (id, $0) }
        }.filter { $0.1.watcher != subscription.user }
        writer.element(
            "watcherinfo",
            [
                "xmlns": "urn:ietf:params:xml:ns:watcherinfo", "version": String(subscription.version),
                "state": "full",
            ]
        ) { writer in
            writer.element(
                "watcher-list",
                ["resource": identity(of: subscription.user), "package": "presence"]
            ) { writer in
                for (id, watcher) in watchers {
                    let status = watcher.permission == .confirm ? "pending" : "active"
                    write(watcher, status, id == approved ? "approved" : "subscribe", to: &writer)
                }
                if let removed { write(removed.subscription, "terminated", removed.reason, to: &writer) }
            }
        }
        return ByteString(writer.bytes)
    }

    private func write(
        _ watcher: LabSubscription,
        _ status: String,
        _ event: String,
        to writer: inout XMLWriter
    ) {
        let id = watcher.dialog.id.localTag.text
        writer.element("watcher", ["status": status, "id": id, "event": event]) {
            $0.text(identity(of: watcher.watcher))
        }
    }
}
