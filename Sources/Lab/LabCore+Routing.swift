import SIP
import Wire

extension LabCore {
    /// Carries a request of a registered user on to another, as the P-CSCF and both S-CSCFs together do.
    mutating func route(_ request: Incoming) {
        guard let name = registrar.user(on: request.flow), let sender = user(named: name) else {
            return answer(request, .forbidden, reason: "Register first")
        }
        let hops = (try? request.message.headers.first(MaxForwards.self))?.hops ?? 70
        guard hops > 0 else { return answer(request, .tooManyHops) }
        let target = request.message.requestURI.flatMap { try? URI(parsing: $0) }
        if let target, let binding = registrar.binding(at: target) {
            // Inside a dialog the Request-URI is the contact itself (RFC 3261 §12.2.1.1).
            let forwarded = forward(request.message, from: sender, to: binding, hops: hops - 1)
            return send(
                forwarded,
                over: binding.flow,
                for: .forward(request.message, request.id),
                at: request.now
            )
        }
        guard let target, let recipient = user(of: target) else { return answer(request, .notFound) }
        note("\(name) to \(recipient.name): \(request.message.summary)")
        if let binding = registrar.target(of: recipient.name) {
            let forwarded = forward(request.message, from: sender, to: binding, hops: hops - 1)
            send(forwarded, over: binding.flow, for: .forward(request.message, request.id), at: request.now)
        } else if recipient.name == configuration.automaticBuddy, recipient != sender {
            answerAsBuddy(request, from: sender, recipient)
        } else {
            answer(request, .temporarilyUnavailable)
        }
    }

    /// The request as the recipient gets it.
    ///
    /// It has one `Via`, ours; those of the way here stay with the request and come back into the response.
    private mutating func forward(
        _ request: Message,
        from user: LabUser,
        to binding: LabRegistrar.Binding,
        hops: UInt8
    ) -> Message {
        var forwarded = Message(method: request.method ?? .message, uri: binding.contact.uri)
        forwarded.headers = request.headers
        forwarded.body = request.body
        for name in [HeaderName.via, .route, .pPreferredIdentity, .pAssertedIdentity, .pAccessNetworkInfo] {
            forwarded.headers.remove(name)
        }
        forwarded.headers.set(MaxForwards(hops))
        if let target = request.requestURI { forwarded.headers.append(.pCalledPartyID, "<\(target.text)>") }
        // With "id" the network keeps the identity to itself (RFC 3325 §9.3).
        let privacy = try? request.headers.first(Privacy.self)
        if privacy?.contains("id") != true, let identity = assertedIdentity(of: user, in: request) {
            forwarded.headers.append(PAssertedIdentity(NameAddress(identity)))
        }
        passSwitch(&forwarded, isFirst: request.method == .invite && request.toTag == nil)
        return forwarded
    }

    /// The identity to vouch for: the preferred one if it is the user's own, else the default (TS 24.229 §5.2.6.3).
    private func assertedIdentity(of user: LabUser, in request: Message) -> URI? {
        let identities = user.identities(in: configuration.domain)
        guard let preferred = (try? request.headers.first(PPreferredIdentity.self))?.uri else {
            return identities.first
        }
        return identities.first { $0.isEquivalent(to: preferred) } ?? identities.first
    }

    // MARK: - Chats that pass the switch

    /// Puts the MSRP switch into the description of a chat, if there is one and it is to be broken.
    mutating func passSwitch(_ message: inout Message, isFirst: Bool) {
        guard message.contentType?.matches("application", "sdp") == true,
            let callID = message.headers.first(.callID),
            let body = messages.enter(message.body, of: callID, isFirst: isFirst)
        else { return }
        message.setBody(body, type: MediaType("application", "sdp"))
    }

    /// Ends the way through the switch of a chat that is over, or never began.
    mutating func leaveSwitch(_ request: Message, _ status: StatusCode) {
        guard status.isFinal, let callID = request.headers.first(.callID) else { return }
        let isOver = request.method == .bye
        let isNone = request.method == .invite && request.toTag == nil && !status.isSuccess
        if isOver || isNone { messages.leave(callID) }
    }

    // MARK: - Messages of our own

    /// Sends a text in the name of one user to another.
    ///
    /// - Returns: Whether the recipient is registered.
    @discardableResult
    mutating func deliver(
        _ text: String,
        from sender: LabUser,
        to recipient: LabUser,
        at now: Instant
    ) -> Bool {
        deliver(ByteString(text), MediaType("text", "plain"), from: sender, to: recipient, at: now)
    }

    /// Sends a message of any content in somebody's name.
    ///
    /// - Returns: Whether the recipient is registered.
    @discardableResult
    mutating func deliver(
        _ body: ByteString,
        _ type: MediaType,
        from sender: LabUser,
        to recipient: LabUser,
        at now: Instant
    ) -> Bool {
        guard let binding = registrar.target(of: recipient.name),
            let own = sender.identities(in: configuration.domain).first,
            let other = recipient.identities(in: configuration.domain).first
        else { return false }
        var request = Message(method: .message, uri: binding.contact.uri)
        request.headers.append(MaxForwards())
        request.headers.append(From(NameAddress(own, parameters: ["tag": identifiers.tag()])))
        request.headers.append(To(NameAddress(other)))
        request.headers.append(CallID(identifiers.callID()))
        request.headers.append(CSeq(number: 1, method: .message))
        request.headers.append(PAssertedIdentity(NameAddress(own)))
        request.setBody(body, type: type)
        send(request, over: binding.flow, for: .text(to: recipient.name), at: now)
        return true
    }

    func user(named name: String) -> LabUser? { configuration.users.first { $0.name == name } }
}

extension Message {
    /// What a person who watches wants to know of a request that passes by.
    fileprivate var summary: String {
        let type = contentType.map { " of \($0)" } ?? ""
        return "\(method?.rawValue ?? ""), \(body.count) bytes\(type)"
    }
}
