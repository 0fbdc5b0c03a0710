import Runtime

/// The sockets of the document server; touched on the loop's thread only.
final class LabWeb: @unchecked Sendable {
    private struct Connection {
        let stream: StreamConnection
        var reader = LabHTTPReader()
        /// When a connection on which nothing happens is closed.
        var patience: TimerToken
    }

    private let loop: EventLoop
    private let answer: @Sendable (LabHTTPRequest) -> LabHTTPResponse?
    private var listener: Listener?
    private var connections: [UInt64: Connection] = [:]
    private var lastNumber: UInt64 = 0

    init(on loop: EventLoop, answer: @escaping @Sendable (LabHTTPRequest) -> LabHTTPResponse?) {
        (self.loop, self.answer) = (loop, answer)
    }

    /// Begins to take connections.
    ///
    /// - Returns: The address, with the port the system chose if none was asked for.
    func listen(at address: SocketAddress) throws(SocketError) -> SocketAddress {
        let listener = try Listener(at: address, on: loop) { [weak self] stream in self?.welcome(stream) }
        self.listener = listener
        return listener.local
    }

    func close() {
        listener?.close()
        listener = nil
        for number in connections.keys { drop(number) }
    }

    private func welcome(_ stream: StreamConnection) -> StreamConnection.Handler? {
        guard connections.count < LabLimits.connections else { return nil }
        lastNumber += 1
        let number = lastNumber
        connections[number] = Connection(stream: stream, patience: wait(number))
        return { [weak self] event in self?.take(event, number) }
    }

    private func wait(_ number: UInt64) -> TimerToken {
        loop.schedule(at: .now + LabLimits.httpPatience) { [weak self] in self?.drop(number) }
    }

    private func drop(_ number: UInt64) {
        guard let connection = connections.removeValue(forKey: number) else { return }
        loop.cancel(connection.patience)
        connection.stream.abort()
    }

    private func take(_ event: StreamConnection.Event, _ number: UInt64) {
        switch event {
        case .connected, .drained: break
        case .ended: connections[number]?.stream.close()
        case .closed: drop(number)
        case .received(let bytes):
            guard let connection = connections[number] else { return }
            loop.cancel(connection.patience)
            connections[number]?.patience = wait(number)
            connections[number]?.reader.append(bytes)
            takeRequests(number)
        }
    }

    private func takeRequests(_ number: UInt64) {
        do throws(LabHTTPError) {
            while let item = try connections[number]?.reader.next() {
                switch item {
                case .expectation: send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), number)
                case .request(let request):
                    let response = answer(request) ?? LabHTTPResponse(404)
                    send(
                        response.serialized(closing: request.closes, isHead: request.method == "HEAD"),
                        number
                    )
                    if request.closes { return connections[number]?.stream.close() ?? () }
                }
            }
        } catch {
            send(LabHTTPResponse(error.status).serialized(closing: true, isHead: false), number)
            connections[number]?.stream.close()
        }
    }

    private func send(_ bytes: [UInt8], _ number: UInt64) {
        guard let stream = connections[number]?.stream else { return }
        // A client that does not read what it asks for is not worth keeping.
        do throws(SocketError) { try stream.send(bytes) } catch { drop(number) }
    }
}
