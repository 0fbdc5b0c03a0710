import Engine
import Runtime

/// A chat that a program carries on: what it writes is sent, until one of the two ends.
struct ChatPipe {
    let chat: Chat
    let contentType: String?
    /// The shell command that chats; standard input is sent if `nil`.
    let command: String?
    /// How far each message must get to be confirmed.
    let goal: MessageGoal
    let engine: Engine
    let context: CommandContext

    /// What is waited for.
    private enum Happening: Sendable {
        case read([UInt8])
        /// There is nothing more to read; `status` is that of the command.
        case ended(status: Int32)
        case settled(ChatFeed.Message, ChatDelivery)
        case received([UInt8])
        case closed(ChatEnd)
    }

    /// Carries the chat on to its end.
    ///
    /// - Parameter events: The events of the engine since before the chat was opened.
    /// - Returns: `done` when every message has arrived.
    /// - Throws: `ChatFailure` with the first message that has not.
    func run(_ events: AsyncStream<Event>) async throws -> ExitStatus {
        let (happenings, report) = AsyncStream.makeStream(of: Happening.self)
        let watch = Task(executorPreference: context.loop) { [chat] in
            for await event in events { Self.hand(event, of: chat.id, to: report) }
        }
        let source = try source(report)
        defer {
            source.close()
            watch.cancel()
        }
        var feed = ChatFeed()
        var end: ChatEnd?
        var failedStatus: Int32?
        for await happening in happenings {
            switch happening {
            case .read(let bytes): feed.receive(bytes)
            case .ended(let status):
                feed.endInput()
                if status != 0 { failedStatus = status }
            case .settled(let message, let delivery): feed.settle(message.number, delivery)
            case .received(let body):
                guard source.write(ChatForm.line(of: body)) else {
                    throw ChatFailure.command("does not read what comes")
                }
            case .closed(let reason):
                end = reason
                source.pause()
            }
            if let end {
                if feed.isSettled { return try conclude(feed, end, failedStatus) }
                continue
            }
            while let message = feed.next() { send(message, report) }
            if feed.isDone { return try await leave(feed, failedStatus) }
            if feed.wantsInput { source.resume() } else { source.pause() }
        }
        throw EngineError.interrupted
    }

    private static func hand(
        _ event: Event,
        of id: ChatID,
        to report: AsyncStream<Happening>.Continuation
    ) {
        switch event.kind {
        case .chatMessage(let message) where message.chat.id == id: report.yield(.received(message.body))
        case .chatClosed(let chat, let end) where chat.id == id: report.yield(.closed(end))
        default: break
        }
    }

    private func source(_ report: AsyncStream<Happening>.Continuation) throws -> Source {
        guard let command else {
            return .input(
                InputReader(0, on: context.loop) { event in
                    switch event {
                    case .received(let bytes): report.yield(.read(bytes))
                    case .ended: report.yield(.ended(status: 0))
                    }
                }
            )
        }
        do {
            return .command(
                try InteractiveSubprocess(command, on: context.loop) { event in
                    switch event {
                    case .received(let bytes): report.yield(.read(bytes))
                    case .ended(let status): report.yield(.ended(status: status))
                    }
                }
            )
        } catch {
            throw ChatFailure.command("could not be started: \(error)")
        }
    }

    /// Sends a message; the tasks run in the order they are made, since all are jobs of the one loop.
    private func send(_ message: ChatFeed.Message, _ report: AsyncStream<Happening>.Continuation) {
        let type = contentType ?? Self.type(of: message.body)
        Task(executorPreference: context.loop) { [engine, chat, goal] in
            let delivery = try? await engine.say(message.body, contentType: type, in: chat.id, until: goal)
            // What cannot be sent any more has not arrived.
            report.yield(.settled(message, delivery ?? .unconfirmed))
        }
    }

    /// A line need not be text at all.
    private static func type(of body: [UInt8]) -> String {
        String(validating: body, as: UTF8.self) != nil ? "text/plain" : "application/octet-stream"
    }

    private func leave(_ feed: ChatFeed, _ failedStatus: Int32?) async throws -> ExitStatus {
        await engine.leave(chat.id)
        if let failure = feed.firstFailure {
            throw ChatFailure.notConfirmed(failure.number, failure.delivery)
        }
        return try status(ofCommand: failedStatus)
    }

    private func status(ofCommand failedStatus: Int32?) throws -> ExitStatus {
        if let failedStatus { throw ChatFailure.commandFailed(status: failedStatus) }
        return .done
    }

    /// The peer has left: that is an end in order only for a command with nothing more to say.
    private func conclude(_ feed: ChatFeed, _ end: ChatEnd, _ failedStatus: Int32?) throws -> ExitStatus {
        let isInOrder = end == .byPeer && (command != nil || feed.isInputOver)
        guard feed.firstFailure != nil || !isInOrder else { return try status(ofCommand: failedStatus) }
        throw ChatFailure.broken(peer: chat.peer, end, unconfirmed: feed.firstFailure?.number)
    }
}

extension ChatPipe {
    /// Where what is sent comes from.
    private enum Source {
        case input(InputReader)
        case command(InteractiveSubprocess)

        func pause() {
            switch self {
            case .input(let reader): reader.pause()
            case .command(let command): command.pause()
            }
        }

        func resume() {
            switch self {
            case .input(let reader): reader.resume()
            case .command(let command): command.resume()
            }
        }

        func close() {
            switch self {
            case .input(let reader): reader.close()
            case .command(let command): command.end()
            }
        }

        /// Hands over what came; standard output gets it elsewhere.
        ///
        /// - Returns: Whether it was taken.
        func write(_ line: [UInt8]) -> Bool {
            switch self {
            case .input: true
            case .command(let command): command.write(line)
            }
        }
    }
}
