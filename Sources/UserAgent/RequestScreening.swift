package import SIP
internal import Wire

/// What the core of a user agent checks of every request from the network before anything acts on it (RFC 3261 §8.2).
///
/// The checks come in the order of the standard, and the first that fails gives the answer. Merged requests and
/// CANCEL are not among them: `TransactionLayer` answers these.
package struct RequestScreening: Sendable {
    /// What to do with a request.
    package enum Verdict: Hashable, Sendable {
        /// It is for the usage of its method.
        case accept
        /// It has its answer: a refusal, or that of OPTIONS.
        case respond(Message)
        /// It is not answered.
        case discard
    }

    /// The schemes a Request-URI may have.
    private static let schemes = ["sip", "sips", "tel"]

    /// The methods that make sense only inside a dialog (RFC 3261 §15, RFC 3311, RFC 3262, RFC 6086, RFC 6665 §4.1.3).
    private static let dialogMethods: Set<Method> = [.bye, .update, .prack, .info, .notify]

    package var capabilities: UserAgentCapabilities

    package init(_ capabilities: UserAgentCapabilities) { self.capabilities = capabilities }

    /// Checks one request.
    ///
    /// - Parameters:
    ///   - request: A request that `TransactionLayer` reported.
    ///   - isExpected: Whether it belongs to a dialog that is known, or to a subscription that awaits its first
    ///     NOTIFY.
    ///   - tag: The tag for `To` of the answer, if it needs one.
    /// - Returns: What to do with it.
    package func screen(_ request: Message, isExpected: Bool, tag: String) -> Verdict {
        guard let method = request.method else { return .discard }
        if let failure = request.validate() { return verdict(on: failure, of: request, tag: tag) }
        guard method != .ack else { return .accept }
        let refusal =
            inspectMethod(request, method)
            ?? inspectTarget(request)
            ?? inspectPreferences(request)
            ?? inspectDialog(request, method, isExpected: isExpected)
            ?? inspectExtensions(request)
            ?? inspectContent(request, method)
            ?? inspectAnswerTypes(request, method)
            ?? inspectEvent(request, method)
        if let refusal { return .respond(response(refusal, to: request, tag: tag)) }
        guard method == .options else { return .accept }
        return .respond(response(Answer(.ok, capabilityFields), to: request, tag: tag))
    }

    /// Answers a request that could not be read, from what `Message.salvage` could (RFC 3261 §8.2, §21.4.1).
    ///
    /// - Parameters:
    ///   - request: What was salvaged.
    ///   - status: What says why it could not be read.
    ///   - tag: The tag for `To` of the answer.
    /// - Returns: The refusal; nothing for an ACK, or if it does not say where it came from.
    package func refuse(_ request: Message, with status: StatusCode, tag: String) -> Verdict {
        guard request.method != .ack, request.headers.contains(.via) else { return .discard }
        return .respond(response(Answer(status), to: request, tag: tag))
    }

    private func verdict(on failure: ValidationFailure, of request: Message, tag: String) -> Verdict {
        switch failure.verdict {
        case .discard: .discard
        case .reject(.notImplemented):
            .respond(response(Answer(.notImplemented, [allow]), to: request, tag: tag))
        case .reject(let status): .respond(response(Answer(status), to: request, tag: tag))
        }
    }
}

extension RequestScreening {
    /// A status, and the fields that have to stand beside it.
    private struct Answer {
        var status: StatusCode
        var fields: [Header]

        init(_ status: StatusCode, _ fields: [Header] = []) { (self.status, self.fields) = (status, fields) }
    }

    private func response(_ answer: Answer, to request: Message, tag: String) -> Message {
        var response = request.response(answer.status, toTag: tag)
        for field in answer.fields { response.headers.append(field) }
        return response
    }

    private var allow: Header { Header(.allow, Allow(capabilities.methods).fieldValue) }

    private func list(_ name: HeaderName, _ values: [String]) -> Header {
        Header(name, ByteString(values.joined(separator: ", ")))
    }

    /// What an answer to OPTIONS tells (RFC 3261 §11.2); only what there is something to say of.
    private var capabilityFields: [Header] {
        var fields = [allow, list(.acceptEncoding, ["identity"])]
        if !capabilities.acceptedTypes.isEmpty { fields.append(list(.accept, capabilities.acceptedTypes)) }
        if !capabilities.options.isEmpty { fields.append(list(.supported, capabilities.options)) }
        if !capabilities.notifiedPackages.isEmpty { fields.append(allowEvents) }
        if let product = capabilities.product { fields.append(Header(.server, ByteString(product))) }
        if let contact = capabilities.contact { fields.append(Header(.contact, contact.fieldValue)) }
        return fields
    }

    private var allowEvents: Header { list(.allowEvents, capabilities.notifiedPackages) }

    /// Method inspection (RFC 3261 §8.2.1, §21.5.2).
    private func inspectMethod(_ request: Message, _ method: Method) -> Answer? {
        guard !capabilities.methods.contains(method) else { return nil }
        return Answer(method.isKnown ? .methodNotAllowed : .notImplemented, [allow])
    }

