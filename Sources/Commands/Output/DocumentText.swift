import Documents
import Engine
import Store
import Wire

/// The words for buddies and documents.
enum DocumentText {
    static func buddy(_ entry: BuddyEntry, colour: Colour?) -> String {
        let buddy = entry.buddy
        var parts = [colour.applied(to: Display.safe(buddy.uri))]
        if let nickname = buddy.nickname { parts.append(Display.safeName(nickname)) }
        if let alias = buddy.alias { parts.append("calls itself \(Display.safeName(alias))") }
        if let group = buddy.group { parts.append("in \(Display.safeName(group))") }
        switch entry.policy {
        case .allow: parts.append("[sees you]")
        case .block: parts.append("[blocked]")
        case nil: break
        }
        if let presence = entry.presence { parts.append(PresenceText.state(presence)) }
        return parts.joined(separator: "\t")
    }

    /// What another client has done to the list.
    static func line(_ change: BuddyListChange) -> String {
        func names(_ mark: String, _ buddies: [Buddy]) -> [String] {
            buddies.prefix(shownNames).map {
                mark + ($0.nickname.map(Display.safeName) ?? Display.safe($0.uri))
            }
                + (buddies.count > shownNames ? ["\(mark)\(buddies.count - shownNames) more"] : [])
        }
        let parts = names("+", change.added) + names("-", change.removed) + names("changed ", change.changed)
        return "The buddy list was changed elsewhere: \(parts.joined(separator: ", "))."
    }

    /// How many buddies of a change are named.
    private static let shownNames = 5

    static func line(_ mode: BuddyWatchMode) -> String {
        switch mode {
        case .list(let uri): "Watched by one subscription: the list \(Display.safe(uri)) of the server."
        case .listInRequest(let server):
            "Watched by one subscription: a list that goes with the request to \(Display.safe(server))."
        case .single: "Watched by a subscription for each."
        }
    }

    static func request(_ request: WatcherRequest, time: String, colour: Colour?) -> String {
        let name = request.displayName.map(Display.safeName)?.trimmedName ?? ""
        let claim = name.isEmpty ? "" : " [claims \(name)]"
        return "\(colour.applied(to: Display.safe(request.uri)))\(claim)\tsince \(time)"
    }

    static func state(_ report: DocumentReport) -> String {
        let file = report.file.map(Display.safe) ?? ""
        let version = report.etag.map { "\t\(Display.safe($0))" } ?? ""
        let size = report.size.map { "\t\($0) bytes" } ?? ""
        let path = Display.safe(report.path)
        let first =
            switch report.state {
            case .present: "\(path)\(size)\(version)"
            case .absent: "\(path)\tnone"
            case .pulled: "\(file)\tpulled\(size)"
            case .unchanged: "\(file)\tunchanged"
            case .changed: "\(file)\tchanged here"
            case .written: "\(file.isEmpty ? path : file)\twritten\(size)"
            case .deleted: "\(file.isEmpty ? path : file)\tdeleted from the server"
            case .conflict where report.theirs == nil: "\(file)\tchanged here and on the server"
            case .conflict:
                "\(file)\tin conflict: what the server has is in \(Display.safe(report.theirs ?? ""))"
            case .wouldWrite: "\(file)\twould be written"
            case .wouldDelete: "\(file)\twould be deleted from the server"
            case .wouldConflict: "\(file)\twould be in conflict: the server has changed it too"
            }
        return ([first] + report.difference.map(Display.safe)).joined(separator: "\n")
    }
}

extension JSONMembers {
    mutating func add(_ entry: BuddyEntry) {
        add("uri", entry.buddy.uri)
        add("nickname", entry.buddy.nickname)
        add("alias", entry.buddy.alias)
        add("group", entry.buddy.group)
        add("policy", entry.policy?.rawValue)
        if let presence = entry.presence { add(presence) }
    }

    mutating func add(_ mode: BuddyWatchMode) {
        switch mode {
        case .list(let uri):
            add("mode", "list")
            add("list", uri)
        case .listInRequest(let server):
            add("mode", "list_in_request")
            add("server", server)
        case .single: add("mode", "single")
        }
    }

    mutating func add(_ request: WatcherRequest) {
        add("uri", request.uri)
        add("display_name", request.displayName)
        add("since", request.since.description)
        add("status", request.status)
    }

    mutating func add(_ document: XDMDocument) {
        add("document", document.selector.path)
        add("node", document.node?.description)
        add("etag", document.etag)
        add(body: document.body, contentType: "text/xml")
    }

    mutating func add(_ report: DocumentReport) {
        add("document", report.path)
        add("state", report.state.rawValue)
        add("etag", report.etag)
        add("size", report.size)
        add("file", report.file)
        add("server_file", report.theirs)
        if !report.difference.isEmpty { add("difference", report.difference) }
    }
}
