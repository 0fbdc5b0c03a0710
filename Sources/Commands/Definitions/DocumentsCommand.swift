import Documents
import Engine
import Runtime

struct DocumentsCommand: EngineCommand {
    static let definition = CommandDefinition(
        name: "xdm",
        topic: .account,
        summary: "Read and change the documents that a server keeps for you (XCAP).",
        parameters: [
            Parameter(name: "action", kind: .choice(Action.allCases.map(\.rawValue)), help: "What to do"),
            Parameter(
                name: "target",
                arity: .optional,
                kind: .file,
                help: "The document, or with pull, diff and apply the folder"
            ),
            Parameter(
                name: "file",
                arity: .optional,
                kind: .file,
                help: "With put: what to write; - reads it"
            ),
        ],
        options: [
            Option(
                name: "node",
                value: .required("SELECTOR", .text),
                help: "Only this element or attribute of the document"
            ),
            Option(name: "dry-run", help: "With apply: only say what would be done"),
            Option(name: "force", help: "With put and delete: whatever the server has meanwhile"),
            Option(
                name: "content-type",
                value: .required("TYPE", .text),
                help: "With put: what it is, for documents that ims does not know"
            ),
        ],
        details: [
            "A document is named by its application usage (resource-lists, rls-services, pres-rules, xcap-caps, ...), by "
                + "usage and name (resource-lists/work), or by its whole path below xcap-root.",
            "put and delete change only the version that you saw with get last: if somebody else was faster nothing is "
                + "written, and what you have and what the server has stand side by side in files that are named.",
            "pull writes your documents into a folder, as files to edit. diff shows how they differ from what the "
                + "server has now, apply puts back those that you have changed. What was changed on both sides is "
                + "laid beside as NAME.server.xml; merge it, delete it, and apply again.",
            "--node takes a path such as 'resource-lists/list[@name=\"buddies\"]'.",
            "Exit status: 0 done, 1 refused or in conflict, 3 not configured or not let in, 4 no answer.",
        ],
        examples: [
            "xdm list", "xdm get resource-lists", "xdm put pres-rules rules.xml", "xdm delete rls-services",
            "xdm get --node resource-lists/list[1] resource-lists", "xdm pull documents",
            "xdm diff documents",
            "xdm apply --dry-run documents",
        ]
    )

    enum Action: String, CaseIterable { case get, put, delete, list, pull, diff, apply }

