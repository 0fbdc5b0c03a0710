import Engine

/// What somebody's client can do, in lines for people.
enum CapabilityText {
    static func lines(_ capabilities: Capabilities) -> String {
        let services = capabilities.services.map(\.wording)
        var lines = [
            ("uri", [capabilities.uri]),
            ("identity", capabilities.identities),
            (
                "services",
                [services.isEmpty ? "none that this program knows" : services.joined(separator: ", ")]
            ),
            ("features", capabilities.features),
            ("methods", [capabilities.methods.joined(separator: ", ")]),
            ("accepts", [capabilities.accepted.joined(separator: ", ")]),
            ("contact", [capabilities.contact ?? ""]),
            ("client", [capabilities.userAgent ?? ""]),
        ]
        if capabilities.isRemembered { lines.append(("note", ["remembered; --refresh asks again"])) }
        return lines.flatMap { name, values in
            values.filter { !$0.isEmpty }.map { "\(name):".padded(to: 12) + Display.safe($0) }
        }.joined(separator: "\n")
    }
}

extension Capabilities.Service {
    fileprivate var wording: String {
        switch self {
        case .messaging: "messages and chats"
        case .imageShare: "image share"
        }
    }
}

extension String {
    /// The text with blanks behind it up to `width` characters.
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
