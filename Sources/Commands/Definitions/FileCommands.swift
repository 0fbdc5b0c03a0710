import Engine
import Pictures
import Runtime
import SDP
import UserAgent
import Wire

struct FetchFile: EngineCommand {
    static let definition = CommandDefinition(
        name: "fetch-file",
        topic: .files,
        summary: "Ask a peer for a file and store it.",
        parameters: [Parameter.peer("Whom to ask")],
        options: [
            Option(name: "name", value: .required("NAME", .text), help: "The name of the file there"),
            Option(
                name: "sha1",
                value: .required("HASH", .text),
                help: "The SHA-1 of the file, in hexadecimal digits"
            ),
            Option(name: "to", value: .required("FOLDER", .file), help: "Store it there, not in downloads"),
            Option(name: "stdout", help: "Write it to standard output"),
        ],
        details: [
            "The peer must share the file. A transfer that was cut goes on where it ended when it is repeated.",
            "Exit status: 0 stored and verified, 1 refused or not what was announced, 4 not reached or cut.",
        ],
        examples: [
            "fetch-file sip:bob@ims.test --name report.pdf",
            "fetch-file --stdout --name a.tar sip:bob@ims.test",
        ]
    )

    private let peer: String
    private let selector: FileSelector
    private let folder: String?
    private let isToOutput: Bool
    private let badHash: String?

    init(_ arguments: Arguments) {
        peer = arguments["uri"]
        let digits = arguments.option("sha1")
        let hash = digits.flatMap { FileHash(parsing: ByteString("sha-1:" + $0)) }
        badHash = hash == nil ? digits : nil
        selector = FileSelector(name: arguments.option("name"), hashes: hash.map { [$0] } ?? [])
        folder = arguments.option("to")
        isToOutput = arguments.has("stdout")
    }

    func receptionRules(_ configured: ReceptionRules) -> ReceptionRules {
        configured.receiving(into: folder, isToOutput: isToOutput, .none)
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        if let badHash { throw FileFailure.badHash(badHash) }
        guard !selector.isEmpty else { throw FileFailure.selectorNeeded }
        let (transfer, end) = try await engine.fetch(selector, from: peer, as: context.identity)
        guard case .complete(let path, _) = end else { throw FileFailure.ended(transfer, end) }
        if let path { context.output.show(.received(path: path), account: engine.account.name) }
        return .done
    }
}

struct Receive: EngineCommand {
    static let definition = CommandDefinition(
        name: "receive",
        topic: .files,
        summary: "Register and store the files that are sent.",
        options: [
            Option(name: "to", value: .required("FOLDER", .file), help: "Store them there, not in downloads"),
            Option(name: "count", value: .required("COUNT", .count), help: "End after this many files"),
            Option(name: "stdout", help: "Write one file to standard output"),
        ],
        details: [
            "Files of senders the network vouches for are taken, and no others, up to max-receive-size and the room "
                + "on the disk. The path of each is a line of standard output. A file has its name only when all of "
                + "it is there and its hash is right; until then it ends in .part, and a transfer that was cut "
                + "goes on with that.",
            "With shared-folder in ims.conf peers may fetch files meanwhile.",
            "Exit status: 0 COUNT files were stored, 1 one was not what was announced or could not be kept, 4 "
                + "--timeout was over before, 130 on Ctrl-C.",
        ],
        examples: ["receive", "receive --to downloads --count 1", "receive --stdout"]
    )

    private let count: Int?
    private let folder: String?
    private let isToOutput: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        isToOutput = arguments.has("stdout")
        folder = arguments.option("to")
        if isToOutput, folder != nil { throw .conflict("--stdout", "--to") }
        count = isToOutput ? 1 : arguments.option("count").flatMap(ValueKind.count(in:))
    }

    var isLongLived: Bool { true }
    var awaitedMessages: Int? { count ?? 0 }

    func receptionRules(_ configured: ReceptionRules) -> ReceptionRules {
        configured.receiving(into: folder, isToOutput: isToOutput, .all)
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let note = "Files are offered as they come; there is no need to wait."
        var (received, status) = (0, ExitStatus.done)
        return try await listen(on: engine, context, atPrompt: note) { event in
            // What nobody vouches for is no file that was waited for.
            guard case .fileEnded(let transfer, let end) = event.kind, !transfer.isOutgoing,
                !end.isWorthRepeating, end != .unvouched
            else { return nil }
            if case .complete(let path?, _) = end {
                context.output.show(.received(path: path), account: event.account)
            } else if end.exitStatus != .done {
                status = end.exitStatus
            }
            received += 1
            return received == count ? status : nil
        }
    }
}

