package import Engine
import Glibc
import Lab
package import Runtime
import Store
import Wire

/// One run of the program with an account: an engine, the events it has to tell, and the commands it is given.
///
/// The session lives on the loop like the engine does, so that output, line editor and commands share one thread.
package actor Session {
    let loop: EventLoop
    let setup: Setup
    let sink: SessionSink
    private let backPressure: BackPressure
    let output: any Output
    let conversations: Conversations
    let files = FileOffers()
    private(set) var engine: Engine?
    private var traceFile: FileSink?

    /// Resumed when the command that is running ends, is interrupted or runs out of time.
    private var waiter: CheckedContinuation<Outcome, Never>?
    private var commandTask: Task<Void, Never>?
    private var isInterrupted = false
    /// Whether the session is on its way out: that nothing is tried again is then no news.
    private var isEnding = false
    private var receivedMessages = 0
    /// Whether the command that is running will tell the registration itself.
    private var isRegistrationTold = false
    /// The failure that was told last: a command that fails for the same reason need not repeat it.
    private(set) var toldFailure: EngineError?
    private var signals: SignalSource?
    var prompt = Prompt()

    /// What a session is told from outside.
    package struct Setup: Sendable {
        package var configuration: Configuration
        package var account: Account
        package var options: GlobalOptions
        package var table: CommandTable
        /// Whether standard input and output are a terminal, so that lines can be edited.
        package var isTerminal: Bool
        package var style: TextOutput.Style

        package init(
            configuration: Configuration,
            account: Account,
            options: GlobalOptions,
            table: CommandTable,
            isTerminal: Bool,
            style: TextOutput.Style
        ) {
            self.configuration = configuration
            self.account = account
            self.options = options
            self.table = table
            self.isTerminal = isTerminal
            self.style = style
        }
    }

    enum Outcome {
        case ended(ExitStatus)
        case failed(any Error)
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    package init(_ setup: Setup, on loop: EventLoop) {
        self.setup = setup
        self.loop = loop
        let backPressure = BackPressure()
        self.backPressure = backPressure
        sink = SessionSink(on: loop) { backPressure.isFull = $0 }
        conversations = Conversations(realm: setup.account.realm)
        let verbosity = setup.style.verbosity
        output =
            setup.options.isJSON
            ? JSONOutput(sink: sink, verbosity: verbosity, now: { Timestamp.now })
            : TextOutput(sink: sink, style: setup.style, localTime: LocalTime.init)
    }

    /// Carries out one command and ends.
    package func run(_ command: any EngineCommand) async -> ExitStatus {
        do {
            let policy = command.chatPolicy(configured: setup.account.chatPolicy)
            let reception = command.receptionRules(setup.account.reception)
            try start(
                isLongLived: command.isLongLived,
                canAsk: false,
                chatPolicy: policy,
                chatDescriptor: command.chatDescriptor,
                reception
            )
        } catch {
            let status = tell(error)
            await end()
            return status
        }
        let timer = command.awaitedMessages.flatMap { wanted in
            setup.options.timeout.map { timeout in
                loop.schedule(at: .now + timeout) { [weak self] in
                    self?.assumeIsolated { $0.timeOut(wanted: wanted) }
                }
            }
        }
        let status = await perform(command, isREPL: false, identity: nil)
        if let timer { loop.cancel(timer) }
        await end(leavingRegistration: command.leavesRegistration && status == .done)
        return isInterrupted ? .interrupted : status
    }

    /// Takes the signals and makes the engine, whose events are told from now on.
    func start(
        isLongLived: Bool,
        watchesBuddies: Bool = false,
        canAsk: Bool,
        chatPolicy: ChatPolicy,
        chatDescriptor: Int32? = nil,
        _ reception: ReceptionRules
    ) throws {
        let options = setup.options
        let taken = Set(SignalSource.Signal.allCases)
        signals = try SignalSource(setup.isTerminal ? taken : taken.subtracting([.stop]), on: loop) {
            [weak self] signal in
            self?.assumeIsolated { $0.receive(signal) }
        }
        var configuration = EngineConfiguration(account: setup.account, version: Version.number)
        configuration.storePath = setup.configuration.storePath
        configuration.certificatePath = setup.configuration.certificatePath(of: setup.account)
        configuration.keepsHistory = setup.configuration.keepsHistory
        configuration.identity = options.identity
        configuration.timeout = options.timeout
        configuration.isLongLived = isLongLived
        configuration.watchesBuddies = watchesBuddies
        configuration.canAsk = canAsk
        configuration.chatPolicy = chatPolicy
        configuration.chatDescriptor = chatDescriptor
        configuration.reception = reception
        configuration.nameServers = setup.configuration.nameServers
        if case .file(let path) = options.trace { traceFile = try FileSink(path: path) }
        if options.trace != nil {
            configuration.trace = { [weak self] record in self?.assumeIsolated { $0.tell(record) } }
        }
        configuration.log = { [weak self] line in self?.assumeIsolated { $0.output.show(line) } }
        configuration.report = { [weak self] event in self?.assumeIsolated { $0.tell(event) } }
        let engine = Engine(configuration, on: loop)
        self.engine = engine
        backPressure.changed = { isFull in engine.assumeIsolated { $0.holdMessages(isFull) } }
    }

    /// Ends the registration, unless it shall stay, and tells the last events.
    func end(leavingRegistration isLeft: Bool = false) async {
        isEnding = true
        await engine?.shutDown(keepRegistration: isLeft || setup.options.keepsRegistration)
        signals?.close()
        sink.finish()
    }
}

extension Session {
    /// Carries out a command, and tells why if it fails.
    func perform(_ command: any EngineCommand, isREPL: Bool, identity: String?) async -> ExitStatus {
        guard let engine, !isInterrupted else { return .interrupted }
        isRegistrationTold = command is Register ? await engine.registration == nil : false
        let outcome = await withCheckedContinuation { continuation in
            waiter = continuation
            commandTask = Task(executorPreference: loop) {
                await self.execute(command, on: engine, isREPL: isREPL, identity: identity)
            }
        }
        switch outcome {
        case .ended(let status): return status
        case .failed(let error):
            isRegistrationTold = false
            if !setup.options.isJSON, let failure = toldFailure, failure == error as? EngineError {
                toldFailure = nil
                return Explanation(failure).status
            }
            return tell(error)
        }
    }

    private func execute(
        _ command: any EngineCommand,
        on engine: Engine,
        isREPL: Bool,
        identity: String?
    ) async {
        let context = CommandContext(
            output: output,
            isREPL: isREPL,
            identity: identity,
            conversations: conversations,
            files: files,
            loop: loop
        )
        do {
            finish(.ended(try await command.run(on: engine, context: context)))
        } catch {
            finish(.failed(error))
        }
    }

    private func finish(_ outcome: Outcome) {
        waiter?.resume(returning: outcome)
        waiter = nil
    }

    private func timeOut(wanted: Int) {
        commandTask?.cancel()
        let isEnough = wanted == 0
        let failure = CommandFailure.timedOut(received: receivedMessages, wanted: wanted)
        finish(isEnough ? .ended(.done) : .failed(failure))
    }

    /// Breaks off the command that is running.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    func interruptCommand() -> Bool {
        guard waiter != nil else { return false }
        commandTask?.cancel()
        finish(.failed(EngineError.interrupted))
        return true
    }

    /// Breaks off what is running and lets the session end.
    private func interrupt() {
        isInterrupted = true
        interruptCommand()
        prompt.continuation?.finish()
    }

    /// The first signal ends the session in order, the second at once; at a prompt Ctrl-C ends the command or clears
    /// the line.
    private func receive(_ signal: SignalSource.Signal) {
        switch signal {
        case .windowChange: prompt.editor?.resize()
        case .stop:
            let stop = { _ = kill(getpid(), SIGSTOP) }
            if let editor = prompt.editor { editor.standAside(stop) } else { stop() }
        case .interrupt where prompt.editor != nil && !isInterrupted:
            if !interruptCommand() { prompt.editor?.clearLine() }
        case .interrupt, .terminate, .hangUp:
            if isInterrupted {
                prompt.editor?.close()
                exit(ExitStatus.interrupted.rawValue)
            }
            interrupt()
        }
    }

    var wasInterrupted: Bool { isInterrupted }
}

