import Wire

// What several commands take in the same way.
extension Parameter {
    /// The peer a command is about.
    ///
    /// - Parameter role: What is done with the peer, as `Whom to invite`.
    /// - Returns: The parameter, which is called `uri` everywhere.
    static func peer(_ role: String) -> Parameter {
        Parameter(name: "uri", kind: .contact, help: "\(role): a sip:, sips: or tel: URI")
    }
}

extension Option {
    /// The media type of what a command sends.
    static func contentType(_ help: String) -> Option {
        Option(name: "content-type", value: .required("TYPE", .text), help: help)
    }
}

extension Arguments {
    /// What `--content-type` says; `nil` if it is not given.
    ///
    /// - Parameter example: A type to name to whoever has named none.
    /// - Returns: The type, as it was written.
    /// - Throws: `UsageError` if it is not a media type.
    func contentType(suchAs example: String) throws(UsageError) -> String? {
        guard let type = option("content-type") else { return nil }
        guard MediaType(type) == nil else { return type }
        throw .badValue(of: "--content-type", value: type, expected: "a type such as \(example)")
    }
}