struct SendFile: EngineCommand {
    static let definition = CommandDefinition(
        name: "send-file",
        topic: .files,
        summary: "Send files, one after the other.",
        parameters: [
            Parameter.peer("Whom to send them to"),
            Parameter(name: "file", arity: .several, kind: .file, help: "The files; - is standard input"),
        ],
        options: [
            Option(
                name: "name",
                value: .required("NAME", .text),
                help: "What the receiver is to call the file"
            ),
            Option.contentType("Say what is sent; else the name tells"),
            Option(name: "no-hash", help: "Do not read the file beforehand to compute its hash"),
        ],
        details: [
            "The hash of each file is computed first, so that the receiver can check it and a transfer that was cut "
                + "goes on where it ended: here, if the connection comes back, or when the command is repeated. What "
                + "comes from standard input is hashed as it goes by.",
            "Exit status: 0 everything is with the receiver, 1 refused or stopped, 4 not reached or cut.",
        ],
        examples: [
            "send-file sip:bob@ims.test report.pdf",
            "send-file sip:bob@ims.test report.pdf big.iso",
            "send-file --name dir.tar sip:bob@ims.test -",
        ]
    )

    private let recipient: String
    private let files: [String]
    private let name: String?
    private let contentType: String?
    private let isHashed: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        recipient = arguments["uri"]
        files = arguments.list("file")
        name = arguments.option("name")
        contentType = try arguments.contentType(suchAs: "application/pdf")
        isHashed = !arguments.has("no-hash")
        if name != nil, files.count > 1 { throw .conflict("--name", "several files") }
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        // What cannot be read is told before the network is asked, and is opened again when its turn comes.
        for file in files where file != "-" { _ = try FileReader(sending: file) }
        var options = SendingOptions()
        options.identity = context.identity
        options.isHashed = isHashed
        for file in files {
            let (transfer, end) = try await engine.send(try outgoing(file, context), to: recipient, options)
            guard case .complete = end else { throw FileFailure.ended(transfer, end) }
        }
        return .done
    }

    private func outgoing(_ path: String, _ context: CommandContext) throws -> OutgoingFile {
        guard path == "-" else {
            return OutgoingFile(.path(path), name: name ?? path.fileName, type: contentType)
        }
        guard !context.isREPL else { throw CommandFailure.inputTaken }
        guard let name else { throw FileFailure.nameNeeded }
        return OutgoingFile(.descriptor(0), name: name, type: contentType)
    }
}

struct ShareImage: EngineCommand {
    static let definition = CommandDefinition(
        name: "share-image",
        topic: .files,
        summary: "Share images, each in a session of its own.",
        parameters: [
            Parameter.peer("Whom to show them to"),
            Parameter(name: "file", arity: .several, kind: .file, help: "The images"),
        ],
        details: [
            "As send-file, by the image share service (GSMA IR.79): the other side is asked what its client can do, gets a "
                + "small picture with the offer, and is asked to show each image at once. "
                + "image-share-form in ims.conf selects how the service is named to older clients."
        ],
        examples: ["share-image sip:bob@ims.test photo.png", "share-image sip:bob@ims.test one.jpg two.jpg"]
    )

    private let recipient: String
    private let files: [String]

    init(_ arguments: Arguments) {
        recipient = arguments["uri"]
        files = arguments.list("file")
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        for file in files {
            let type = MediaType(fileName: file.fileName)
            guard type.type == "image" else {
                throw FileFailure.notAnImage(file.fileName, type: type.description)
            }
            _ = try FileReader(sending: file)
        }
        var options = SendingOptions()
        options.identity = context.identity
        options.isImageShare = true
        options.service = .imageShare(engine.account.imageShareForm.identifierForm)
        let images = files.map { OutgoingFile(.path($0), name: $0.fileName) }
        try await checkCapabilities(engine, context)
        // The next one waits until the session of the one before is down.
        for var image in images {
            image.icon = Self.icon(of: image)
            let (transfer, end) = try await engine.send(image, to: recipient, options)
            guard case .complete = end else { throw FileFailure.ended(transfer, end) }
        }
        return .done
    }
}

extension ShareImage {
    /// Offers nothing to a client that says it does not know image share; one that says nothing may know it.
    private func checkCapabilities(_ engine: Engine, _ context: CommandContext) async throws {
        // What is remembered may be about another device than the one that is there now.
        let known = try? await engine.capabilities(of: recipient, isRefreshed: true, as: context.identity)
        guard let known, !known.has(.imageShare), known.contact != nil else { return }
        throw FileFailure.noImageShare(recipient)
    }

    /// A small picture of an image; none of what cannot be read as one.
    private static func icon(of image: OutgoingFile) -> FileIcon? {
        guard case .path(let path) = image.source,
            let contents = try? FileContents(path: path, limit: imageLimit),
            let thumbnail = try? Thumbnail(of: contents.bytes)
        else { return nil }
        return FileIcon(type: "image/jpeg", bytes: thumbnail.bytes)
    }

    /// The largest image that is read to make a small one of it.
    private static let imageLimit = 50_000_000
}

extension String {
    /// What stands behind the last slash.
    fileprivate var fileName: String { split(separator: "/").last.map(String.init) ?? self }
}

extension ReceptionRules {
    /// The same rules for a command that receives.
    fileprivate func receiving(into folder: String?, isToOutput: Bool, _ policy: FilePolicy) -> ReceptionRules
    {
        var rules = self
        rules.policy = policy
        if let folder { rules.folder = folder }
        if isToOutput { rules.descriptor = 1 }
        return rules
    }
}