extension Session {
    private func tell(_ event: Event) {
        switch event.kind {
        case .outcome(let report): prompt.learn(report.to)
        case .registered where isRegistrationTold:
            isRegistrationTold = false
            return
        case .registered: toldFailure = nil
        case .registrationFailed(let error, _):
            // A command on the command line fails with the same error, and tells it.
            if !setup.style.showsProgress || isEnding, !setup.options.isJSON { return }
            toldFailure = error
        case .message(let message):
            receivedMessages += 1
            prompt.learn(message.asserted ?? message.from)
        case .chatMessage(let message):
            receivedMessages += 1
            prompt.learn(message.chat.peer)
        case .chatInvited, .chatOpened, .chatClosed: conversations.take(event.kind)
        case .fileOffered(let transfer):
            files.take(event.kind)
            prompt.learn(transfer.peer)
            showIcon(of: transfer)
        case .fileStarted, .fileEnded: files.take(event.kind)
        case .presence(let change): prompt.learn(change.uri)
        case .buddiesChanged: Task(executorPreference: loop) { await self.learnContacts() }
        case .fileHashing, .fileProgress:
            // The next one says more: no transfer is held up for a reader that is late.
            guard !setup.options.isJSON || sink.isReady else { return }
        case .registering, .unregistered, .connectionLost, .presenceUnknown, .watcher, .warning, .disposition,
            .composing, .chatSent:
            break
        }
        output.show(event)
        if !sink.isOutputClosed { acknowledge(event.kind) }
        followConversations()
        if sink.isOutputClosed {
            commandTask?.cancel()
            finish(.ended(.done))
            prompt.continuation?.finish()
        }
    }

