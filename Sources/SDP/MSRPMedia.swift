package import Wire

/// An `m=message` section for MSRP, typed (RFC 4975 §8).
package struct MSRPMedia: Hashable, Sendable {
    /// Whether the connection is TLS: `TCP/TLS/MSRP` and not `TCP/MSRP`.
    package var isSecure: Bool
    package var port: UInt16
    /// The host of `c=`: it is where to connect only with CEMA (RFC 6714).
    package var host: ByteString
    /// The MSRP URIs of `a=path`: the first is the first hop, the last the session (§8.2, §8.3).
    package var path: [ByteString]
    package var acceptTypes: AcceptedTypes
    /// What is taken within a container only (§8.6).
    package var acceptWrappedTypes: AcceptedTypes?
    /// The largest message in bytes that is welcome; a hint (§8.6).
    package var maximumSize: UInt64?
    package var setup: Setup?
    package var fingerprints: [Fingerprint]
    package var direction: Direction
    /// Whether the end can be reached through a gateway that rewrites only the address (`msrp-cema`, RFC 6714).
    package var supportsCEMA: Bool
    /// What a chat room can do: `nickname`, `private-messages` (RFC 7701 §8); `nil` for anything but a chat room.
    package var chatroom: [ByteString]?
    /// The attributes that have no place above, in their order.
    package var others: AttributeList
    package var information: ByteString?

    package init(
        path: [String],
        host: String,
        port: UInt16,
        isSecure: Bool,
        acceptTypes: [String],
        acceptWrappedTypes: [String]? = nil
    ) {
        self.path = path.map { ByteString($0) }
        (self.host, self.port, self.isSecure) = (ByteString(host), port, isSecure)
        self.acceptTypes = AcceptedTypes(acceptTypes)
        self.acceptWrappedTypes = acceptWrappedTypes.map { AcceptedTypes($0) }
        (maximumSize, setup, chatroom, information) = (nil, nil, nil, nil)
        (fingerprints, direction, supportsCEMA) = ([], .sendrecv, false)
        others = AttributeList()
    }

    /// The URI of the peer's end itself.
    package var sessionURI: ByteString? { path.last }
}

/// Why an `m=` section does not describe an MSRP session.
package enum MSRPMediaError: Error, Hashable, Sendable {
    /// Another medium, or another transport.
    case notMSRP
    /// No `a=path`, or one that holds something else than MSRP URIs (RFC 4975 §8.2).
    case path
    /// No `a=accept-types` (RFC 4975 §8.6).
    case acceptTypes
    /// No `c=` that holds for the medium.
    case connection
    case setup
    /// The only fingerprints are malformed or of a hash function that must not be used (RFC 8122 §5).
    case fingerprint
}

extension MSRPMedia {
    static let transports: [(name: String, isSecure: Bool)] = [("TCP/MSRP", false), ("TCP/TLS/MSRP", true)]

    /// The attributes that are typed here; `connection` is to be ignored where MSRP is concerned (RFC 6135 §4.4).
    private static let typed: Set<String> = [
        "path", "accept-types", "accept-wrapped-types", "max-size", "setup", "connection", "fingerprint",
        "msrp-cema", "chatroom", "sendrecv", "sendonly", "recvonly", "inactive",
    ]

    /// Whether a section is one for MSRP, refused or not.
    package static func isMSRP(_ medium: MediaDescription) -> Bool {
        medium.type.equalsIgnoringCase("message")
            && transports.contains { medium.transport.equalsIgnoringCase($0.name) }
    }

    /// Reads the section `medium` of `session`, from which it inherits (RFC 4566 §5.13, RFC 8122 §5, RFC 4145 §4).
    package init(
        _ medium: MediaDescription,
        in session: SessionDescription
    ) throws(MSRPMediaError) {
        guard Self.isMSRP(medium) else { throw .notMSRP }
        let attributes = medium.attributes
        guard let path = attributes.value("path")?.words, !path.isEmpty, path.allSatisfy(\.isMSRPURI) else {
            throw .path
        }
        guard let types = attributes.value("accept-types"), !types.isEmpty else { throw .acceptTypes }
        guard let connection = session.connection(of: medium) else { throw .connection }
        self.path = path
        (host, port) = (connection.address, medium.port)
        isSecure = medium.transport.equalsIgnoringCase("TCP/TLS/MSRP")
        acceptTypes = AcceptedTypes(parsing: types)
        acceptWrappedTypes = attributes.value("accept-wrapped-types").map { AcceptedTypes(parsing: $0) }
        maximumSize = attributes.value("max-size")?.decimal(upTo: .max)
        setup = try Self.setup(attributes, session.attributes)
        fingerprints = try Self.fingerprints(attributes, session.attributes)
        direction = Direction(in: attributes) ?? Direction(in: session.attributes) ?? .sendrecv
        supportsCEMA = attributes.contains("msrp-cema")
        chatroom = attributes.first("chatroom").map { $0.value?.words ?? [] }
        information = medium.information
        others = AttributeList(attributes.filter { !Self.typed.contains($0.name.text) })
    }

    private static func setup(
        _ own: AttributeList,
        _ inherited: AttributeList
    ) throws(MSRPMediaError) -> Setup? {
        guard let value = own.value("setup") ?? inherited.value("setup") else { return nil }
        guard let setup = Setup(rawValue: value.lowercased.text) else { throw .setup }
        return setup
    }

    private static func fingerprints(
        _ own: AttributeList,
        _ inherited: AttributeList
    ) throws(MSRPMediaError) -> [Fingerprint] {
        let attributes = own.contains("fingerprint") ? own : inherited
        let values = attributes.all("fingerprint").map { $0.value ?? .empty }
        let readable = values.compactMap { Fingerprint(parsing: $0) }
        guard values.isEmpty || !readable.isEmpty else { throw .fingerprint }
        return readable
    }

    /// The section as it is sent.
    package var media: MediaDescription {
        let transport = isSecure ? "TCP/TLS/MSRP" : "TCP/MSRP"
        var medium = MediaDescription(
            type: "message",
            port: port,
            transport: ByteString(transport),
            formats: "*"
        )
        medium.information = information
        medium.connections = [Connection(host.text)]
        if direction != .sendrecv { medium.attributes.append(Attribute(direction.rawValue)) }
        medium.attributes.append(Attribute("accept-types", acceptTypes.value))
        if let wrapped = acceptWrappedTypes, !wrapped.isEmpty {
            medium.attributes.append(Attribute("accept-wrapped-types", wrapped.value))
        }
        if let maximumSize { medium.attributes.append(Attribute("max-size", String(maximumSize))) }
        medium.attributes.append(Attribute("path", path.joined(by: UInt8(ascii: " "))))
        if let setup { medium.attributes.append(Attribute("setup", setup.rawValue)) }
        for fingerprint in fingerprints {
            medium.attributes.append(Attribute("fingerprint", fingerprint.value))
        }
        if supportsCEMA { medium.attributes.append(Attribute("msrp-cema")) }
        if let chatroom {
            let value = chatroom.isEmpty ? nil : chatroom.joined(by: UInt8(ascii: " "))
            medium.attributes.append(Attribute("chatroom", value))
        }
        for attribute in others { medium.attributes.append(attribute) }
        return medium
    }
}

extension ByteString {
    fileprivate var isMSRPURI: Bool { hasPrefixIgnoringCase("msrp://") || hasPrefixIgnoringCase("msrps://") }
}
