package import Engine
package import Runtime

/// Something the user can ask for, in the REPL and on the command line alike.
///
/// A value of a conforming type is one parsed invocation; what it needs to run decides which of the protocols below
/// it conforms to.
package protocol Command: Sendable {
    /// The one description that parsing, completion, `help` and ims(1) read.
    static var definition: CommandDefinition { get }

    /// Reads the invocation from arguments that already match `definition`.
    init(_ arguments: Arguments) throws(UsageError)

    /// The command by what it needs to run; the protocols below define it.
    var kind: CommandKind { get }
}

/// A command by what it needs to run.
package enum CommandKind {
    case offline(any OfflineCommand)
    case configuration(any ConfigurationCommand)
    case loop(any LoopCommand)
    case engine(any EngineCommand)
}

/// A command that needs nothing but the table: it runs before configuration, store or sockets are touched.
package protocol OfflineCommand: Command {
    func run(table: CommandTable, isREPL: Bool, output: any Output)
}

extension OfflineCommand {
    package var kind: CommandKind { .offline(self) }
}

/// A command about the configuration: it runs without a network.
package protocol ConfigurationCommand: Command {
    /// Carries the command out.
    ///
    /// - Parameters:
    ///   - configuration: The configuration, checked.
    ///   - selector: What `--account` says, or `nil`.
    ///   - output: Where to write.
    /// - Throws: `AccountSelectionError`, or what the store says.
    func run(configuration: Configuration, selector: String?, output: any Output) throws
}

extension ConfigurationCommand {
    package var kind: CommandKind { .configuration(self) }
}

/// A command that runs on the loop, without an account.
package protocol LoopCommand: Command {
    /// Carries the command out.
    ///
    /// - Parameters:
    ///   - loop: The loop it runs on.
    ///   - makeOutput: Makes what to write to, for whoever lives on the loop.
    /// - Returns: How it ended; an error has been told.
    func run(on loop: EventLoop, makeOutput: @escaping @Sendable () -> any Output) async -> ExitStatus
}

extension LoopCommand {
    package var kind: CommandKind { .loop(self) }
}

/// A command that an engine carries out.
package protocol EngineCommand: Command {
    /// Whether it stays for a while, so that the registration is to be watched and kept.
    var isLongLived: Bool { get }

    /// Whether a registration is to stay behind when the command ends, as with `--keep-registration`.
    var leavesRegistration: Bool { get }

    /// How many messages it waits for when `--timeout` is to end it; 0 if it just waits, `nil` if it does not.
    var awaitedMessages: Int? { get }

    /// How it writes what comes in chats.
    var chatForm: ChatForm { get }

    /// The descriptor that gets the bytes of messages in chats, and nothing else; `nil` if they are shown.
    var chatDescriptor: Int32? { get }

    /// Whether it is carried out at a prompt of its own where there is a terminal.
    var opensPrompt: Bool { get }

    /// What is done with invitations to a chat while it runs.
    ///
    /// - Parameter configured: What the account says, or `nil`.
    /// - Returns: What the engine is to do; where nobody can be asked it is not `ask`.
    func chatPolicy(configured: ChatPolicy?) -> ChatPolicy

    /// Which files are taken while it runs, and where they go.
    ///
    /// - Parameter configured: What the account says.
    /// - Returns: What the engine is to do; where nobody can be asked it does not ask.
    func receptionRules(_ configured: ReceptionRules) -> ReceptionRules

    /// Carries the command out.
    ///
    /// - Parameters:
    ///   - engine: The engine of the account.
    ///   - context: Where to write, and what the invocation allows.
    /// - Returns: How it ended.
    /// - Throws: `EngineError`, `CommandFailure` or `CancellationError`; the caller tells it and chooses the exit
    ///   status.
    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus
}

extension EngineCommand {
    package var kind: CommandKind { .engine(self) }
    package var isLongLived: Bool { false }
    package var leavesRegistration: Bool { false }
    package var awaitedMessages: Int? { nil }
    package var chatForm: ChatForm { .conversation }
    package var chatDescriptor: Int32? { nil }
    package var opensPrompt: Bool { false }
    package func chatPolicy(configured: ChatPolicy?) -> ChatPolicy { .none }
    package func receptionRules(_ configured: ReceptionRules) -> ReceptionRules {
        var rules = configured
        rules.policy = .none
        rules.shared = nil
        return rules
    }
}

/// What a command that an engine carries out finds around it.
package struct CommandContext {
    package var output: any Output
    /// Whether this is the REPL, where standard input is taken and messages are shown as they come.
    package var isREPL: Bool
    /// What `--as` says on a line of the REPL; on the command line the engine knows it.
    package var identity: String?
    /// The chats of the session.
    package var conversations: Conversations
    /// The files of the session.
    package var files: FileOffers
    /// The loop it runs on, for what reads or writes.
    package var loop: EventLoop

    package init(
        output: any Output,
        isREPL: Bool,
        identity: String?,
        conversations: Conversations,
        files: FileOffers,
        loop: EventLoop
    ) {
        self.output = output
        self.isREPL = isREPL
        self.identity = identity
        self.conversations = conversations
        self.files = files
        self.loop = loop
    }
}

/// Why a command could not do its own part; the network has no share in it.
package enum CommandFailure: Error, Hashable, Sendable {
    /// A file or standard input could not be read.
    case unreadable(String, FileContents.Failure)
    /// The bytes are not UTF-8, so their content type must be given.
    case contentTypeNeeded(String)
    case inputTaken
    /// There is nothing to send.
    case emptyMessage(String)
    /// A message was accepted, and has not got as far as `--wait` wants.
    case goalMissed(peer: String, MessageGoal, GoalOutcome)
    case history(String)
    case trace(file: String, detail: String)
    /// A file for the user could not be made or written.
    case notWritten(file: String, detail: String)
    /// Standard output could not be written.
    case output(String)
    /// A part of the system that cannot be missing is missing: a descriptor, the terminal.
    case system(String)
    /// `listen --count` ran into `--timeout`.
    case timedOut(received: Int, wanted: Int)
}

/// How a command ended, as the shell sees it.
package enum ExitStatus: Int32, Hashable, Sendable, CaseIterable {
    case done = 0
    /// The network or the peer refused.
    case refused = 1
    case usage = 2
    /// The configuration or the credentials are not right.
    case configuration = 3
    /// No answer, or nobody to reach.
    case noAnswer = 4
    /// The network took the message and keeps it for later.
    case storedForLater = 5
    /// The recipient is not there, and nothing keeps the message.
    case notStored = 6
    /// The message was accepted, and what `--wait` waits for was not told.
    case notTold = 7
    /// A notification tells that the message was not delivered, or that nobody will tell.
    case notDelivered = 8
    /// A report of MSRP tells that the message was not delivered.
    case reportedFailed = 9
    /// The shell command of `--exec` failed.
    case commandFailed = 10
    /// Ended by SIGINT or SIGTERM.
    case interrupted = 130
}
