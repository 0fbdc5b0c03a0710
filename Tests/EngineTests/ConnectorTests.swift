import SIP
import Testing

@testable import Engine

/// Which of the targets that DNS names are tried, and in which order.
@Suite struct ConnectorTests {
    private typealias Target = ServerLocation.Target

    private func connector() -> Connector {
        let account = Account(
            name: "alice",
            publicIdentity: "sip:alice@ims.test",
            privateIdentity: "alice@ims.test",
            realm: "ims.test",
            proxy: Account.Proxy(host: "ims.test")
        )
        return Connector(account: account, nameServers: [])
    }

    private func tried(_ found: [TransportProtocol], isLarge: Bool = false) -> [TransportProtocol] {
        var connector = connector()
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

    @Test(
        "a registration that fails goes on as long as there is a target that has not failed (RFC 3263 §4.3)"
    )
    func failover() {
        var connector = connector()
        let targets = [1, 2, 3].map { Target(.udp, TransportAddress(host: "192.0.2.1", port: $0)) }
        var (tried, goesOn) = ([UInt16](), true)
        while goesOn, tried.count < 10 {
            connector.found(targets)
            tried += connector.next().map { [$0.address.port] } ?? []
            goesOn = connector.failed()
        }
        #expect(tried == [1, 2, 3])
        connector.isProven = true
        connector.found(targets)
        let (next, another) = (connector.next(), connector.failed())
        #expect(next?.address.port == 3)
        #expect(another)
    }

    @Test("for a large message TCP is tried before UDP (RFC 3261 §18.1.1)")
    func large() {
        #expect(tried([.udp], isLarge: true) == [.tcp, .udp])
    }
}
