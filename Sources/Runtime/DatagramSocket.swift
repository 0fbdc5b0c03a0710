import CLinux
import Glibc

/// A UDP socket on an event loop; it lives, and keeps its callback, until `close`.
package final class DatagramSocket: @unchecked Sendable {
    package enum Event: Sendable {
        case received([UInt8], from: SocketAddress)
        /// The network reported that something sent to `to` did not arrive (ICMP); `nil` when it does not say which.
        case failed(SocketError, to: SocketAddress?)
    }

    /// The address the socket is bound to, with the port the system chose if none was asked for.
    package let local: SocketAddress
    /// The only peer, if the socket is connected.
    package let remote: SocketAddress?

    private let loop: EventLoop
    private var handler: (@Sendable (Event) -> Void)?
    private var descriptor: Descriptor?

    /// Opens a socket and begins to receive.
    ///
    /// - Parameters:
    ///   - address: What to bind to; the port may be 0 and the host that of `SocketAddress.any`.
    ///   - remote: The one peer to hear, or `nil` for all.
    ///   - loop: The loop whose thread calls this and on which `handler` runs.
    ///   - handler: Called with every event until `close`.
    /// - Throws: `SocketError` when the address cannot be bound or there is no way to `remote`.
    package init(
        bind address: SocketAddress,
        remote: SocketAddress? = nil,
        on loop: EventLoop,
        _ handler: @escaping @Sendable (Event) -> Void
    ) throws(SocketError) {
        let descriptor = try openSocket(address.family, .datagram)
        setOption(descriptor, SOL_SOCKET, SO_RCVBUF, RuntimeLimits.datagramBuffer)
        setOption(descriptor, SOL_SOCKET, SO_SNDBUF, RuntimeLimits.datagramBuffer)
        switch address.family {
        case .ipv4: setOption(descriptor, Int32(IPPROTO_IP), IP_RECVERR, 1)
        case .ipv6: setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_RECVERR, 1)
        }
        try address.bind(descriptor)
        try remote?.connect(descriptor)
        local = try SocketAddress.local(of: descriptor)
        (self.remote, self.loop, self.handler, self.descriptor) = (remote, loop, handler, descriptor)
        guard loop.register(descriptor.number, .readable, { self.becameReady($0) }) else {
            throw SocketError(errno: errno)
        }
    }

    /// Whether a socket could be bound to `address` now.
    package static func canBind(_ address: SocketAddress) -> Bool {
        do throws(SocketError) {
            try address.bind(try openSocket(address.family, .datagram))
            return true
        } catch {
            return false
        }
    }

    /// Sends one datagram.
    ///
    /// A datagram the system has no room for is lost without a word, as it might be anywhere on its way.
    ///
    /// - Throws: `SocketError` when it cannot be sent at all.
    package func send(_ bytes: [UInt8], to address: SocketAddress) throws(SocketError) {
        loop.checkIsolated()
        guard let descriptor else { throw .closed }
        // The first error may be an ICMP one that an earlier datagram earned; the second is about this one.
        var failure = transmit(bytes, to: address, descriptor)
        if failure != 0, failure != EMSGSIZE { failure = transmit(bytes, to: address, descriptor) }
        switch failure {
        case 0, EAGAIN, ENOBUFS, EINTR: return
        default: throw SocketError(errno: failure)
        }
    }

    private func transmit(_ bytes: [UInt8], to address: SocketAddress, _ descriptor: Descriptor) -> Int32 {
        let sent =
            if remote != nil {
                unsafe Glibc.send(descriptor.number, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            } else {
                unsafe address.withSystemAddress { pointer, length in
                    let flags = Int32(MSG_NOSIGNAL)
                    return unsafe sendto(descriptor.number, bytes, bytes.count, flags, pointer, length)
                }
            }
        return sent < 0 ? errno : 0
    }

    /// Stops receiving and closes the socket; no event follows.
    package func close() {
        guard let descriptor else { return }
        loop.deregister(descriptor.number)
        self.descriptor = nil
        handler = nil
    }

    private func becameReady(_ readiness: EventLoop.Readiness) {
        if !readiness.isDisjoint(with: .failed) { reportErrors() }
        for _ in 0..<RuntimeLimits.datagramsPerTurn {
            guard let descriptor, receive(descriptor) else { return }
        }
    }

    /// Reads one datagram and passes it on; returns whether there may be another.
    private func receive(_ descriptor: Descriptor) -> Bool {
        let memory = unsafe loop.scratch.memory
        let (count, sender) = unsafe SocketAddress.filled { address, length in
            unsafe recvfrom(descriptor.number, memory.baseAddress, memory.count, 0, address, length)
        }
        guard count >= 0 else {
            let error = errno
            if error == EAGAIN { return false }
            // Of an ICMP error this is the second news; the queue of errors says where the datagram was going.
            reportErrors()
            return error != EBADF
        }
        if let sender {
            handler?(.received(loop.scratch.prefix(count), from: sender))
        }
        return true
    }

    private func reportErrors() {
        for _ in 0..<RuntimeLimits.datagramsPerTurn {
            guard let descriptor else { return }
            let (error, destination) = unsafe SocketAddress.filled { address, length in
                unsafe linux_socket_error(descriptor.number, address, length)
            }
            guard error != 0 else { return }
            handler?(.failed(SocketError(errno: error), to: destination ?? remote))
        }
    }
}
