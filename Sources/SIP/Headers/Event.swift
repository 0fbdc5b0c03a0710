package import Wire

/// `Event`: the package a subscription is to, with its parameters (RFC 6665 §8.2.1).
package struct Event: HeaderField {
    package static let name = HeaderName.event

    /// The package with its templates: `presence.winfo`; compared with regard to case (RFC 6665 §7.1).
    package var package: ByteString
    package var parameters: Parameters

    package init(_ package: String, id: String? = nil) {
        (self.package, parameters) = (ByteString(package), Parameters())
        if let id { parameters.set("id", id) }
    }

    /// Tells two subscriptions to one package within a dialog apart (RFC 6665 §4.1.2.1).
    package var id: ByteString? { parameters["id"] }

    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        let package = scanner.run(of: .token)
        guard !package.isEmpty else { throw SIPParseError(.event, at: 0) }
        self.package = value[package]
        parameters = Parameters(validated: value[try scanner.headerParameters()])
        guard scanner.isAtEnd else { throw SIPParseError(.event, at: scanner.position) }
    }

    package func write(to writer: inout ByteWriter) {
        writer.append(package)
        writer.append(parameters.text)
    }
}

/// `Subscription-State`: what has become of a subscription, in every NOTIFY (RFC 6665 §8.2.3).
package struct SubscriptionState: HeaderField {
    package static let name = HeaderName.subscriptionState

    package enum State: Hashable, Sendable {
        case active, pending, terminated
        /// A state of another standard, which a subscriber treats as it sees fit.
        case other(ByteString)
    }

    /// Why a subscription ended (RFC 6665 §4.2.2).
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case deactivated, probation, rejected, timeout, giveup, noresource, invariant
    }

    package var state: State
    package var parameters: Parameters

    package init(_ state: State, parameters: Parameters = Parameters()) {
        (self.state, self.parameters) = (state, parameters)
    }

    /// The reason, or `nil` if it is missing or unknown, which means the same to a subscriber (RFC 6665 §4.1.3).
    package var reason: Reason? {
        parameters["reason"].flatMap { reason in
            Reason.allCases.first { reason.equalsIgnoringCase($0.rawValue) }
        }
    }

    /// What is left of the subscription's life.
    package var expires: Duration? {
        parameters["expires"]?.decimal(upTo: UInt64(UInt32.max)).map { .seconds($0) }
    }

    /// How long to wait before subscribing anew.
    package var retryAfter: Duration? {
        parameters["retry-after"]?.decimal(upTo: UInt64(UInt32.max)).map { .seconds($0) }
    }

    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        let word = value[scanner.run(of: .token)]
        guard !word.isEmpty else { throw SIPParseError(.subscriptionState, at: 0) }
        if word.equalsIgnoringCase("active") {
            state = .active
        } else if word.equalsIgnoringCase("pending") {
            state = .pending
        } else if word.equalsIgnoringCase("terminated") {
            state = .terminated
        } else {
            state = .other(word)
        }
        parameters = Parameters(validated: value[try scanner.headerParameters()])
        guard scanner.isAtEnd else { throw SIPParseError(.subscriptionState, at: scanner.position) }
    }

    package func write(to writer: inout ByteWriter) {
        switch state {
        case .active: writer.append("active")
        case .pending: writer.append("pending")
        case .terminated: writer.append("terminated")
        case .other(let word): writer.append(word)
        }
        writer.append(parameters.text)
    }
}
