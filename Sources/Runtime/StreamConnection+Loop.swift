import CLinux
import Glibc
import Wire

// What the loop does with a connection: brings it about, receives and sends.
extension StreamConnection {
    func becameReady(_ readiness: EventLoop.Readiness) {
        guard let descriptor, !isEnding else { return }
        if state == .connecting { return becomeConnected(descriptor) }
        if readiness.contains(.writable) { flushFromLoop() }
        if readiness.contains(.readable), !isPaused, !hasPeerEnded { return receive() }
        if !readiness.isDisjoint(with: .failed) { settleFailure(descriptor) }
    }

    /// Acts on an error or a hang-up, which epoll reports without end until the descriptor is gone.
    private func settleFailure(_ descriptor: Descriptor) {
        let error = pendingError(descriptor)
        if error != 0 {
            finish(SocketError(errno: error))
        } else if hasPeerEnded {
            // Both directions are over.
            finish(nil)
        } else {
            // The end stands behind bytes that were not read yet; there is no way to wait any longer.
            receive()
        }
    }

    private func becomeConnected(_ descriptor: Descriptor) {
        let error = pendingError(descriptor)
        guard error == 0 else { return finish(SocketError(errno: error)) }
        do throws(SocketError) {
            local = try SocketAddress.local(of: descriptor)
            state = .handshaking
            guard session != nil else { return becomeOpen() }
            try advanceHandshake()
            updateInterest()
        } catch {
            finish(error)
        }
    }

    private func advanceHandshake() throws(SocketError) {
        guard let session else { return }
        do throws(SocketError) {
            try session.advance()
        } catch {
            // The peer is told which alert made us give up.
            queue.append(session.takeOutput())
            flush()
            throw error
        }
        queue.append(session.takeOutput())
        flush()
        if session.isEstablished { becomeOpen() }
    }

    func becomeOpen() {
        stopTimer()
        state = .open
        let pieces = early
        early = []
        do throws(SocketError) { try put(pieces) } catch { return finish(error) }
        handler?(.connected)
        guard state != .closed else { return }
        flush()
        updateInterest()
    }

    private func receive() {
        guard let descriptor else { return }
        if isBulk, session == nil { return receiveBulk(descriptor) }
        let memory = unsafe loop.scratch.memory
        let count = unsafe recv(descriptor.number, memory.baseAddress, memory.count, 0)
        isBulk = count > memory.count / 2
        if count < 0 {
            let error = errno
            if error != EAGAIN, error != EINTR { finish(SocketError(errno: error)) }
        } else if count == 0 {
            receiveEnd()
        } else if let session {
            do throws(SocketError) {
                let bytes = unsafe UnsafeRawBufferPointer(rebasing: memory.prefix(count))
                deliver(
                    try unsafe session.take(bytes) { () throws(SocketError) in try decrypt(session) },
                    session
                )
            } catch {
                finish(error)
            }
        } else {
            deliver(loop.scratch.prefix(count))
        }
    }

    /// Reads into memory that is handed on as it is: to copy much costs more than to hold a little too much for it.
    private func receiveBulk(_ descriptor: Descriptor) {
        var error: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: RuntimeLimits.bulkSlice) { buffer, filled in
            let count = unsafe recv(descriptor.number, buffer.baseAddress, buffer.count, 0)
            if count < 0 { error = errno }
            filled = max(0, count)
        }
        isBulk = bytes.count > RuntimeLimits.readSlice / 2
        if error == 0 {
            if bytes.isEmpty { receiveEnd() } else { deliver(bytes) }
        } else if error != EAGAIN, error != EINTR {
            finish(SocketError(errno: error))
        }
    }

    private func decrypt(_ session: TLSSession) throws(SocketError) -> [UInt8] {
        if !session.isEstablished { try advanceHandshake() }
        guard state != .closed, session.isEstablished else { return [] }
        return try session.read()
    }

    private func deliver(_ bytes: [UInt8], _ session: TLSSession) {
        guard state != .closed else { return }
        // A key update (RFC 8446 §4.6.3) is answered while reading; what waited before it may go out here too.
        queue.append(session.takeOutput())
        flushFromLoop()
        if !bytes.isEmpty { deliver(bytes) }
        if session.isEnded, !hasPeerEnded, state != .closed { receiveEnd() }
    }

    private func deliver(_ bytes: [UInt8]) {
        if state == .open { handler?(.received(bytes)) }
    }

    private func receiveEnd() {
        hasPeerEnded = true
        switch state {
        case .open:
            updateInterest()
            handler?(.ended)
        case .closing: if isShutDown { finish(nil) } else { updateInterest() }
        case .connecting, .handshaking: finish(.tls(TLSFailure(.closedEarly)))
        case .closed: break
        }
    }

    // MARK: - Sending

    /// Queues bytes as they go over the wire.
    func put(_ pieces: [ByteString]) throws(SocketError) {
        guard let session else { return pieces.forEach { queue.append($0) } }
        try session.write(pieces)
        queue.append(session.takeOutput())
    }

    private func flushFromLoop() {
        let before = queue.count
        flush()
        if state == .closing, queue.count < before, !isEnding { linger() }
        if before > 0, queue.isEmpty, state == .open, !isEnding { handler?(.drained) }
    }

    /// Hands to the system what it takes; an error of the connection ends it in the loop's next turn.
    func flush() {
        guard let descriptor, !isEnding else { return }
        let hadQueue = !queue.isEmpty
        var failure: Int32 = 0
        queue.drain { pieces in
            let count = pieces.send(to: descriptor.number)
            if count < 0, -count != EAGAIN, -count != EINTR { failure = Int32(-count) }
            return max(0, count)
        }
        guard failure == 0 else { return end(with: SocketError(errno: failure)) }
        if queue.isEmpty { shutDownIfEnded(descriptor) }
        if hadQueue { updateInterest() }
    }

    private func shutDownIfEnded(_ descriptor: Descriptor) {
        guard isSendingEnded, !isShutDown, state == .open || state == .closing else { return }
        isShutDown = true
        if let session {
            session.end()
            // Whether it still fits makes no difference: the FIN says the same.
            _ = [session.takeOutput()][...].send(to: descriptor.number)
        }
        shutdown(descriptor.number, Int32(SHUT_WR))
        if state == .closing, hasPeerEnded { end(with: nil) }
    }

    func updateInterest() {
        guard let descriptor, state != .connecting, !isEnding else { return }
        var wanted: EventLoop.Readiness = []
        if !isPaused, !hasPeerEnded { wanted.insert(.readable) }
        if !queue.isEmpty { wanted.insert(.writable) }
        guard wanted != interest else { return }
        interest = wanted
        loop.update(descriptor.number, wanted)
    }
}
