import Documents
import SIP
import Wire

// What the documents of a watch say, once they are known to be what was asked for.
extension PresenceWatch {
    /// Reads a document, or says what could not be read.
    private func read<Document>(
        _ what: String,
        _ body: () throws(DocumentError) -> Document
    ) throws(Refusal) -> Document {
        do throws(DocumentError) {
            return try body()
        } catch {
            throw Refusal("\(what) is unreadable: \(error)")
        }
    }

    private func expect(_ type: MediaType, _ wanted: String...) throws(Refusal) {
        let name = "\(type.type)/\(type.subtype)".lowercased()
        guard wanted.contains(name) else { throw Refusal("a notification of type \(name) is not taken") }
    }

    // MARK: - Presence

    /// Takes the state of one user.
    mutating func takePresence(
        _ body: ByteString,
        _ type: MediaType,
        of resource: String,
        into reports: inout [Report]
    ) throws(Refusal) {
        let what = "a presence document of \(resource)"
        let document: PresenceDocument
        if type.matches("application", "pidf-diff+xml") {
            let part = try read(what) { () throws(DocumentError) in try PartialPresence(parsing: body) }
            guard let root = try takePart(part, of: resource) else { return }
            document = try read(what) { () throws(DocumentError) in try PresenceDocument(root) }
        } else {
            try expect(type, PresenceDocument.mediaType, "application/cpim-pidf+xml")
            document = try read(what) { () throws(DocumentError) in try PresenceDocument(parsing: body) }
        }
        guard PresenceIdentity.isSame(document.entity, resource) else {
            throw Refusal("\(what) is about \(document.entity): not taken")
        }
        reports.append(.presence(PresenceState(document), of: resource))
    }

    /// Takes the whole of a document, or changes the one there is (RFC 5263 §4.2).
    ///
    /// - Returns: The document as it is now, or `nil` if it is older than the one there is.
    private mutating func takePart(
        _ part: PartialPresence,
        of resource: String
    ) throws(Refusal) -> XMLElement? {
        switch part {
        case .full(let version, let root):
            if let kept = partial[resource], version <= kept.version { return nil }
            partial[resource] = (version, root)
            return root
        case .difference(let version, _, let patch):
            guard let kept = partial[resource], let version else {
                throw Refusal("presence of \(resource) begins with a change", isFullStateNeeded: true)
            }
            guard version > kept.version else { return nil }
            var root = kept.root
            guard version == kept.version &+ 1, (try? patch.apply(to: &root)) != nil else {
                throw Refusal("a change of the presence of \(resource) does not fit", isFullStateNeeded: true)
            }
            partial[resource] = (version, root)
            return root
        }
    }

    // MARK: - Who watches, and what has changed

    mutating func takeWatchers(
        _ body: ByteString,
        _ type: MediaType,
        into reports: inout [Report]
    ) throws(Refusal) {
        guard case .watchers(let resource) = subject else { return }
        try expect(type, WatcherInformation.mediaType)
        let information = try read("watcher information") { () throws(DocumentError) in
            try WatcherInformation(parsing: body)
        }
        guard try isNews(information.version, isFull: information.isFull) else { return }
        let lists = information.lists.filter {
            $0.eventPackage == "presence" && PresenceIdentity.isSame($0.resource, resource)
        }
        reports.append(.watchers(lists.flatMap(\.watchers), isFull: information.isFull))
    }

    func takeDocuments(
        _ body: ByteString,
        _ type: MediaType,
        into reports: inout [Report]
    ) throws(Refusal) {
        try expect(type, XCAPDifference.mediaType)
        let difference = try read("a list of changed documents") { () throws(DocumentError) in
            try XCAPDifference(parsing: body)
        }
        reports.append(.documents(difference))
    }

    /// Counts a version: one that goes back is old, one that jumps has missed something (RFC 3858 §4.1, RFC 4662 §5.6).
    private mutating func isNews(_ next: UInt32, isFull: Bool) throws(Refusal) -> Bool {
        if let version {
            guard next > version else { return false }
            guard isFull || next == version &+ 1 else {
                throw Refusal("a notification was missed", isFullStateNeeded: true)
            }
        } else if !isFull {
            throw Refusal("a subscription begins with a part", isFullStateNeeded: true)
        }
        version = next
        return true
    }

