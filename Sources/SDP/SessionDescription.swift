package import Wire

/// A description of a multimedia session (RFC 4566 §5).
package struct SessionDescription: Hashable, Sendable {
    package var origin: Origin
    /// `s=`: a dash if the session has no name worth showing (RFC 4566 §5.3).
    package var name: ByteString
    /// `i=`.
    package var information: ByteString?
    /// `u=`.
    package var uri: ByteString?
    /// `e=`.
    package var emails: [ByteString] = []
    /// `p=`.
    package var phones: [ByteString] = []
    /// `c=` of the session, for the media that have none.
    package var connection: Connection?
    /// `b=`, as written.
    package var bandwidths: [ByteString] = []
    /// `t=` with the `r=` lines behind it; never empty.
    package var times: [Time] = [.unbounded]
    /// `z=`, as written.
    package var zones: ByteString?
    /// `k=`, as written.
    package var key: ByteString?
    package var attributes = AttributeList()
    package var media: [MediaDescription] = []

    package init(origin: Origin, name: ByteString = "-") { (self.origin, self.name) = (origin, name) }

    /// The address of a medium: its own, or that of the session.
    package func connection(of medium: MediaDescription) -> Connection? { medium.connection ?? connection }
}

/// `o=`: who made the description, of which session, and its version (RFC 4566 §5.2).
package struct Origin: Hashable, Sendable {
    package var username: ByteString
    /// A number too large for some to count with, so that it stays text.
    package var sessionID: ByteString
    /// Raised by one with every change (RFC 3264 §8).
    package var version: UInt64
    package var address: Connection

    package init(username: ByteString = "-", sessionID: UInt64, version: UInt64, address: Connection) {
        self.init(username, ByteString(String(sessionID)), version, address)
    }

    init(_ username: ByteString, _ sessionID: ByteString, _ version: UInt64, _ address: Connection) {
        (self.username, self.sessionID) = (username, sessionID)
        (self.version, self.address) = (version, address)
    }

    /// Whether both describe the same session, whatever the version (RFC 4566 §5.2).
    package func isSameSession(as other: Origin) -> Bool {
        username == other.username && sessionID == other.sessionID && address == other.address
    }
}

/// `c=`, and the end of `o=`: an address in the network it belongs to (RFC 4566 §5.7).
package struct Connection: Hashable, Sendable {
    /// `IN` for the Internet.
    package var network: ByteString
    /// `IP4` or `IP6`.
    package var type: ByteString
    /// A name or an address, for multicast with what stands behind the slash.
    package var address: ByteString

    init(network: ByteString, type: ByteString, address: ByteString) {
        (self.network, self.type, self.address) = (network, type, address)
    }

    /// An Internet address or name; one with a colon is of IP version 6.
    package init(_ host: String) {
        let isVersion6 = host.utf8.contains(UInt8(ascii: ":"))
        self.init(network: "IN", type: isVersion6 ? "IP6" : "IP4", address: ByteString(host))
    }
}

/// `t=`: when the session is active, with its repetitions (RFC 4566 §5.9, §5.10); as written.
package struct Time: Hashable, Sendable {
    package var value: ByteString
    /// The `r=` lines.
    package var repetitions: [ByteString] = []

    package init(_ value: ByteString) { self.value = value }

    /// No bound on either side, as every session of SIP has it (RFC 3264 §5).
    package static let unbounded = Time("0 0")
}

/// An `m=` section: one medium of the session (RFC 4566 §5.14).
package struct MediaDescription: Hashable, Sendable {
    /// `audio` or `message`, for example.
    package var type: ByteString
    /// Zero in an offer or answer: the medium is refused or taken away (RFC 3264 §6, §8.2).
    package var port: UInt16
    /// How many ports, if more than one is meant.
    package var portCount: UInt16?
    /// `TCP/MSRP` or `RTP/AVP`, for example.
    package var transport: ByteString
    /// What follows the transport, as written; never empty.
    package var formats: ByteString
    package var information: ByteString?
    package var connections: [Connection] = []
    package var bandwidths: [ByteString] = []
    package var key: ByteString?
    package var attributes = AttributeList()

    package init(type: ByteString, port: UInt16, transport: ByteString, formats: ByteString) {
        (self.type, self.port, self.transport, self.formats) = (type, port, transport, formats)
    }

    /// The first `c=`; only multicast with layers has more (RFC 4566 §5.7).
    package var connection: Connection? { connections.first }

    package var isRefused: Bool { port == 0 }
}