    /// The Request-URI: a scheme we know, and one of our users (RFC 3261 §8.2.2.1).
    private func inspectTarget(_ request: Message) -> Answer? {
        guard let text = request.requestURI, let uri = try? URI(parsing: text) else {
            return Answer(.badRequest)
        }
        guard Self.schemes.contains(where: { uri.scheme.equalsIgnoringCase($0) }) else {
            return Answer(.unsupportedURIScheme)
        }
        guard let user = uri.sip?.userText, !capabilities.users.isEmpty else { return nil }
        return capabilities.users.contains(user) ? nil : Answer(.notFound)
    }

    /// What the caller demands of whom the request reaches (RFC 3841 §6): a user agent checks it as a proxy would.
    private func inspectPreferences(_ request: Message) -> Answer? {
        guard request.toTag == nil, let contact = capabilities.contact,
            let accepting = try? request.headers.all(AcceptContact.self),
            let rejecting = try? request.headers.all(RejectContact.self),
            !FeatureSet(contact.parameters).isReachable(accepting: accepting, rejecting: rejecting)
        else { return nil }
        return Answer(.temporarilyUnavailable)
    }

    /// A request of a dialog that is not known any more, or never was (RFC 3261 §12.2.2).
    private func inspectDialog(_ request: Message, _ method: Method, isExpected: Bool) -> Answer? {
        guard !isExpected else { return nil }
        let needsDialog = request.toTag != nil || Self.dialogMethods.contains(method)
        // A NOTIFY for an event nobody here knows is told so rather than that there is no subscription (RFC 6665
        // §4.1.3); and OPTIONS in a dialog is answered like any other (RFC 3261 §11.2).
        if method == .notify, let refusal = inspectEvent(request, method) { return refusal }
        return needsDialog && method != .options ? Answer(.callDoesNotExist) : nil
    }

    /// `Require` (RFC 3261 §8.2.2.3).
    private func inspectExtensions(_ request: Message) -> Answer? {
        guard let required = try? request.headers.all(Require.self) else { return Answer(.badRequest) }
        let unknown = required.flatMap(\.tokens).map(\.text).filter { tag in
            !capabilities.options.contains { ByteString($0).equalsIgnoringCase(tag) }
        }
        return unknown.isEmpty ? nil : Answer(.badExtension, [list(.unsupported, unknown)])
    }

    /// The body: its encoding, and its type where the method demands that it be understood (RFC 3261 §8.2.3).
    private func inspectContent(_ request: Message, _ method: Method) -> Answer? {
        guard !request.body.isEmpty, !isBodyOptional(request) else { return nil }
        let encodings = request.headers.all(.contentEncoding)
        guard encodings.allSatisfy({ $0.trimmed.equalsIgnoringCase("identity") }) else {
            return Answer(.unsupportedMediaType, [list(.acceptEncoding, ["identity"])])
        }
        guard capabilities.typedMethods.contains(method) else { return nil }
        let accepted = capabilities.acceptedTypes.compactMap { MediaType(parsing: ByteString($0)) }
        if let type = request.contentType, accepted.contains(where: { $0.covers(type) }) { return nil }
        return Answer(.unsupportedMediaType, [list(.accept, capabilities.acceptedTypes)])
    }

    /// `handling=optional`: a body that may be ignored (RFC 3261 §20.11).
    private func isBodyOptional(_ request: Message) -> Bool {
        guard let disposition = request.headers.first(.contentDisposition) else { return false }
        let parameters = disposition.text.split(separator: ";").dropFirst()
        return parameters.contains { parameter in
            ByteString(String(parameter.filter { $0 != " " })).equalsIgnoringCase("handling=optional")
        }
    }

    /// `Accept`, where the answer will have a body (RFC 3261 §21.4.7, RFC 4475 §3.3.15).
    private func inspectAnswerTypes(_ request: Message, _ method: Method) -> Answer? {
        guard let answered = capabilities.answeredTypes[method], request.headers.contains(.accept) else {
            return nil
        }
        let wanted = request.headers.all(.accept).flatMap { $0.text.split(separator: ",") }
        let ranges = wanted.compactMap { MediaType(parsing: ByteString($0).trimmed) }
        let types = answered.compactMap { MediaType(parsing: ByteString($0)) }
        guard !types.contains(where: { type in ranges.contains { $0.covers(type) } }) else { return nil }
        let warning = Warning(code: 399, agent: "ims", text: "No acceptable type of answer")
        return Answer(.notAcceptable, [Header(.warning, warning.fieldValue)])
    }

    /// `Event` of SUBSCRIBE, PUBLISH and NOTIFY (RFC 6665 §4.1.3, §4.2.1.1, §8.3.2).
    private func inspectEvent(_ request: Message, _ method: Method) -> Answer? {
        let known: [String]
        switch method {
        case .notify: known = capabilities.subscribedPackages
        case .subscribe, .publish: known = capabilities.notifiedPackages
        default: return nil
        }
        let event: Event?
        do { event = try request.headers.first(Event.self) } catch { return Answer(.badRequest) }
        guard let event, known.contains(event.package.text) else {
            return Answer(.badEvent, capabilities.notifiedPackages.isEmpty ? [] : [allowEvents])
        }
        return nil
    }
}

extension MediaType {
    /// Whether a media range, `text/*` for example, includes a type (RFC 3261 §20.1); parameters do not count.
    fileprivate func covers(_ other: MediaType) -> Bool {
        let (left, right) = (ByteString(type), ByteString(subtype))
        return (type == "*" || left.equalsIgnoringCase(other.type))
            && (subtype == "*" || right.equalsIgnoringCase(other.subtype))
    }
}