    // MARK: - Lists

    /// Takes what a server tells of a list: who is on it, and a part for each of whom there is something to tell.
    ///
    /// - Parameters:
    ///   - body: The list with its parts.
    ///   - type: Its media type.
    ///   - list: The list it must be about (RFC 4662 §5.2); `nil` for one that the server has yet to name.
    ///   - nesting: How many lists it is in.
    ///   - reports: Where to append what is told.
    /// - Throws: Why nothing of it is taken, or no more.
    mutating func takeList(
        _ body: ByteString,
        _ type: MediaType,
        of list: String?,
        nesting: Int,
        into reports: inout [Report]
    ) throws(Refusal) {
        try expect(type, "multipart/related")
        var limits = MIMELimits()
        limits.partCount = Limits.members + 1
        guard let boundary = type["boundary"],
            let parts = try? Multipart(parsing: body, boundary: boundary, limits: limits).parts,
            let first = parts.first
        else { throw Refusal("a list is no multipart body, or has too many parts") }
        let contents = Dictionary(
            parts.compactMap { part in part.contentID.map { ($0, part) } },
            uniquingKeysWith: { first, _ in first }
        )
        // The first part is the root unless the body names another (RFC 2387 §3.2).
        let root = type["start"].map(RelatedDescription.contentID).flatMap { contents[$0] } ?? first
        guard let rootType = root.type, rootType.matches("application", "rlmi+xml") else {
            throw Refusal("a list does not say who is on it")
        }
        let information = try read("a list") { () throws(DocumentError) in
            try ListInformation(parsing: root.decodedBody)
        }
        if let list, !PresenceIdentity.isSame(information.uri, list) {
            throw Refusal("a notification for the list \(list) is about \(information.uri): not taken")
        }
        if nesting == 0 {
            guard try isNews(information.version, isFull: information.isFull) else { return }
            listURI = information.uri
        }
        for resource in information.resources {
            try take(resource, contents, nesting: nesting, into: &reports)
        }
    }

    private mutating func take(
        _ resource: ListInformation.Resource,
        _ contents: [String: MIMEEntity],
        nesting: Int,
        into reports: inout [Report]
    ) throws(Refusal) {
        // An address with several instances is there as long as one is.
        let instance = resource.instances.first { $0.state == .active } ?? resource.instances.first
        switch instance?.state {
        case nil: break
        case .pending: reports.append(.pending(resource.uri))
        case .terminated: reports.append(.unwatched(resource.uri, reason: instance?.reason))
        case .active:
            guard let part = instance?.contentID.flatMap({ contents[RelatedDescription.contentID($0)] }),
                let type = part.type
            else { return }
            do throws(Refusal) {
                if type.matches("multipart", "related"), nesting < Limits.nesting {
                    try takeList(
                        part.decodedBody,
                        type,
                        of: resource.uri,
                        nesting: nesting + 1,
                        into: &reports
                    )
                } else {
                    try takePresence(part.decodedBody, type, of: resource.uri, into: &reports)
                }
            } catch {
                // One that is wrong does not take the others with it, unless all must be asked for anew.
                guard !error.isFullStateNeeded else { throw error }
                reports.append(.noted(error.text))
            }
        }
    }
}

/// Addresses of presence, which may be written with several schemes (RFC 3859 §3.1).
package enum PresenceIdentity {
    /// Whether two URIs name the same user, whichever of `sip`, `sips`, `pres` and `im` they begin with.
    package static func isSame(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        guard let left = try? URI(plain(left)), let right = try? URI(plain(right)) else { return false }
        switch (left, right) {
        case (.sip(let left), .sip(let right)):
            return left.userText == right.userText && left.host.equalsIgnoringCase(right.host)
        default: return left.isEquivalent(to: right)
        }
    }

    private static func plain(_ text: String) -> String {
        let scheme = text.prefix { $0 != ":" }
        guard ["sips", "pres", "im"].contains(scheme.lowercased()) else { return text }
        return "sip" + text.dropFirst(scheme.count)
    }
}
