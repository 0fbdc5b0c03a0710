package import Wire

/// What an operator provisions for instant messaging (OMA SIMPLE IM TS appendix G), as a DM tree or an AC document.
package struct Provisioning: Hashable, Sendable {
    /// What the server publishes of the user's presence by itself, the bits b1 to b8 with b8 the lowest.
    package var presenceServerCapabilities: UInt8?
    package var conferenceFactory: String?
    package var maximumGroupSize: Int?

    package init(
        presenceServerCapabilities: UInt8? = nil,
        conferenceFactory: String? = nil,
        maximumGroupSize: Int? = nil
    ) {
        self.presenceServerCapabilities = presenceServerCapabilities
        self.conferenceFactory = conferenceFactory
        self.maximumGroupSize = maximumGroupSize
    }

    package var isEmpty: Bool { self == Provisioning() }

    /// The bit of PRES-SRV-CAP that says the server publishes availability: b4.
    package static let availabilityBit: UInt8 = 0x10

    /// The sizes of a group that are believed.
    package static let groupSizes = 1...1_000_000

    enum Limits {
        static let byteCount = 256 * 1024
    }
}

extension Provisioning {
    /// Reads a document of either kind; what is not known is left out, wherever it stands.
    package init(parsing body: ByteString) throws(DocumentError) {
        let root = try XMLReader.document(body, byteLimit: Limits.byteCount)
        guard ["MgmtTree", "Node", "wap-provisioningdoc", "characteristic"].contains(root.name.local) else {
            throw .invalid(element: root.name.local)
        }
        self.init()
        for element in root.descendants { read(element) }
    }

    private mutating func read(_ element: XMLElement) {
        switch element.name.local {
        // A leaf of a DM tree: its name and its value beside each other.
        case "Node":
            guard let name = element.text(of: "NodeName"), let value = element.text(of: "Value") else {
                return
            }
            take(name, value)
        // A parameter of an AC document by its own name, or as the only one of its characteristic.
        case "parm":
            if let name = element.attribute("name"), let value = element.attribute("value") {
                take(name, value)
            }
        case "characteristic":
            let type = element.attribute("type")?.split(separator: "/").last.map(String.init)
            let values = element.children.filter { $0.name.local == "parm" }
            if let type, values.count == 1, let value = values[0].attribute("value") { take(type, value) }
        default: break
        }
    }

    private mutating func take(_ name: String, _ value: String) {
        let value = ByteString(value).trimmed.text
        switch name.lowercased().filter({ $0.isLetter }) {
        case "pressrvcap":
            if let bits = Self.bits(value) { presenceServerCapabilities = bits }
        case "conferencefactoryuri", "conffactoryuri", "conffcty":
            if !value.isEmpty { conferenceFactory = value }
        case "maxadhocgroupsize":
            if let size = Int(value), Self.groupSizes.contains(size) { maximumGroupSize = size }
        default: break
        }
    }

    /// Reads eight binary digits, or one for the only bit that has a meaning.
    private static func bits(_ text: String) -> UInt8? {
        switch text {
        case "0": 0
        case "1": availabilityBit
        case _ where text.utf8.count == 8: UInt8(text, radix: 2)
        // A node of format `bin` has its one byte in Base64.
        case _ where text.hasSuffix("="): Base64.decode(text).flatMap { $0.count == 1 ? $0[0] : nil }
        default: nil
        }
    }
}

extension XMLElement {
    /// This element and all in it, in the order of the document.
    fileprivate var descendants: [XMLElement] { [self] + children.flatMap(\.descendants) }

    fileprivate func text(of child: String) -> String? {
        children.first { $0.name.local == child }?.trimmedText
    }
}
