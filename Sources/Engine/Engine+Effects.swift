import Runtime
import SIP
import UserAgent
import Wire

// What the core decided, done; and what the network said, handed to the core.
extension Engine {
    /// Lets the core take one input, then performs what it asks for.
    func step(_ body: (inout Core, Instant, inout [Core.Effect]) -> Void) {
        guard var core else { return }
        self.core = nil
        body(&core, .now, &pending)
        self.core = consume core
        performPending()
    }

    private func performPending() {
        guard !isPerforming else { return }
        isPerforming = true
        while !pending.isEmpty { perform(pending.removeFirst()) }
        isPerforming = false
        keepSequenceNumbers()
        rearm()
    }

    private func perform(_ effect: Core.Effect) {
        switch effect {
        case .transmit(let bytes, let flow): transmit(bytes, over: flow)
        case .openFlow(let isLarge): openFlow(isLarge: isLarge)
        case .closeFlow(let id): transport?.close(id)
        case .registration(let report): take(report)
        case .message(let message): take(message)
        case .finished(let id, let outcome): finish(id, outcome)
        case .session(let id, let report): take(report, of: id)
        case .capabilities(let id, let outcome): finish(id, outcome)
        case .publication(let report): take(report)
        case .watch(let id, let report): take(report, of: id)
        case .watchFailed(let failure): take(failure)
        case .sentOverDatagram(let size): emit(.warning(.sentOverUDP(size: size)))
        case .noted(let text): log(.detail, text)
        }
    }

    private func transmit(_ bytes: [UInt8], over flow: Flow) {
        closeGroup()
        trace(.sent, bytes, over: flow)
        guard transport?.send(bytes, over: flow) != true else { return }
        log(.notice, "cannot send over \(flow.transport.rawValue) to \(flow.remote)")
        step { core, now, effects in core.flowFailed(flow.id, at: now, into: &effects) }
    }

    /// Sets the one timer to the core's next deadline.
    private func rearm() {
        let isWanted = !isShutDown || core?.hasBinding == true
        let deadline = isWanted ? core?.nextDeadline : nil
        timer.set(to: deadline, on: loop) { [weak self] in
            self?.assumeIsolated { engine in
                engine.timer.hasRung()
                engine.step { core, now, effects in core.fire(at: now, into: &effects) }
            }
        }
    }

    // MARK: - From the network

    func take(_ input: SocketInput, for id: FlowID) {
        for event in transport?.take(input, for: id) ?? [] { take(event) }
    }

    func take(_ event: SIPTransport.Event) {
        switch event {
        case .opened(let flow, let tls): flowOpened(flow, tls: tls)
        case .notOpened(let id, let error): flowNotOpened(id, error)
        case .received(let bytes, let flow):
            trace(.received, bytes.bytes, over: flow)
            step { core, now, effects in core.receive(bytes, over: flow, at: now, into: &effects) }
        case .pong(let flow): step { core, now, _ in core.receivePong(over: flow.id, at: now) }
        case .failed(let flow, let error): flowFailed(flow, error?.description ?? "closed by the P-CSCF")
        case .stranger(let address): log(.notice, "ignored what \(address) sent: it is not the P-CSCF")
        case .malformedStream(let flow, let error):
            step { core, _, effects in core.receive(error, over: flow, into: &effects) }
            transport?.part(flow.id)
            flowFailed(flow, "it sent what is not SIP (\(error))")
        }
    }

    private func flowFailed(_ flow: Flow, _ reason: String) {
        log(.notice, "\(flow.transport.rawValue) flow to \(flow.remote) failed: \(reason)")
        lastFlowFailure = "\(flow.transport.rawValue) to \(flow.remote): \(reason)"
        connector.lastError = .unreachable(target: "\(flow.remote)", detail: reason)
        step { core, now, effects in core.flowFailed(flow.id, at: now, into: &effects) }
    }

    // MARK: - To whoever listens

    func emit(_ kind: Event.Kind) {
        let event = Event(time: .now, account: account.name, kind: kind)
        if isGroupOpen { heldEvents.append(event) } else { deliver(event) }
    }

    func deliver(_ event: Event) {
        configuration.report?(event)
        stream.yield(event)
    }

    func log(_ level: LogLine.Level, _ text: @autoclosure () -> String) {
        guard let log = configuration.log else { return }
        log(LogLine(level, text()))
    }

    private func trace(_ direction: TraceRecord.Direction, _ bytes: [UInt8], over flow: Flow) {
        guard let trace = configuration.trace else { return }
        trace(TraceRecord(time: .now, direction: direction, way: .sip(flow), text: Redaction.redacted(bytes)))
    }
}
