import SIP
import Testing

@testable import Engine

/// Which of the targets that DNS names are tried, and in which order.
@Suite struct ConnectorTests {
    private typealias Target = ServerLocation.Target

    private func tried(_ found: [TransportProtocol], isLarge: Bool = false) -> [TransportProtocol] {
        let account = Account(
            name: "alice",
            publicIdentity: "sip:alice@ims.test",
            privateIdentity: "alice@ims.test",
            realm: "ims.test",
            proxy: Account.Proxy(host: "ims.test")
        )
        var connector = Connector(account: account, nameServers: [])
        connector.prefersStreams = isLarge
        connector.found(found.map { Target($0, TransportAddress(host: "192.0.2.1", port: 5060)) })
        var tried: [TransportProtocol] = []
        while let target = connector.next() { tried.append(target.transport) }
        return tried
    }

    @Test(
        "where TLS comes first nothing weaker is fallen back to, elsewhere the order stays",
        arguments: [
            ([.tls, .tcp, .udp], [.tls]), ([.tls, .tls, .udp], [.tls, .tls]), ([.udp, .tls], [.udp, .tls]),
            ([.tcp, .udp], [.tcp, .udp]),
        ] as [([TransportProtocol], [TransportProtocol])]
    )
    func order(_ found: [TransportProtocol], expected: [TransportProtocol]) {
        #expect(tried(found) == expected)
    }

    @Test("for a large message TCP is tried before UDP (RFC 3261 §18.1.1)")
    func large() {
        #expect(tried([.udp], isLarge: true) == [.tcp, .udp])
    }
}
