package import SIP
internal import Wire

/// What a user agent says it can do, by the feature tags of its Contact (RFC 3840 §9), and how the wishes of a caller
/// are held against it (RFC 3841 §7.2.4).
package struct FeatureSet: Hashable, Sendable {
    /// One alternative of a feature.
    package enum Value: Hashable, Sendable {
        case boolean(Bool)
        /// A token or, without its angle brackets, a string; small letters, escapes undone.
        case text(String)
        case number(ClosedRange<Double>)
    }

    /// The alternatives by canonical tag; a tag that simply stands there is TRUE.
    private var features: [String: Set<Value>] = [:]

    /// What a parameter list is read up to; a Contact with more features says nothing more.
    private static let limit = 64

    /// The tags that are written without a plus sign (RFC 3840 §9).
    private static let baseTags: Set<String> = [
        "audio", "automata", "class", "duplex", "data", "control", "mobility", "description", "events",
        "priority", "methods", "schemes", "application", "video", "language", "type", "isfocus", "actor",
        "text", "extensions",
    ]

    /// Reads the features among the parameters of a header field; `expires`, `q` and the like are none.
    package init(_ parameters: Parameters) {
        for element in parameters {
            let name = Self.canonical(tag: element.name)
            // `+sip.instance` names the device and says nothing of what it can do (RFC 5626 §4.1).
            guard name.hasPrefix("+") || Self.baseTags.contains(name), name != "+sip.instance",
                features.count < Self.limit
            else { continue }
            features[name] = Self.values(element.value, of: name)
        }
    }

    package var isEmpty: Bool { features.isEmpty }

    /// Whether the feature is there, and has the value if one is asked for.
    package func contains(_ tag: String, _ value: String? = nil) -> Bool {
        guard let values = features[Self.canonical(tag: ByteString(tag))] else { return false }
        guard let value else { return values != [.boolean(false)] }
        return values.contains(.text(Self.canonical(value: value)))
    }

    /// The features in a readable form, sorted: `+g.oma.sip-im`, `+g.3gpp.iari-ref=urn:urn-7:…`.
    package var descriptions: [String] {
        features.map { name, values in
            let shown = values.map(\.description).sorted().joined(separator: ",")
            return values == [.boolean(true)] ? name : "\(name)=\(shown)"
        }.sorted()
    }
}

// MARK: - Reading

extension FeatureSet {
    /// The tag in small letters, escapes undone, in the spelling of the standard: early clients wrote
    /// `+g.3gpp.app_ref` for what became `+g.3gpp.iari-ref` (3GPP TS 24.229 §7.2A.9).
    private static func canonical(tag: ByteString) -> String {
        let name = tag.percentDecoded.lowercased.text
        return switch name {
        case "+g.3gpp.app_ref", "+g.3gpp.app-ref", "+g.3gpp.iari_ref": "+g.3gpp.iari-ref"
        case "+g.3gpp.icsi_ref": "+g.3gpp.icsi-ref"
        default: name
        }
    }

    /// A value in small letters, escapes undone; identifiers of services in the spelling of the standard.
    private static func canonical(value: String) -> String {
        let text = ByteString(value).percentDecoded.lowercased.text
        return ServiceIdentifier(text)?.text ?? text
    }

    private static func values(_ value: ByteString?, of tag: String) -> Set<Value> {
        guard let value, !value.isEmpty else { return [.boolean(true)] }
        let alternatives = value.text.split(separator: ",", omittingEmptySubsequences: true)
        return Set(alternatives.prefix(limit).map { self.value(of: $0) })
    }

    private static func value(of text: Substring) -> Value {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        if text.hasPrefix("#"), let range = range(text.dropFirst()) { return .number(range) }
        if text.hasPrefix("<"), text.hasSuffix(">") { text = text.dropFirst().dropLast() }
        return switch text.lowercased() {
        case "true": .boolean(true)
        case "false", "!true": .boolean(false)
        default: .text(canonical(value: String(text)))
        }
    }

    /// `=5`, `>=5`, `<=5` or `1:5` (RFC 3840 §9).
    private static func range(_ text: Substring) -> ClosedRange<Double>? {
        if text.hasPrefix(">=") { return Double(text.dropFirst(2)).map { $0...Double.infinity } }
        if text.hasPrefix("<=") { return Double(text.dropFirst(2)).map { -Double.infinity...$0 } }
        if text.hasPrefix("=") { return Double(text.dropFirst()).map { $0...$0 } }
        let ends = text.split(separator: ":").compactMap { Double($0) }
        guard ends.count == 2, ends[0] <= ends[1] else { return nil }
        return ends[0]...ends[1]
    }
}

// MARK: - Matching

extension FeatureSet {
    /// Whether a request with these wishes may reach a contact with these features (RFC 3841 §6, §7.2.4).
    ///
    /// A contact that says nothing of itself is immune: it is reached whatever is asked for.
    package func isReachable(accepting: [AcceptContact], rejecting: [RejectContact] = []) -> Bool {
        guard !isEmpty else { return true }
        for wish in rejecting {
            let unwanted = FeatureSet(wish.parameters)
            let isKnown = unwanted.features.keys.allSatisfy { features[$0] != nil }
            if isKnown, !unwanted.isEmpty, fits(unwanted, isExplicit: true) { return false }
        }
        return accepting.allSatisfy { wish in
            !wish.isRequired || fits(FeatureSet(wish.parameters), isExplicit: wish.isExplicit)
        }
    }

    /// Whether this contact has the features a wish names; what it does not speak of may be there unless `isExplicit`.
    private func fits(_ wish: FeatureSet, isExplicit: Bool) -> Bool {
        wish.features.allSatisfy { name, wanted in
            guard let values = features[name] else { return !isExplicit }
            return wanted.contains { value in values.contains { $0.overlaps(value) } }
        }
    }
}

extension FeatureSet.Value: CustomStringConvertible {
    fileprivate func overlaps(_ other: Self) -> Bool {
        switch (self, other) {
        case (.number(let left), .number(let right)): left.overlaps(right)
        default: self == other
        }
    }

    package var description: String {
        switch self {
        case .boolean(let value): value ? "true" : "false"
        case .text(let text): text
        case .number(let range): "\(range.lowerBound):\(range.upperBound)"
        }
    }
}
