import Documents
import Engine
import Runtime

/// The documents of a user as files that can be edited, compared and put back (`xdm pull`, `diff`, `apply`).
///
/// Beside each file the folder keeps, in `.ims`, what the server had when it was read, with its entity tag. A file is put
/// back only over that version; when the server has another one, that one is laid beside the file and named, and nothing
/// of the user's is touched.
struct DocumentFolder {
    let path: String
    /// Which documents they are: the server and the identity.
    let origin: String
    let user: String

    private static let hidden = "/.ims"
    private static let theirs = ".server.xml"

    /// A document with its file.
    struct Member: Hashable {
        var selector: XCAPDocumentSelector
        var file: String
    }

    /// What the server had when the file was read.
    private struct Base {
        var body: [UInt8]
        var etag: String?
    }

    /// The documents that the folder may hold, of those that the server keeps if it says so.
    func members(usages: [String]?) -> [Member] {
        XDMUsage.known.filter { usages?.contains($0) ?? true }.compactMap { usage in
            XDMUsage.document(usage, of: user).map { Member(selector: $0, file: "\(path)/\(usage).xml") }
        }
    }

    /// Makes the folder, or takes one that holds documents of the same server and identity.
    func open(making: Bool) throws(DocumentFailure) {
        let note = path + Self.hidden + "/origin"
        if let known = Self.contents(of: note) {
            let text = String(decoding: known, as: UTF8.self)
            guard text == origin else { throw .otherOrigin(folder: path, origin: text) }
            return
        }
        guard making else { throw .notPulled(folder: path) }
        if let detail = FileContents.makeFolder(path + Self.hidden) {
            throw .notWritable(file: path, detail: detail)
        }
        try Self.write(Array(origin.utf8), to: note)
    }

    /// Brings a file in line with the server's document, unless the user has changed it.
    func pull(_ member: Member, from engine: Engine) async throws -> DocumentReport {
        try requireSettled(member)
        let found = try await engine.documentIfAny(member.selector)
        let (base, mine) = (base(of: member), Self.contents(of: member.file))
        let isMine = mine != base?.body
        if isMine, base?.body != found?.body, mine != found?.body {
            return try settle(member, found, state: .conflict)
        }
        try keep(found, of: member)
        if isMine, mine != found?.body {
            return report(member, .changed, found)
        }
        guard let found else {
            FileContents.remove(member.file)
            return report(member, .absent, nil)
        }
        if mine == found.body { return report(member, .unchanged, found) }
        try Self.write(found.body, to: member.file)
        return report(member, .pulled, found)
    }

    /// How a file differs from what the server has now.
    func difference(of member: Member, on engine: Engine) async throws -> DocumentReport {
        let found = try await engine.documentIfAny(member.selector)
        let (base, mine) = (base(of: member), Self.contents(of: member.file))
        var report = report(member, .unchanged, found)
        if mine == nil, found == nil { report.state = .absent }
        guard mine != found?.body else { return report }
        report.difference = LineDifference.lines(from: found?.body ?? [], to: mine ?? [])
        report.state = mine != base?.body && found?.body != base?.body ? .conflict : .changed
        return report
    }

    /// Puts a file that the user has changed back to the server, over the version it was made from and no other.
    func apply(_ member: Member, on engine: Engine, isDryRun: Bool) async throws -> DocumentReport {
        try requireSettled(member)
        let (base, mine) = (base(of: member), Self.contents(of: member.file))
        guard mine != base?.body else {
            return DocumentReport(member.selector.path, mine == nil ? .absent : .unchanged, file: member.file)
        }
        if let mine { try XDMUsage.check(mine, of: member.selector) }
        if isDryRun { return try await rehearse(member, base, mine, on: engine) }
        do throws(XDMError) {
            let condition: XDMBase = base.map { $0.etag.map { .version($0) } ?? .anything } ?? .nothing
            guard let mine else {
                try await engine.delete(member.selector, base: condition)
                FileContents.remove(basePath(of: member))
                return DocumentReport(member.selector.path, .deleted, file: member.file)
            }
            let written = try await engine.put(mine, at: member.selector, base: condition)
            try? keep(written, of: member)
            return report(member, .written, written)
        } catch {
            guard case .changedElsewhere = error else { throw error }
            return try settle(member, try await engine.documentIfAny(member.selector), state: .conflict)
        }
    }

    /// Says what `apply` would do.
    private func rehearse(
        _ member: Member,
        _ base: Base?,
        _ mine: [UInt8]?,
        on engine: Engine
    ) async throws -> DocumentReport {
        let found = try await engine.documentIfAny(member.selector)
        let isSame = base?.etag != nil ? base?.etag == found?.etag : base?.body == found?.body
        var report = report(member, mine == nil ? .wouldDelete : .wouldWrite, found)
        if !isSame { report.state = .wouldConflict }
        report.difference = LineDifference.lines(from: found?.body ?? [], to: mine ?? [])
        return report
    }

    // MARK: - Conflicts

    /// Lays the server's version beside the user's; from now on that one is what the user has seen.
    private func settle(
        _ member: Member,
        _ found: XDMDocument?,
        state: DocumentReport.State
    ) throws(DocumentFailure) -> DocumentReport {
        var report = report(member, state, found)
        let theirs = theirsPath(of: member)
        try Self.write(found?.body ?? [], to: theirs)
        report.theirs = theirs
        try keep(found, of: member)
        return report
    }

    private func requireSettled(_ member: Member) throws(DocumentFailure) {
        let theirs = theirsPath(of: member)
        guard Self.contents(of: theirs) == nil else { throw .unmerged(mine: member.file, theirs: theirs) }
    }

    private func theirsPath(of member: Member) -> String {
        "\(path)/\(member.selector.usage)\(Self.theirs)"
    }

    // MARK: - What the server had

    private func basePath(of member: Member) -> String {
        "\(path)\(Self.hidden)/\(member.selector.usage).base"
    }

    private func base(of member: Member) -> Base? {
        guard let contents = Self.contents(of: basePath(of: member)),
            let end = contents.firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        let etag = String(decoding: contents[..<end], as: UTF8.self)
        return Base(body: Array(contents[(end + 1)...]), etag: etag.isEmpty ? nil : etag)
    }

    private func keep(_ found: XDMDocument?, of member: Member) throws(DocumentFailure) {
        guard let found else { return FileContents.remove(basePath(of: member)) }
        let line = Array("\(found.etag ?? "")\n".utf8)
        try Self.write(line + found.body, to: basePath(of: member))
    }

    private func report(
        _ member: Member,
        _ state: DocumentReport.State,
        _ found: XDMDocument?
    ) -> DocumentReport {
        DocumentReport(
            member.selector.path,
            state,
            etag: found?.etag,
            size: found?.body.count,
            file: member.file
        )
    }

    private static func contents(of path: String) -> [UInt8]? {
        (try? FileContents(path: path, limit: XDMLimits.documentSize + 1024))?.bytes
    }

    static func write(_ bytes: [UInt8], to path: String) throws(DocumentFailure) {
        do throws(FileContents.Failure) {
            try FileContents.replace(path, with: bytes)
        } catch {
            throw .notWritable(file: path, detail: error.description)
        }
    }
}
