package import Documents
import Wire

/// The application usages this program knows: what their documents are called, and how one is checked.
package enum XDMUsage {
    /// The documents that a user may have, by the usage they belong to (RFC 4826 §3.4, §4.4; RFC 5025 §9; RFC 4827 §5).
    package static let known = [
        ResourceLists.usage, RLSServices.usage, PresenceRules.usage, PresenceRules.omaUsage,
        "pidf-manipulation",
    ]

    /// The media type of the documents of a usage; `nil` for one this program does not know.
    package static func mediaType(of usage: String) -> String? {
        switch usage {
        case ResourceLists.usage: ResourceLists.mediaType
        case RLSServices.usage: RLSServices.mediaType
        case PresenceRules.usage, PresenceRules.omaUsage: PresenceRules.mediaType
        case XCAPCapabilities.selector.usage: XCAPCapabilities.mediaType
        case "pidf-manipulation": "application/pidf+xml"
        default: nil
        }
    }

    /// Finds the document that a user means.
    ///
    /// - Parameters:
    ///   - text: A usage, a usage and the name of one of the user's documents, or a whole path below the root.
    ///   - user: The identity whose documents are meant.
    /// - Returns: The document, or `nil` if the text names none.
    package static func document(_ text: String, of user: String) -> XCAPDocumentSelector? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let usage = parts.first, !parts.contains(where: { ["", ".", "..", "~~"].contains($0) }) else {
            return nil
        }
        switch parts.count {
        case 1 where usage == XCAPCapabilities.selector.usage: return XCAPCapabilities.selector
        case 1:
            let name = usage == PresenceRules.omaUsage ? PresenceRules.omaDocument : "index"
            return XCAPDocumentSelector(usage: usage, user: user, name: name)
        case 2: return XCAPDocumentSelector(usage: usage, user: user, name: parts[1])
        default: return XCAPDocumentSelector(path: text)
        }
    }

    /// Checks that bytes are a document of a usage, so that a mistake is found before the server is asked.
    package static func check(_ body: [UInt8], of document: XCAPDocumentSelector) throws(XDMError) {
        do throws(DocumentError) {
            let bytes = ByteString(body)
            switch document.usage {
            case ResourceLists.usage: _ = try ResourceLists(parsing: bytes)
            case RLSServices.usage: _ = try RLSServices(parsing: bytes)
            case PresenceRules.usage, PresenceRules.omaUsage: _ = try PresenceRules(parsing: bytes)
            default:
                var limits = XMLLimits()
                limits.byteCount = XDMLimits.documentSize
                do throws(XMLError) { _ = try XMLReader.read(body, limits: limits) } catch {
                    throw .xml(error)
                }
            }
        } catch {
            throw .malformed(document: document.path, detail: error.wording)
        }
    }
}

extension DocumentError {
    /// What is wrong with a document, as a part of a sentence.
    var wording: String {
        switch self {
        case .invalid(let element): "its element \(element) is not what the document type demands"
        case .xml(.notWellFormed(let line)): "line \(line) is no well-formed XML"
        case .xml(.documentTypeRefused): "it has a DOCTYPE"
        case .xml(.tooLarge), .xml(.tooManyNodes): "it is too large"
        case .xml(.tooDeep): "it is nested too deep"
        case .xml(.noLibrary): "libxml2 is not installed"
        }
    }
}
