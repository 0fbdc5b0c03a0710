/// A question for the domain name system.
package enum DNSQuestion: Hashable, Sendable {
    /// Which services does this domain offer, over which transports? (NAPTR, RFC 3403)
    case namingAuthority(String)
    /// Which servers offer this service? The name is that of RFC 2782: `_sip._udp.ims.test`.
    case service(String)
    /// Which addresses, IPv4 and IPv6, does this host have?
    case addresses(String)
}

/// What was found, in no particular order unless said.
package enum DNSAnswer: Hashable, Sendable {
    case namingAuthority([NamingAuthorityPointer])
    case service([ServiceRecord])
    /// Numeric addresses, those to try first at the front (RFC 6724).
    case addresses([String])
}

/// A NAPTR record (RFC 3403 §4.1).
package struct NamingAuthorityPointer: Hashable, Sendable {
    package var order: UInt16
    package var preference: UInt16
    package var flags: String
    package var service: String
    package var regularExpression: String
    package var replacement: String

    package init(
        order: UInt16,
        preference: UInt16,
        flags: String,
        service: String,
        regularExpression: String = "",
        replacement: String
    ) {
        self.order = order
        self.preference = preference
        self.flags = flags
        self.service = service
        self.regularExpression = regularExpression
        self.replacement = replacement
    }
}

/// An SRV record (RFC 2782).
package struct ServiceRecord: Hashable, Sendable {
    package var priority: UInt16
    package var weight: UInt16
    package var port: UInt16
    package var target: String

    package init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
        (self.priority, self.weight, self.port, self.target) = (priority, weight, port, target)
    }
}

/// Why there is no answer.
package enum DNSFailure: Error, Hashable, Sendable {
    /// The name does not exist, or has no record of this kind.
    case notFound
    /// No server answered in time.
    case timedOut
    /// Every server refused, failed, or could not be reached.
    case refused
    /// The answer makes no sense.
    case malformed
    /// The name cannot stand in a question.
    case badName
    /// The resolver was closed, or could not be started.
    case unavailable
}

// MARK: - For the log

extension DNSQuestion: CustomStringConvertible {
    package var description: String {
        switch self {
        case .namingAuthority(let name): "NAPTR of \(name)"
        case .service(let name): "SRV of \(name)"
        case .addresses(let name): "addresses of \(name)"
        }
    }
}

extension DNSAnswer: CustomStringConvertible {
    /// The records in the order of a zone file's fields.
    package var description: String {
        switch self {
        case .namingAuthority(let pointers): Self.list(pointers)
        case .service(let records): Self.list(records)
        case .addresses(let addresses): Self.list(addresses)
        }
    }

    private static func list(_ records: [some CustomStringConvertible]) -> String {
        records.isEmpty ? "nothing" : records.map(\.description).joined(separator: "; ")
    }
}

extension NamingAuthorityPointer: CustomStringConvertible {
    package var description: String {
        "\(order) \(preference) \"\(flags)\" \"\(service)\" \"\(regularExpression)\" \(replacement)"
    }
}

extension ServiceRecord: CustomStringConvertible {
    package var description: String { "\(priority) \(weight) \(port) \(target)" }
}

extension DNSFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notFound: "no such name or record"
        case .timedOut: "no server answered in time"
        case .refused: "every server refused, failed or could not be reached"
        case .malformed: "the answer makes no sense"
        case .badName: "the name cannot be asked for"
        case .unavailable: "the resolver could not be started"
        }
    }
}
