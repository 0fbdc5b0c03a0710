/// The transport a hop uses (RFC 3261 §18).
package enum TransportProtocol: String, Hashable, Sendable, CaseIterable {
    case udp, tcp, tls

    /// Whether the transport itself retransmits, so that transactions must not (RFC 3261 §17).
    package var isReliable: Bool { self != .udp }

    /// The name in the sent-protocol of a `Via` (RFC 3261 §20.42).
    package var viaToken: String { rawValue.uppercased() }

    /// The port where a hop that names none listens (RFC 3261 §19.1.2).
    package var defaultPort: UInt16 { self == .tls ? 5061 : 5060 }
}

/// A numeric address and a port; the host is an IPv4 address, or an IPv6 address without brackets.
package struct TransportAddress: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// The `hostport` of RFC 3261 §25.1: an IPv6 address stands in brackets.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Names one socket or connection for as long as it lives.
package struct FlowID: Hashable, Sendable {
    package var number: UInt64

    package init(_ number: UInt64) { self.number = number }
}

/// The way a message takes to, or came from, one neighbour (RFC 5626 §3.1).
///
/// Over TCP and TLS `id` is a connection; over UDP it is the local socket, and `remote` tells the neighbours apart.
package struct Flow: Hashable, Sendable {
    package var id: FlowID
    package var transport: TransportProtocol
    /// Our address on this flow: what `Via` and `Contact` carry.
    package var local: TransportAddress
    package var remote: TransportAddress

    package init(id: FlowID, transport: TransportProtocol, local: TransportAddress, remote: TransportAddress)
    {
        (self.id, self.transport, self.local, self.remote) = (id, transport, local, remote)
    }
}
