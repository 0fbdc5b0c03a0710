import MSRP
import Runtime
import SIP
import Wire

/// Reads the values of ims.conf; `nil` is a value that does not fit.
package enum ConfigurationValue {
    /// What each kind of value looks like, for the message about one that does not fit.
    package enum Expectation {
        package static let toggle = "on or off"
        package static let duration = "a time such as 600000, 600s, 10m or 1h"
        package static let keepAlive = "auto, off, or a time such as 30s"
        package static let chunkSize = "a number of bytes from 2048 to 262144"
        package static let msrpKeepAlive = "off, or a time such as 60s"
        package static let port = "a port from 0 to 65535"
        package static let publicIdentity = "a SIP URI such as sip:alice@ims.test"
        package static let privateIdentity = "a user and a domain such as alice@ims.test"
        package static let realm = "a domain such as ims.test"
        package static let proxy = "a host, host:port, or a URI such as sip:pcscf.ims.test:5060;transport=tcp"
        package static let transport = "udp, tcp or tls"
        package static let timers = "standard or ims"
        package static let chatPolicy = "all, from-buddies, ask or none"
        package static let messageFormat = "auto, plain or cpim"
        package static let notifications = "none, delivered or displayed"
        package static let relay = "a relay such as msrps://relay.ims.test:2855;tcp"
        package static let chatTransport = "auto, tls or tcp"
        package static let ports = "two ports such as 20000-20100"
        package static let msrpVerify = "fingerprint or name"
        package static let msrpMatch = "path or session"
        package static let imageShareForm = "standard or mercuro"
        package static let serviceID = Account.PresenceServiceID.allCases.map(\.rawValue)
            .joined(separator: " or ")
        package static let resource = "a SIP URI such as sip:friends@ims.test"
        package static let groupSize = "a number of people such as 20"
        package static let capabilities = "eight binary digits such as 00010000"
        package static let httpRoot = "a URL such as https://xcap.ims.test/xcap-root"
        package static let userName = "a name such as alice@ims.test"
        package static let size = "a number of bytes such as 500000, 20M or 4G"
        package static let address = "an IPv4 or IPv6 address"
        package static let descriptor = "the number of an open descriptor, 3 or higher"
        package static let amf = "four hexadecimal digits such as 8000"
        package static let instanceID = "a URN such as urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
        package static let applicationID = "a name such as org.example.Client"
        package static let notEmpty = "a value"
        package static let colour = "auto, on or off"
        package static let logLevel = "warning, notice or detail"
        package static let nameServers =
            "addresses separated by commas, such as 192.0.2.53, [2001:db8::53]:53"
    }

    package static func toggle(_ text: String) -> Bool? {
        switch text {
        case "on", "yes", "true": true
        case "off", "no", "false": false
        default: nil
        }
    }

    /// Reads a whole number of seconds, or of the unit that follows it: `s`, `m`, `h`, `d`.
    package static func duration(_ text: String) -> Duration? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        guard let number = decimal(unit == nil ? text[...] : text.dropLast()) else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        // Expires is 32 bits wide (RFC 3261 §20.19).
        return overflow || seconds > UInt32.max ? nil : .seconds(seconds)
    }

    package static func port(_ text: some StringProtocol) -> UInt16? {
        decimal(text).flatMap(UInt16.init(exactly:))
    }

    package static func chunkSize(_ text: String) -> Int? {
        decimal(text).flatMap(Int.init(exactly:)).flatMap { MSRPLimits.chunkSizes.contains($0) ? $0 : nil }
    }

    /// Reads `20000-20100`, or one port.
    package static func ports(_ text: String) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { port($0.trimmed) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first > 0,
            first <= last
        else { return nil }
        return first...last
    }

    /// Reads `sip:user@host`, the only form an identity is registered in (TS 23.003 §13.4).
    ///
    /// - Returns: The host, or `nil` if it is something else.
    package static func hostOfIdentity(_ text: String) -> String? {
        guard let colon = text.firstIndex(of: ":"), ["sip", "sips"].contains(text[..<colon].lowercased())
        else {
            return nil
        }
        return hostOfUser(text[text.index(after: colon)...])
    }

    /// Reads `user@host`.
    ///
    /// - Returns: The host, or `nil` if it is something else.
    package static func hostOfUser(_ text: some StringProtocol) -> String? {
        guard let at = text.lastIndex(of: "@"), at != text.startIndex, text[..<at].utf8.allSatisfy(isUserByte)
        else {
            return nil
        }
        return host(text[text.index(after: at)...])
    }

    /// Reads a domain name or an address; an IPv6 address stands in brackets, which are taken off.
    package static func host(_ text: some StringProtocol) -> String? {
        if text.first == "[" {
            guard text.last == "]" else { return nil }
            let address = String(text.dropFirst().dropLast())
            return isIPv6(address) ? address : nil
        }
        let isFit = text.utf8.allSatisfy {
            isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
        }
        guard isFit, let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 253 else {
            return nil
        }
        return String(text)
    }

    package static func address(_ text: String) -> String? {
        isIPv6(text) || isIPv4(text) ? text : nil
    }

    /// Reads the address of the P-CSCF.
    package static func proxy(_ text: String) -> Account.Proxy? {
        var transport: TransportProtocol?
        var rest = text[...]
        if let colon = text.firstIndex(of: ":"), ["sip", "sips"].contains(text[..<colon].lowercased()) {
            if text[..<colon].lowercased() == "sips" { transport = .tls }
            rest = text[text.index(after: colon)...]
            let parameters = rest.split(separator: ";", omittingEmptySubsequences: false).dropFirst()
            rest = rest.prefix { $0 != ";" }
            for parameter in parameters where parameter.lowercased() != "lr" {
                let words = parameter.lowercased().split(separator: "=", omittingEmptySubsequences: false)
                guard words.count == 2, words[0] == "transport",
                    let named = TransportProtocol(rawValue: String(words[1])),
                    transport == nil || named != .udp
                else { return nil }
                transport = transport == .tls ? .tls : named
            }
        }
        guard let (host, port) = hostPort(rest) else { return nil }
        return Account.Proxy(host: host, port: port, transport: transport)
    }

    /// Reads `host` or `host:port`; a bare IPv6 address needs no brackets when no port follows.
    static func hostPort(_ text: Substring) -> (host: String, port: UInt16?)? {
        if isIPv6(String(text)) { return (String(text), nil) }
        var (name, port): (Substring, UInt16?) = (text, nil)
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            guard let number = Self.port(text[text.index(after: colon)...]), number > 0 else { return nil }
            (name, port) = (text[..<colon], number)
        }
        return host(name).map { ($0, port) }
    }

    static func nameServers(_ text: String) -> [String]? {
        var servers: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed) {
            guard let (host, port) = hostPort(part), let address = address(host) else { return nil }
            servers.append(TransportAddress(host: address, port: port ?? 53).description)
        }
        return servers
    }

    /// Reads the URI of an MSRP relay, which names no session; the transport may be left out.
    static func relay(_ text: String) -> MSRPURI? {
        guard let uri = try? MSRPURI(text.contains(";") ? text : text + ";tcp") else { return nil }
        return uri.sessionID == nil && uri.transport.text == "tcp" ? uri : nil
    }

    static func amf(_ text: String) -> UInt16? {
        text.utf8.count == 4 && text.utf8.allSatisfy(isHexadecimal) ? UInt16(text, radix: 16) : nil
    }

    static func instanceID(_ text: String) -> String? {
        let isFit = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>\"\\".utf8.contains($0) }
        return isFit && text.lowercased().hasPrefix("urn:") && text.utf8.count > 4 ? text : nil
    }

    /// Reads the target of a connector: a qualified name.
    static func applicationID(_ text: some StringProtocol) -> String? {
        let isFit = text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
        return isFit && !text.isEmpty ? String(text) : nil
    }

    /// Reads PRES-SRV-CAP, b1 first (OMA SIMPLE IM TS §10.1.1).
    static func capabilities(_ text: String) -> UInt8? {
        text.utf8.count == 8 ? UInt8(text, radix: 2) : nil
    }

    /// Reads a number of bytes, `500000`, `20k`, `10M` or `4G`.
    static func size(_ text: String) -> UInt64? {
        let factors: [Character: Int64] = [
            "k": 1000, "K": 1000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000,
        ]
        let factor = text.last.flatMap { factors[$0] }
        guard let number = decimal(factor == nil ? text[...] : text.dropLast()), number > 0 else {
            return nil
        }
        let product = number.multipliedReportingOverflow(by: factor ?? 1)
        return product.overflow ? nil : UInt64(product.partialValue)
    }

    static func notEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }

    private static func decimal(_ text: some StringProtocol) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }

    private static func isIPv4(_ text: String) -> Bool {
        SocketAddress(host: text, port: 0)?.family == .ipv4
    }

    /// Whether the text is an IPv6 address, without brackets.
    private static func isIPv6(_ text: String) -> Bool {
        text.first != "[" && SocketAddress(host: text, port: 0)?.family == .ipv6
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// The `user` of RFC 3261 §25.1.
    private static func isUserByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "-_.!~*'()%&=+$,;?/".utf8.contains(byte)
    }
}
