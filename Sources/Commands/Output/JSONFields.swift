import Engine
import SIP
import Store
import Wire

/// The fields of each kind of object; their names are what ims(1) promises.
extension JSONMembers {
    mutating func add(_ status: RegistrationStatus) {
        add("identity", status.registeredIdentity)
        add("barred", status.isRegisteredIdentityBarred)
        add("identities", status.identities)
        add("expires", status.expires.components.seconds)
        add("proxy", status.proxy)
        add("transport", status.transport.rawValue)
        add("contact", status.contact)
        add("service_route", status.serviceRoute)
        add("im_service", status.isServiceRegistered)
        add("public_gruu", status.publicGRUU)
        add("temporary_gruu", status.temporaryGRUU)
    }

    mutating func add(_ cause: UnregistrationCause) {
        switch cause {
        case .byUser: add("cause", "user")
        case .byNetwork(let event, let isReturning):
            add("cause", "network")
            add("reason", event)
            add("returning", isReturning)
        case .expired: add("cause", "expired")
        }
    }

    mutating func add(_ message: IncomingMessage) {
        add("from", message.from)
        add("asserted", message.asserted)
        add("to", message.to)
        add("content_type", message.contentType)
        add(body: message.body, contentType: message.contentType)
        add("call_id", message.callID)
        add("display_name", message.fromDisplayName)
        add(message.envelope)
        add("message_id", message.envelope?.messageID)
    }

    /// What the envelope of a message claims.
    private mutating func add(_ envelope: EnvelopeClaims?) {
        add("envelope_from", envelope?.sender)
        add("subject", envelope?.subject)
        add("sent", envelope?.dateTime?.description)
    }

    mutating func add(_ report: MessageReport) {
        add("to", report.to)
        add("from", report.from)
        add("outcome", report.outcome.word)
        switch report.outcome {
        case .sent, .accepted, .storedForLater, .noAnswer: add("status", report.status)
        case .notStored(let refusal), .refused(let refusal): add(refusal)
        }
        add("call_id", report.callID)
        add("message_id", report.messageID)
        if report.isBySession { add("via", "msrp") }
    }

    mutating func add(_ chat: Chat) {
        add("chat", chat.id.number)
        add("direction", chat.isOutgoing ? "outgoing" : "incoming")
        add("peer", chat.peer)
        if !chat.isOutgoing {
            add("from", chat.claimed ?? chat.peer)
            add("asserted", chat.isVerified ? chat.peer : nil)
        }
        add("display_name", chat.displayName)
        add("call_id", chat.callID)
        if let security = chat.security { add(security) }
    }

    mutating func add(_ security: ConnectionSecurity) {
        guard case .tls(let suite, let proof) = security else { return add("encrypted", false) }
        add("encrypted", true)
        add("tls", suite)
        switch proof {
        case .fingerprint(let fingerprint):
            add("verified_by", "fingerprint")
            add("fingerprint", fingerprint)
        case .name(let name):
            add("verified_by", "name")
            add("certificate_name", name)
        case .none: add("verified_by", "nothing")
        }
    }

    mutating func add(_ message: IncomingChatMessage) {
        add(message.chat)
        add("content_type", message.contentType)
        add(body: message.body, contentType: message.contentType)
        add("message_id", message.messageID)
        add(message.envelope)
    }

    mutating func add(_ end: ChatEnd) {
        // The words are not those of a refusal, whose reason phrase would have the same name.
        add("cause", end.word)
        switch end {
        case .refused(let refusal): add(refusal)
        case .connection(let detail), .certificate(let detail): add("detail", detail)
        case .byUser, .byPeer, .cancelled, .unanswered, .gateway, .lost: break
        }
    }

    mutating func add(_ report: ChatReport) {
        add(report.chat)
        add("number", report.number)
        add("outcome", report.delivery.word)
        switch report.delivery {
        case .accepted, .delivered, .displayed: add("status", 200)
        case .refused(let status), .missed(.reportedFailed(let status)): add("status", status)
        case .sent, .unconfirmed, .missed: break
        }
        add("message_id", report.messageID)
    }

    mutating func add(_ report: DispositionReport) {
        if let chat = report.chat { add(chat) } else { add("peer", report.peer) }
        add("number", report.number)
        add("state", report.state.rawValue)
        add("status", report.status)
        add("message_id", report.messageID)
    }

    mutating func add(_ report: ComposingReport) {
        if let chat = report.chat { add(chat) } else { add("peer", report.peer) }
        add("state", report.isComposing ? "active" : "idle")
    }

    mutating func add(_ refusal: Refusal) {
        add("status", refusal.status)
        add("reason", refusal.reason)
        add("warning", refusal.warning)
        add("retry_after", refusal.retryAfter?.components.seconds)
        if !refusal.unsupported.isEmpty { add("unsupported", refusal.unsupported) }
    }

    mutating func add(_ entry: HistoryEntry) {
        add("id", entry.id)
        add("direction", entry.direction.rawValue)
        add("peer", entry.peer)
        add("from", entry.from)
        add("asserted", entry.asserted)
        add("to", entry.to)
        add("content_type", entry.contentType)
        add(body: entry.body, contentType: entry.contentType)
        add("call_id", entry.callID)
        add("state", entry.state.rawValue)
        add("status", entry.status)
        add("delivery", entry.delivery?.rawValue)
        add("session_id", entry.sessionID)
        add("message_id", entry.messageID)
    }

    mutating func add(_ capabilities: Capabilities) {
        add("uri", capabilities.uri)
        add("identities", capabilities.identities)
        add("contact", capabilities.contact)
        add("services", capabilities.services.map(\.rawValue))
        add("features", capabilities.features)
        add("methods", capabilities.methods)
        add("accept", capabilities.accepted)
        add("user_agent", capabilities.userAgent)
        add("remembered", capabilities.isRemembered)
    }

    mutating func add(_ account: Account, isDefault: Bool, isDetailed: Bool) {
        add("default", isDefault)
        guard isDetailed else { return add("public_identity", account.publicIdentity) }
        for (name, value) in AccountText.settings(of: account) {
            add(String(name.map { $0 == "-" ? "_" : $0 }), value)
        }
    }

    mutating func add(_ explanation: Explanation) {
        add("error", explanation.code)
        add("message", explanation.summary)
        add("advice", explanation.advice)
        add("status", explanation.sipStatus)
    }

    /// A body is text when its type says so and its bytes are; else it goes as Base64 (RFC 4648 §4).
    mutating func add(body: [UInt8], contentType: String) {
        if let text = MessageText.text(of: body, contentType: contentType) {
            add("text", text)
        } else {
            add("body_base64", Base64.encode(body))
        }
    }
}

extension MessageOutcome {
    var word: String {
        switch self {
        case .sent: "sent"
        case .accepted: "accepted"
        case .storedForLater: "stored"
        case .notStored: "not_stored"
        case .refused: "refused"
        case .noAnswer: "no_answer"
        }
    }

    var exitStatus: ExitStatus {
        switch self {
        case .sent, .accepted: .done
        case .storedForLater: .storedForLater
        case .notStored: .notStored
        case .refused: .refused
        case .noAnswer: .noAnswer
        }
    }
}
