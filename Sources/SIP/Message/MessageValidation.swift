internal import Wire

/// What is wrong with a message that could be read, and what to do about it.
package struct ValidationFailure: Error, Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// A request: answer with this status (RFC 3261 §8.2, §21.4.1).
        case reject(StatusCode)
        /// A response, or an ACK, which nothing answers: forget it (RFC 3261 §8.1.3).
        case discard
    }

    package var verdict: Verdict
    /// The field that is missing, repeated, or not what its grammar says.
    package var element: SIPParseError.Element

    package init(_ verdict: Verdict, _ element: SIPParseError.Element) {
        (self.verdict, self.element) = (verdict, element)
    }
}

extension Message {
    /// Checks what every element must be able to rely on, before anything else looks at the message.
    ///
    /// The fields no message can do without are there once and are what they say, `CSeq` names the method, no other
    /// single-valued field is repeated, and the Request-URI is a URI without headers (RFC 3261 §8.1.1, §8.2.2,
    /// §19.1.1). Fields that only some uses look at are left to them.
    ///
    /// - Parameter isEndpoint: Whether a response with a second `Via` is to be discarded, as a user agent must
    ///   (RFC 3261 §8.1.3.3) and a proxy must not.
    /// - Returns: The first failure, or `nil` if there is none.
    package func validate(isEndpoint: Bool = true) -> ValidationFailure? {
        do {
            try checkMandatoryFields(isEndpoint: isEndpoint)
            try checkRepetition()
            try checkRoutingFields()
            try checkRequestLine()
            return nil
        } catch {
            guard let method else { return ValidationFailure(.discard, error.element) }
            guard method != .ack else { return ValidationFailure(.discard, error.element) }
            let isUnknownMethod = error.element == .method
            return ValidationFailure(.reject(isUnknownMethod ? .notImplemented : error.status), error.element)
        }
    }

    private func checkMandatoryFields(isEndpoint: Bool) throws(SIPParseError) {
        let hops = try all(Via.self)
        let isOurs = isRequest || !isEndpoint || hops.count == 1
        guard !hops.isEmpty, isOurs else { throw SIPParseError(.via, at: 0) }
        guard try !all(From.self).isEmpty else { throw SIPParseError(.from, at: 0) }
        guard try !all(To.self).isEmpty else { throw SIPParseError(.to, at: 0) }
        guard try headers.first(CallID.self) != nil else { throw SIPParseError(.callID, at: 0) }
        guard let sequence = try headers.first(CSeq.self) else { throw SIPParseError(.cseq, at: 0) }
        guard let method, method != sequence.method else { return }
        // RFC 4475 §3.1.2.18 prefers to hear of the unknown method.
        throw SIPParseError(method.isKnown ? .cseq : .method, at: 0)
    }

    /// Every value of a field; an error names the field and not the piece of it.
    private func all<Field: ListedHeaderField>(_ type: Field.Type) throws(SIPParseError) -> [Field] {
        do {
            return try headers.all(type)
        } catch {
            throw SIPParseError(Field.element, at: error.offset)
        }
    }

    /// The fields that may stand in a message only once (RFC 3261 §7.3.1, table 2).
    private static let singleFields: [(HeaderName, SIPParseError.Element)] = [
        (.from, .from), (.to, .to), (.callID, .callID), (.cseq, .cseq), (.maxForwards, .maxForwards),
        (.contentLength, .contentLength), (.contentType, .mediaType), (.expires, .expires), (.event, .event),
        (.subscriptionState, .subscriptionState), (.minExpires, .minExpires), (.date, .date),
        (.referTo, .referTo), (.replyTo, .replyTo), (.contentDisposition, .contentDisposition),
    ]

    /// Where each well-known name stands among the single fields; behind their end for one that is none of them.
    private static let singleFieldIndices = WellKnownHeader.allCases.map { header in
        singleFields.firstIndex { $0.0.wellKnown == header } ?? singleFields.count
    }

    private func checkRepetition() throws(SIPParseError) {
        // A bit for each field: the message is gone through once.
        var (seen, repeated): (UInt32, UInt32) = (0, 0)
        let indices = Self.singleFieldIndices
        for header in headers {
            guard let name = header.name.wellKnown else { continue }
            let bit: UInt32 = 1 << UInt32(indices[Int(name.rawValue)])
            repeated |= seen & bit
            seen |= bit
        }
        let first = repeated.trailingZeroBitCount
        if first < Self.singleFields.count { throw SIPParseError(Self.singleFields[first].1, at: 0) }
    }

    private func checkRoutingFields() throws(SIPParseError) {
        let contacts = try all(Contact.self)
        guard contacts.count <= 1 || !contacts.contains(where: \.isWildcard) else {
            throw SIPParseError(.contact, at: 0)
        }
        _ = try all(RecordRoute.self)
        _ = try headers.first(MaxForwards.self)
        if isRequest { _ = try all(Route.self) }
        if let type = headers.first(.contentType), MediaType(parsing: type) == nil {
            throw SIPParseError(.mediaType, at: 0)
        }
    }

    private func checkRequestLine() throws(SIPParseError) {
        guard let requestURI else { return }
        let uri: URI
        do {
            uri = try URI(parsing: requestURI)
        } catch {
            throw SIPParseError(.requestURI, at: error.offset)
        }
        guard uri.sip?.headers == nil else { throw SIPParseError(.requestURI, at: 0) }
    }
}
