import Engine
import Runtime
import Store

/// The prompt: the same commands, one after the other, while messages come in.
extension Session {
    /// Reads commands until `quit`, the end of input or a signal.
    ///
    /// - Parameter command: What opens the chat that the prompt is for; `nil` for a prompt for everything.
    /// - Returns: Where commands come from a file or pipe, the status of the last one, as a shell does it.
    package func runREPL(opening command: (any EngineCommand)? = nil) async -> ExitStatus {
        let (lines, input) = AsyncStream.makeStream(of: LineEditor.Input.self)
        prompt.continuation = input
        do {
            try start(
                isLongLived: true,
                watchesBuddies: true,
                canAsk: true,
                chatPolicy: setup.account.chatPolicy ?? .ask,
                setup.account.reception
            )
            try await engine?.prepare()
            try openInput()
        } catch {
            let status = tell(error)
            await end()
            return status
        }
        var status = ExitStatus.done
        if let command {
            status = await perform(command, isREPL: true, identity: setup.options.identity)
            prompt.isForChat = true
            followConversations()
            if status == .done { output.notice("Ctrl-D or /leave ends the chat, /help tells more.") }
        } else {
            if setup.isTerminal {
                output.notice("ims \(Version.number): help lists the commands, quit ends.")
            }
            registerInBackground()
        }
        await learnContacts()
        await readLines(lines, &status)
        if !setup.isTerminal { await leaveChats() }
        closeInput()
        await end()
        if wasInterrupted { return .interrupted }
        if setup.isTerminal { return command == nil ? .done : status }
        return status == .done ? conversations.status : status
    }

    private func readLines(_ lines: AsyncStream<LineEditor.Input>, _ status: inout ExitStatus) async {
        for await input in lines {
            guard !wasInterrupted, !isChatAloneOver else { return }
            switch input {
            case .line(let line):
                guard let next = await perform(line: line) else { return }
                status = next
            case .end:
                guard setup.isTerminal, let chat = conversations.current else { return }
                status = await perform(LeaveChat(chat), isREPL: true, identity: nil)
                followConversations()
                prompt.editor?.resume()
            }
            prompt.waitingLines -= 1
            if prompt.waitingLines < Prompt.lineLimit { prompt.reader?.resume() }
        }
    }

    private func registerInBackground() {
        output.notice("Registering \(setup.account.publicIdentity) ...")
        Task(executorPreference: loop) { await self.registerAndTell() }
    }

    private func registerAndTell() async {
        do {
            _ = try await engine?.register()
        } catch {
            if error == toldFailure || error == .interrupted { return }
            tell(error)
        }
    }

    /// Carries out one line, or says it in the current chat.
    ///
    /// - Returns: Its status, or `nil` if the prompt is to end.
    private func perform(line: String) async -> ExitStatus? {
        guard conversations.current != nil else { return await perform(commandLine: line) }
        switch ChatLine(line) {
        case .blank: return .done
        case .command(let command): return await perform(commandLine: command)
        case .text(let text):
            prompt.editor?.remember(line, isCommand: false)
            return await say(text)
        }
    }

    private func perform(commandLine line: String) async -> ExitStatus? {
        do {
            guard let invocation = try setup.table.parse(line: line) else { return .done }
            // A line that is no command may hold anything, even a password; a blank in front keeps a line out too.
            let isInChat = conversations.current != nil
            if !line.hasPrefix(" ") {
                prompt.editor?.remember(isInChat ? "/" + line : line, isCommand: !isInChat)
            }
            switch invocation.command?.kind {
            case .offline(let command) where command is Quit: return nil
            case .offline(let command) where isInChat && (command as? Help)?.isOverview == true:
                showChatHelp()
            case .offline(let command):
                command.run(table: setup.table, isREPL: true, output: output)
            case .configuration(let command):
                try command.run(
                    configuration: setup.configuration,
                    selector: setup.account.name,
                    output: output
                )
            case .engine(let command):
                let identity = invocation.options.identity
                let status = await perform(command, isREPL: true, identity: identity)
                if command is BuddiesCommand { await learnContacts() }
                followConversations()
                return status
            case .loop, nil: throw UsageError.noCommand
            }
            return .done
        } catch {
            return tell(error)
        }
    }

    /// Opens the line editor on a terminal; elsewhere lines are read as they come.
    private func openInput() throws {
        guard setup.isTerminal else {
            prompt.reader = InputReader(0, on: loop) { [weak self] event in
                self?.assumeIsolated { $0.receive(event) }
            }
            return
        }
        let history = setup.configuration.keepsHistory ? setup.configuration.dataDirectory + "/lines" : nil
        let editor = LineEditor(
            prompt: conversations.prompt,
            isColoured: setup.style.isOutputColoured,
            historyFile: history
        ) { [weak self] before in
            self?.assumeIsolated { $0.offer(after: before) } ?? LineCompletion.Offer()
        }
        prompt.editor = editor
        sink.editor = editor
        prompt.watch = ReadinessWatch(0, on: loop) { [weak self] in
            self?.assumeIsolated { $0.readTerminal() }
        }
    }

    private func closeInput() {
        sink.editor = nil
        prompt.editor?.close()
        prompt.watch?.close()
        prompt.reader?.close()
        prompt = Prompt()
    }

    private func offer(after before: String) -> LineCompletion.Offer {
        let completion = LineCompletion(setup.table)
        return conversations.current == nil
            ? completion.offer(after: before, contacts: prompt.contacts)
            : completion.offer(inChatAfter: before, contacts: prompt.contacts)
    }

    private func readTerminal() {
        for input in prompt.editor?.readCharacter() ?? [] { take(input) }
        followTyping()
    }

    private func receive(_ event: InputReader.Event) {
        switch event {
        case .received(let bytes):
            for line in prompt.splitter.append(bytes) { take(.line(String(decoding: line, as: UTF8.self))) }
        case .ended:
            if let line = prompt.splitter.finish() { take(.line(String(decoding: line, as: UTF8.self))) }
            take(.end)
        }
    }

    private func take(_ input: LineEditor.Input) {
        prompt.waitingLines += 1
        if prompt.waitingLines >= Prompt.lineLimit { prompt.reader?.pause() }
        prompt.continuation?.yield(input)
    }

    /// Takes the names and addresses to complete from the buddy list and the history.
    func learnContacts() async {
        guard prompt.editor != nil, let known = await engine?.contacts(limit: Prompt.contactLimit) else {
            return
        }
        prompt.contacts = known + prompt.contacts.filter { !known.contains($0) }
    }
}

/// What a prompt needs while it is open.
struct Prompt {
    /// How many lines are read ahead of the command that is running.
    static let lineLimit = 64
    /// How many addresses are kept to be completed.
    static let contactLimit = 200

    var continuation: AsyncStream<LineEditor.Input>.Continuation?
    var editor: LineEditor?
    var watch: ReadinessWatch?
    var reader: InputReader?
    var splitter = LineSplitter()
    /// The addresses known from the history, the latest first.
    var contacts: [String] = []
    /// Whether it was opened for one chat and ends with it.
    var isForChat = false
    /// The line as it was when the other side of a chat was last told that it is being typed.
    var typed = ""
    /// How many lines wait for the command that is running.
    var waitingLines = 0

    /// Takes an address that was just written to or heard from, so that it can be completed at once.
    mutating func learn(_ peer: String) {
        contacts.removeAll { $0 == peer }
        contacts.insert(peer, at: 0)
        if contacts.count > Self.contactLimit { contacts.removeLast() }
    }
}