    private let action: Action
    private let target: String
    private let file: String?
    private let node: String?
    private let contentType: String?
    private let isDryRun: Bool
    private let isForced: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        action = Action(rawValue: arguments["action"]) ?? .list
        let command = "xdm \(action.rawValue)"
        let target = arguments.optional("target")
        file = arguments.optional("file")
        node = arguments.option("node")
        contentType = arguments.option("content-type")
        isDryRun = arguments.has("dry-run")
        isForced = arguments.has("force")
        if action == .list, let target { throw .tooMany(target, of: command) }
        if action != .list, target == nil { throw .missing(parameter: "target", of: "xdm") }
        if action == .put, file == nil { throw .missing(parameter: "file", of: "xdm") }
        if action != .put, let file { throw .tooMany(file, of: command) }
        self.target = target ?? ""
        let misplaced: [(isGiven: Bool, name: String, takers: [Action])] = [
            (node != nil, "--node", [.get, .put, .delete]), (isDryRun, "--dry-run", [.apply]),
            (isForced, "--force", [.put, .delete]), (contentType != nil, "--content-type", [.put]),
        ]
        for option in misplaced where option.isGiven && !option.takers.contains(action) {
            throw .optionOfOther(option.name, command: command)
        }
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        switch action {
        case .get: try await get(on: engine, context)
        case .put: try await put(on: engine, context)
        case .delete: try await delete(on: engine, context)
        case .list: try await list(on: engine, context)
        case .pull, .diff, .apply: return try await workOnFolder(on: engine, context)
        }
        return .done
    }

    // MARK: - One document

    private func selectors(
        _ engine: Engine
    ) throws(DocumentFailure) -> (XCAPDocumentSelector, XCAPNodeSelector?) {
        guard let document = XDMUsage.document(target, of: engine.documentUser) else {
            throw .badDocument(target)
        }
        guard let node else { return (document, nil) }
        guard let selector = XCAPNodeSelector(text: node) else { throw .badNode(node) }
        return (document, selector)
    }

    private func get(on engine: Engine, _ context: CommandContext) async throws {
        let (selector, node) = try selectors(engine)
        let document = try await engine.document(selector, node: node)
        await engine.noteSeen(selector, etag: document.etag)
        context.output.show(.document(document), account: engine.account.name)
    }

    private func put(on engine: Engine, _ context: CommandContext) async throws {
        let (selector, node) = try selectors(engine)
        let body = try contents(context)
        let seen = await engine.seenVersion(of: selector)
        // Only somebody who has never seen the document, or a node of it, begins one.
        let base: XDMBase =
            isForced ? .anything : seen.map { .version($0) } ?? (node == nil ? .nothing : .anything)
        do throws(XDMError) {
            let written = try await engine.put(
                body,
                at: selector,
                node: node,
                contentType: contentType,
                base: base
            )
            await engine.noteSeen(selector, etag: written.etag)
            tell(
                DocumentReport(selector.path, .written, etag: written.etag, size: body.count),
                engine,
                context
            )
        } catch {
            guard case .changedElsewhere(let name) = error else { throw error }
            throw try await conflict(name, selector, mine: body, on: engine)
        }
    }

    /// Keeps both versions where the user finds them.
    private func conflict(
        _ name: String,
        _ selector: XCAPDocumentSelector,
        mine: [UInt8],
        on engine: Engine
    ) async throws -> DocumentFailure {
        var path = file ?? ""
        if path == "-" {
            let folder = engine.conflictFolder
            if let detail = FileContents.makeFolder(folder) {
                throw DocumentFailure.notWritable(file: folder, detail: detail)
            }
            path = "\(folder)/\(selector.usage).xml"
            try DocumentFolder.write(mine, to: path)
        }
        let found = try? await engine.documentIfAny(selector)
        guard let found else { return .conflict(document: name, mine: path, theirs: nil) }
        let theirs = path + ".server"
        try DocumentFolder.write(found.body, to: theirs)
        // From now on theirs is what the user has seen.
        await engine.noteSeen(selector, etag: found.etag)
        return .conflict(document: name, mine: path, theirs: theirs)
    }

    private func delete(on engine: Engine, _ context: CommandContext) async throws {
        let (selector, node) = try selectors(engine)
        let seen = await engine.seenVersion(of: selector)
        let base: XDMBase = isForced ? .anything : seen.map { .version($0) } ?? .anything
        try await engine.delete(selector, node: node, base: base)
        await engine.noteSeen(selector, etag: nil)
        tell(DocumentReport(selector.path, .deleted), engine, context)
    }

    private func contents(_ context: CommandContext) throws -> [UInt8] {
        let name = file ?? "-"
        if name == "-", context.isREPL { throw CommandFailure.inputTaken }
        do throws(FileContents.Failure) {
            return name == "-"
                ? try FileContents(descriptor: 0).bytes
                : try FileContents(path: name, limit: XDMLimits.documentSize).bytes
        } catch {
            throw CommandFailure.unreadable(name == "-" ? "Standard input" : name, error)
        }
    }

    // MARK: - All of them

    private func list(on engine: Engine, _ context: CommandContext) async throws {
        let usages = try await engine.documentCapabilities()?.usages ?? XDMUsage.known
        for usage in usages where usage != XCAPCapabilities.selector.usage {
            guard let selector = XDMUsage.document(usage, of: engine.documentUser) else { continue }
            let found = try await engine.documentIfAny(selector)
            let report = DocumentReport(
                selector.path,
                found == nil ? .absent : .present,
                etag: found?.etag,
                size: found?.body.count
            )
            tell(report, engine, context)
        }
    }

    private func workOnFolder(on engine: Engine, _ context: CommandContext) async throws -> ExitStatus {
        guard let root = engine.account.xcapRoot else { throw XDMError.notConfigured }
        let folder = DocumentFolder(
            path: target.count > 1 && target.hasSuffix("/") ? String(target.dropLast()) : target,
            origin: "\(root.description) \(engine.documentUser)",
            user: engine.documentUser
        )
        try folder.open(making: action == .pull)
        var status = ExitStatus.done
        for member in folder.members(usages: try await engine.documentCapabilities()?.usages) {
            let report =
                switch action {
                case .pull: try await folder.pull(member, from: engine)
                case .diff: try await folder.difference(of: member, on: engine)
                default: try await folder.apply(member, on: engine, isDryRun: isDryRun)
                }
            if [.conflict, .wouldConflict].contains(report.state), action != .diff { status = .refused }
            if report.state != .absent || action == .pull { tell(report, engine, context) }
        }
        return status
    }

    private func tell(_ report: DocumentReport, _ engine: Engine, _ context: CommandContext) {
        context.output.show(.documentState(report), account: engine.account.name)
    }
}
