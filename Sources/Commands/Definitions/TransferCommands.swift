import Engine
import Runtime

struct CancelTransfer: EngineCommand {
    static let definition = CommandDefinition(
        name: "cancel",
        topic: .files,
        summary: "End a transfer; both sides keep what they need to go on with it.",
        parameters: [Parameter(name: "file", help: "Which: f1, f2, or the name of the file")],
        examples: ["cancel f1"],
        availability: .replOnly
    )

    private let file: String

    init(_ arguments: Arguments) { file = arguments["file"] }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        guard let transfer = context.files.find(file) else { throw FileFailure.noTransfer(file) }
        await engine.cancel(transfer.id)
        return .done
    }
}

struct OpenFile: EngineCommand {
    static let definition = CommandDefinition(
        name: "open",
        topic: .files,
        summary: "Show a received file with the program the desktop has for it.",
        parameters: [
            Parameter(
                name: "file",
                arity: .optional,
                kind: .file,
                help: "Which; the one that came last if left out"
            )
        ],
        examples: ["open", "open photo.png"],
        availability: .replOnly
    )

    private let file: String?

    init(_ arguments: Arguments) { file = arguments.optional("file") }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        guard let path = context.files.path(file) else { throw FileFailure.nothingReceived }
        let result = await withCheckedContinuation { continuation in
            Subprocess.run("xdg-open \(Self.quoted(path))", timeout: Self.patience, on: context.loop) {
                continuation.resume(returning: $0)
            }
        }
        if case .failure(let failure) = result { throw FileFailure.notOpened("\(failure)") }
        return .done
    }

    private static let patience = Duration.seconds(20)

    /// One word for a shell, whatever the name holds; no name can be taken for an option, since paths begin with a
    /// slash or a dot.
    private static func quoted(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : "./" + path
        return "'" + whole.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
            + "'"
    }
}

struct ListTransfers: EngineCommand {
    static let definition = CommandDefinition(
        name: "transfers",
        topic: .files,
        summary: "List the files that are offered or on their way.",
        examples: ["transfers"],
        availability: .replOnly
    )

    init(_ arguments: Arguments) {}

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let files = context.files
        for transfer in files.offered {
            context.output.show(.transfer(transfer, isOffered: true), account: engine.account.name)
        }
        for transfer in files.active {
            context.output.show(.transfer(transfer, isOffered: false), account: engine.account.name)
        }
        if files.offered.isEmpty, files.active.isEmpty { context.output.notice("no files") }
        return .done
    }
}
