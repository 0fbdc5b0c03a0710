// The C modules share headers, and which of them a member is found in depends on which was loaded first.
import CCares
import CLinux
import Glibc

/// A numeric IP address and a port.
package struct SocketAddress: Hashable, Sendable {
    package enum Family: Hashable, Sendable { case ipv4, ipv6 }

    package let family: Family
    /// The address in its canonical form (RFC 5952 for IPv6), without brackets; a zone may follow a `%`.
    package let host: String
    package var port: UInt16

    /// Reads a numeric address, an IPv6 address with or without brackets; names are not resolved.
    package init?(host: String, port: UInt16) {
        var bare = Substring(host)
        if bare.first == "[", bare.last == "]" { bare = bare.dropFirst().dropLast() }
        // An embedded NUL would hide the rest of the text from the C library.
        guard !bare.utf8.contains(0) else { return nil }
        let parts = bare.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let literal = parts.first.map(String.init) else { return nil }
        if parts.count == 1, let canonical = Self.canonical(literal, AF_INET) {
            self.init(.ipv4, canonical, port)
        } else if let canonical = Self.canonical(literal, AF_INET6) {
            let zone = parts.count == 2 ? String(parts[1]) : nil
            if let zone, Self.index(ofZone: zone) == 0 { return nil }
            self.init(.ipv6, canonical + (zone.map { "%" + $0 } ?? ""), port)
        } else {
            return nil
        }
    }

    private init(_ family: Family, _ host: String, _ port: UInt16) {
        (self.family, self.host, self.port) = (family, host, port)
    }

    /// Every address of this host: what to bind to when any will do.
    package static func any(_ family: Family, port: UInt16 = 0) -> Self {
        Self(family, family == .ipv4 ? "0.0.0.0" : "::", port)
    }

    package static func loopback(_ family: Family = .ipv4, port: UInt16 = 0) -> Self {
        Self(family, family == .ipv4 ? "127.0.0.1" : "::1", port)
    }

    /// The address this host would send from to reach `destination`, with port 0; nothing is sent.
    package static func local(towards destination: SocketAddress) throws(SocketError) -> SocketAddress {
        let descriptor = try openSocket(destination.family, .datagram)
        try destination.connect(descriptor)
        var address = try SocketAddress.local(of: descriptor)
        address.port = 0
        return address
    }

    private static func canonical(_ literal: String, _ family: Int32) -> String? {
        var address = in6_addr()
        guard unsafe inet_pton(family, literal, &address) == 1 else { return nil }
        return text(of: &address, family)
    }

    private static func text(of address: inout in6_addr, _ family: Int32) -> String? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard unsafe inet_ntop(family, &address, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension SocketAddress: CustomStringConvertible {
    package var description: String { family == .ipv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

// MARK: - The C form

extension SocketAddress {
    /// Reads the address the system filled in, or returns `nil` when it is of no IP family.
    init?(_ storage: sockaddr_storage) {
        var storage = storage
        switch Int32(storage.ss_family) {
        case AF_INET:
            let inner = unsafe withUnsafeBytes(of: &storage) { unsafe $0.loadUnaligned(as: sockaddr_in.self) }
            var address = in6_addr()
            unsafe withUnsafeMutableBytes(of: &address) {
                unsafe $0.storeBytes(of: inner.sin_addr, as: in_addr.self)
            }
            guard let host = Self.text(of: &address, AF_INET) else { return nil }
            self.init(.ipv4, host, UInt16(bigEndian: inner.sin_port))
        case AF_INET6:
            var inner = unsafe withUnsafeBytes(of: &storage) {
                unsafe $0.loadUnaligned(as: sockaddr_in6.self)
            }
            guard let host = Self.text(of: &inner.sin6_addr, AF_INET6) else { return nil }
            let zone = inner.sin6_scope_id == 0 ? "" : "%\(inner.sin6_scope_id)"
            self.init(.ipv6, host + zone, UInt16(bigEndian: inner.sin6_port))
        default: return nil
        }
    }

    /// Reads an address of `length` bytes that someone else holds.
    init?(_ pointer: UnsafePointer<sockaddr>?, length: Int) {
        guard let pointer = unsafe pointer, length <= MemoryLayout<sockaddr_storage>.size else { return nil }
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: length))
        }
        self.init(storage)
    }

    /// Lends `call` room for an address, and reads the one it fills in.
    static func filled<Result>(
        by call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
    ) -> (Result, SocketAddress?) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, &length) }
        }
        return (result, SocketAddress(storage))
    }

    /// Lends the C form of the address to `body`.
    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        let length: Int
        switch family {
        case .ipv4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            unsafe inet_pton(AF_INET, host, &address.sin_addr)
            unsafe withUnsafeMutableBytes(of: &storage) {
                unsafe $0.storeBytes(of: address, as: sockaddr_in.self)
            }
            length = MemoryLayout<sockaddr_in>.size
        case .ipv6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            let parts = host.split(separator: "%")
            unsafe inet_pton(AF_INET6, String(parts.first ?? "::"), &address.sin6_addr)
            if parts.count == 2 { address.sin6_scope_id = Self.index(ofZone: String(parts[1])) }
            unsafe withUnsafeMutableBytes(of: &storage) {
                unsafe $0.storeBytes(of: address, as: sockaddr_in6.self)
            }
            length = MemoryLayout<sockaddr_in6>.size
        }
        return unsafe withUnsafeBytes(of: &storage) { bytes in
            // The storage is 128 bytes, so there is a base address, and it is aligned for every member of the family.
            guard let base = bytes.baseAddress else { preconditionFailure("an address is not empty") }
            return unsafe body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(length))
        }
    }

    /// The interface a zone names by its name or number; 0 when there is none.
    private static func index(ofZone zone: String) -> UInt32 {
        let index = unsafe if_nametoindex(zone)
        return index != 0 ? index : UInt32(zone) ?? 0
    }

    /// Connects a socket; for a stream this only begins it.
    func connect(_ descriptor: Descriptor) throws(SocketError) {
        let status = unsafe withSystemAddress { unsafe Glibc.connect(descriptor.number, $0, $1) }
        if status != 0, errno != EINPROGRESS { throw SocketError(errno: errno) }
    }

    func bind(_ descriptor: Descriptor) throws(SocketError) {
        let status = unsafe withSystemAddress { unsafe Glibc.bind(descriptor.number, $0, $1) }
        if status != 0 { throw SocketError(errno: errno) }
    }

    /// The address a socket is bound to.
    static func local(of descriptor: Descriptor) throws(SocketError) -> SocketAddress {
        let (status, local) = unsafe filled { unsafe getsockname(descriptor.number, $0, $1) }
        guard status == 0, let local else { throw SocketError(errno: errno) }
        return local
    }
}

enum SocketKind { case datagram, stream }

/// Opens a non-blocking socket; an IPv6 one leaves IPv4 alone, so that no address ever comes in mapped form.
func openSocket(_ family: SocketAddress.Family, _ kind: SocketKind) throws(SocketError) -> Descriptor {
    let type = kind == .datagram ? SOCK_DGRAM : SOCK_STREAM
    let domain = family == .ipv4 ? AF_INET : AF_INET6
    let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    guard let descriptor = Descriptor(socket(domain, Int32(type.rawValue) | flags, 0)) else {
        throw SocketError(errno: errno)
    }
    if family == .ipv6 { setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
    return descriptor
}

/// Sets a socket option; one the system does not know is no reason to stop.
func setOption(_ descriptor: Descriptor, _ level: Int32, _ name: Int32, _ value: Int32) {
    var value = value
    _ = unsafe setsockopt(descriptor.number, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
}

/// Takes the pending error of a socket; 0 when there is none.
func pendingError(_ descriptor: Descriptor) -> Int32 {
    var error: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor.number, SOL_SOCKET, SO_ERROR, &error, &length) == 0 else {
        return errno
    }
    return error
}
