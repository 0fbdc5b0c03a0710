import CLinux
import Glibc
package import Wire

/// A TCP connection, with TLS on it if asked for; it lives, and keeps its callback, until it is closed.
///
/// Events come from the loop only, never from within a call of one of the methods, so that an owner may call them
/// in the middle of a change of its own state. `closed` is the last event; after `abort` there is none.
package final class StreamConnection: @unchecked Sendable {
    package enum Event: Sendable {
        /// The connection, and TLS if it was asked for, stands.
        case connected
        case received([UInt8])
        /// All that waited to be sent has been handed to the system.
        case drained
        /// The peer sends nothing more.
        case ended
        /// The connection is over; without an error if we closed it.
        case closed(SocketError?)
    }

    package typealias Handler = @Sendable (Event) -> Void

    /// TLS on a connection to be made: `name` is what the certificate must be for, a domain or a numeric address.
    package struct TLS: Sendable {
        package var context: TLSContext
        package var name: String
        /// Judges the certificate first; the context must then be one between equals.
        package var judge: TLSJudge?
        /// Whether the authorities of the context must vouch for the name.
        package var asksAuthority: Bool

        package init(
            _ context: TLSContext,
            name: String,
            judge: TLSJudge? = nil,
            asksAuthority: Bool = true
        ) {
            (self.context, self.name, self.judge) = (context, name, judge)
            self.asksAuthority = asksAuthority
        }
    }

    package struct Options: Sendable {
        /// How long TCP and TLS together may take to come about.
        package var timeout = Duration.seconds(10)
        /// After how much silence TCP probes whether the peer is still there; never if `nil`.
        package var keepAlive: Duration?
        /// The most bytes that may wait to be sent.
        package var queueLimit = RuntimeLimits.writeQueue

        package init() {}
    }

    enum State { case connecting, handshaking, open, closing, closed }

    package internal(set) var local: SocketAddress
    package let remote: SocketAddress

    let loop: EventLoop
    private let options: Options
    var handler: Handler?
    var descriptor: Descriptor?
    var state: State
    var session: TLSSession?
    var queue = WriteQueue()
    /// What was sent before the connection stood.
    var early: [ByteString] = []
    private var timer: TimerToken?
    var (isPaused, isSendingEnded, isShutDown, hasPeerEnded) = (false, false, false, false)
    /// Whether the end is on its way to the handler.
    var isEnding = false
    /// What the loop was last asked to wait for.
    var interest: EventLoop.Readiness = []
    /// Whether the last read brought so much that the next one is likely to.
    var isBulk = false

    /// Begins to connect; whether that succeeds is an event.
    ///
    /// - Parameters:
    ///   - remote: The peer.
    ///   - local: The address to come from; the system's choice if `nil`.
    ///   - tls: What TLS needs, or `nil` for plain TCP.
    ///   - options: Time and size limits.
    ///   - loop: The loop whose thread calls this and on which `handler` runs.
    ///   - handler: Called with every event.
    package init(
        to remote: SocketAddress,
        from local: SocketAddress? = nil,
        tls: TLS? = nil,
        options: Options = Options(),
        on loop: EventLoop,
        _ handler: @escaping Handler
    ) {
        loop.checkIsolated()
        (self.remote, self.loop, self.options, self.handler) = (remote, loop, options, handler)
        self.local = local ?? .any(remote.family)
        state = .connecting
        do throws(SocketError) {
            session = try tls.map { tls throws(SocketError) in
                try TLSSession(tls.context, .client(tls))
            }
            let descriptor = try openSocket(remote.family, .stream)
            if let local {
                setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
                try local.bind(descriptor)
            }
            try remote.connect(descriptor)
            self.descriptor = descriptor
            prepare(descriptor, waitingFor: .writable)
        } catch {
            end(with: error)
        }
    }

    /// Takes over a connection a listener accepted; `start` sets it going.
    init(
        accepted descriptor: Descriptor,
        from remote: SocketAddress,
        tls: TLSContext?,
        options: Options,
        on loop: EventLoop
    ) throws(SocketError) {
        (self.remote, self.loop, self.options, self.descriptor) = (remote, loop, options, descriptor)
        local = try SocketAddress.local(of: descriptor)
        session = try tls.map { context throws(SocketError) in try TLSSession(context, .server) }
        state = .handshaking
    }

    func start(_ handler: @escaping Handler) {
        guard let descriptor else { return }
        self.handler = handler
        prepare(descriptor, waitingFor: .readable)
        if session == nil { becomeOpen() }
    }

    private func prepare(_ descriptor: Descriptor, waitingFor interest: EventLoop.Readiness) {
        setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if let interval = options.keepAlive {
            let seconds = Int32(clamping: max(1, interval.components.seconds))
            setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
            setOption(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, seconds)
            setOption(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, max(1, seconds / 4))
        }
        timer = loop.schedule(at: .now + options.timeout) { self.finish(.timedOut) }
        self.interest = interest
        if !loop.register(descriptor.number, interest, { self.becameReady($0) }) {
            end(with: SocketError(errno: errno))
        }
    }

    // MARK: - What the owner does

    /// The bytes that wait to be sent.
    package var queuedBytes: Int { queue.count + early.reduce(0) { $0 + $1.count } }

    /// The TLS version and cipher suite, once there are any.
    package var tlsSummary: String? { session.flatMap { $0.isEstablished ? $0.summary : nil } }

    /// The certificate that the other side has shown, encoded; `nil` without TLS or without one.
    package var peerCertificate: [UInt8]? { session?.peerCertificate }

    /// Why the certificate of one who has connected does not prove that it is `name`; `nil` if it does.
    package func doubt(that peer: String) -> TLSFailure? {
        session.map { $0.doubt(that: peer) } ?? TLSFailure(.noCertificate)
    }

    /// Sends `bytes`, or keeps them until the connection stands and the peer has taken what came before.
    ///
    /// If afterwards `queuedBytes` is not 0, a `drained` follows.
    ///
    /// - Throws: `SocketError.queueFull` when too much waits already, `closed` when nothing can be sent any more.
    package func send(_ bytes: [UInt8]) throws(SocketError) { try send([ByteString(bytes)]) }

    /// Sends pieces, one behind the other, as `send(_:)` does; they are kept and not copied.
    package func send(_ pieces: [ByteString]) throws(SocketError) {
        loop.checkIsolated()
        guard !isSendingEnded, !isEnding, state != .closed else { throw .closed }
        let count = pieces.reduce(0) { $0 + $1.count }
        guard queuedBytes + count <= options.queueLimit else { throw .queueFull }
        guard state == .open else { return early += pieces }
        try put(pieces)
        flush()
    }

    /// Stops reading from the socket, so that the peer must wait; what comes with its end is received all the same.
    package func pauseReading() {
        loop.checkIsolated()
        isPaused = true
        updateInterest()
    }

    package func resumeReading() {
        loop.checkIsolated()
        isPaused = false
        updateInterest()
    }

    /// Tells the peer, after all that waits is sent, that nothing follows; receiving goes on.
    package func endSending() {
        loop.checkIsolated()
        guard !isSendingEnded, state != .closed else { return }
        isSendingEnded = true
        if state == .open { flush() }
    }

    /// Sends what waits, then closes; ends with the event `closed`.
    package func close() {
        loop.checkIsolated()
        guard state != .closed, state != .closing, !isEnding else { return }
        guard state == .open else { return end(with: nil) }
        endSending()
        state = .closing
        isPaused = false
        linger()
        if hasPeerEnded, isShutDown { end(with: nil) } else { updateInterest() }
    }

    /// Waits until the peer has closed too, so that what it sends too late does not destroy what we sent last.
    ///
    /// The time begins anew with everything the peer takes.
    func linger() {
        stopTimer()
        timer = loop.schedule(at: .now + RuntimeLimits.lingering) { self.finish(nil) }
    }

    /// Closes at once; what waits is lost and no event follows.
    package func abort() {
        loop.checkIsolated()
        handler = nil
        finish(nil)
    }

    // MARK: - The end

    /// Ends the connection from within a call of the owner, who hears of it in the loop's next turn.
    func end(with error: SocketError?) {
        isEnding = true
        loop.execute { self.finish(error) }
    }

    func finish(_ error: SocketError?) {
        guard state != .closed else { return }
        state = .closed
        stopTimer()
        if let descriptor { loop.deregister(descriptor.number) }
        descriptor = nil
        session = nil
        queue.removeAll()
        early = []
        let handler = handler
        self.handler = nil
        handler?(.closed(error))
    }

    func stopTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }
}
