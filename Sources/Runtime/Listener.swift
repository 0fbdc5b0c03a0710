import CLinux
import Glibc
import Wire

/// A TCP socket that takes connections, with TLS if it has a context; it lives until `close`.
package final class Listener: @unchecked Sendable {
    /// The address it listens on, with the port the system chose if none was asked for.
    package let local: SocketAddress

    private let loop: EventLoop
    private let tls: TLSContext?
    private let options: StreamConnection.Options
    private var accept: (@Sendable (StreamConnection) -> StreamConnection.Handler?)?
    private var descriptor: Descriptor?

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - address: What to bind to; the port may be 0.
    ///   - tls: The certificate to offer, or `nil` for plain TCP.
    ///   - options: The limits of each connection; the timeout is that of the TLS handshake.
    ///   - loop: The loop whose thread calls this and on which everything runs.
    ///   - accept: Gets each connection and returns what handles its events, `connected` first; with `nil` the
    ///     connection is closed.
    /// - Throws: `SocketError` when the address cannot be bound.
    package init(
        at address: SocketAddress,
        tls: TLSContext? = nil,
        options: StreamConnection.Options = StreamConnection.Options(),
        on loop: EventLoop,
        accept: @escaping @Sendable (StreamConnection) -> StreamConnection.Handler?
    ) throws(SocketError) {
        let descriptor = try openSocket(address.family, .stream)
        setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        try address.bind(descriptor)
        guard listen(descriptor.number, SOMAXCONN) == 0 else { throw SocketError(errno: errno) }
        local = try SocketAddress.local(of: descriptor)
        (self.tls, self.options, self.loop, self.accept) = (tls, options, loop, accept)
        self.descriptor = descriptor
        guard loop.register(descriptor.number, .readable, { _ in self.acceptSome() }) else {
            throw SocketError(errno: errno)
        }
    }

    /// Stops listening; connections that were accepted live on.
    package func close() {
        guard let descriptor else { return }
        loop.deregister(descriptor.number)
        self.descriptor = nil
        accept = nil
    }

    private func acceptSome() {
        for _ in 0..<RuntimeLimits.acceptsPerTurn {
            guard let descriptor else { return }
            let (number, remote) = unsafe SocketAddress.filled {
                unsafe linux_accept(descriptor.number, $0, $1)
            }
            guard let accepted = Descriptor(number) else {
                if [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(errno) { rest(descriptor) }
                return
            }
            if let remote { welcome(accepted, from: remote) }
        }
    }

    private func welcome(_ descriptor: Descriptor, from remote: SocketAddress) {
        // A connection that breaks before anyone knows of it is nobody's concern.
        guard
            let connection = try? StreamConnection(
                accepted: descriptor,
                from: remote,
                tls: tls,
                options: options,
                on: loop
            ), let handler = accept?(connection)
        else { return }
        connection.start(handler)
    }

    /// Looks away for a while, because epoll would report the connections that cannot be accepted without end.
    private func rest(_ descriptor: Descriptor) {
        loop.update(descriptor.number, [])
        loop.schedule(at: .now + RuntimeLimits.acceptPause) { [weak self] in
            guard let self, let descriptor = self.descriptor else { return }
            loop.update(descriptor.number, .readable)
        }
    }
}