    /// Lets the sender of a message know that it was shown.
    private func acknowledge(_ kind: Event.Kind) {
        let receipt: ReceiptID?
        switch kind {
        case .message(let message): receipt = message.receipt
        case .chatMessage(let message) where setup.style.chatForm != .none: receipt = message.receipt
        default: receipt = nil
        }
        guard let receipt, let engine else { return }
        Task(executorPreference: loop) { await engine.displayed(receipt) }
    }

    private func tell(_ record: TraceRecord) {
        if let traceFile { traceFile.write(record.lines) } else { output.show(record) }
    }

    /// Tells why something failed.
    ///
    /// - Parameter error: What was thrown.
    /// - Returns: The status it ends with.
    @discardableResult
    func tell(_ error: any Error) -> ExitStatus {
        let explanation =
            if prompt.continuation != nil, let error = error as? UsageError {
                Explanation(error, isREPL: true)
            } else {
                Explanation(describing: error)
            }
        if explanation.status != .interrupted || !isInterrupted { output.show(explanation) }
        return explanation.status
    }
}

extension Explanation {
    /// The words for any error that a command throws.
    package init(describing error: any Error) {
        switch error {
        case let error as EngineError: self.init(error)
        case let error as UsageError: self.init(error)
        case let error as ConfigurationError: self.init(error)
        case let error as AccountSelectionError: self.init(error)
        case let failure as FileFailure: self.init(failure)
        case let failure as ChatFailure: self.init(failure)
        case let failure as PresenceFailure: self.init(failure)
        case let failure as ProvisioningFailure: self.init(failure)
        case let error as XDMError: self.init(error)
        case let failure as DocumentFailure: self.init(failure)
        case let failure as CommandFailure: self.init(failure)
        case let failure as Store.Failure: self.init(CommandFailure.history(failure.description))
        case let error as LabServer.StartError: self.init(CommandFailure.system(error.wording))
        case is CancellationError: self.init(EngineError.interrupted)
        default: self.init(CommandFailure.system("\(error)"))
        }
    }
}
