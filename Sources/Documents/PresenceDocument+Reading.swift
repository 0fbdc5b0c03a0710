package import Wire

extension PresenceDocument {
    /// Reads a document, by itself or as the whole of a partial one (RFC 5262 §3.1).
    ///
    /// What is not known, or wrong in an optional element, is left out.
    package init(parsing body: ByteString) throws(DocumentError) {
        try self.init(XMLReader.document(body, byteLimit: Limits.byteCount))
    }

    /// Reads the tree of a document.
    package init(_ root: XMLElement) throws(DocumentError) {
        let isFull = root.name == XMLName("pidf-full", in: PartialPresence.namespace)
        let isPresence =
            root.name.local == "presence"
            && (root.name.namespace == PresenceNamespace.pidf || root.name.namespace == nil)
        guard isFull || isPresence, let entity = root.attribute("entity"), !entity.isEmpty else {
            throw .invalid(element: root.name.local)
        }
        self.init(entity: entity.clipped)
        let namespace = isFull ? PresenceNamespace.pidf : root.name.namespace
        for child in root.children {
            switch (child.name.local, child.name.namespace) {
            case ("tuple", namespace):
                if tuples.count < Limits.tuples { tuples.append(Tuple(child)) }
            case ("note", namespace), ("note", PresenceNamespace.dataModel):
                notes.append(child)
            case ("person", PresenceNamespace.dataModel), ("person", .some(rpid)):
                if persons.count < Limits.persons { persons.append(Person(child)) }
            case ("device", PresenceNamespace.dataModel):
                guard devices.count < Limits.devices, let device = Device(child) else { continue }
                devices.append(device)
            default: continue
            }
        }
    }
}

/// Matches the namespace of RPID and those of its drafts.
private struct RPIDNamespace {
    static func ~= (pattern: RPIDNamespace, namespace: String) -> Bool {
        namespace.hasPrefix(PresenceNamespace.rpid)
    }
}

private let rpid = RPIDNamespace()

extension PresenceDocument.Tuple {
    fileprivate init(_ element: XMLElement) {
        self.init(id: element.attribute("id")?.clipped ?? "")
        for child in element.children {
            switch (child.name.local, child.name.namespace) {
            case ("status", _): read(status: child)
            case ("contact", _): read(contact: child)
            case ("note", _): notes.append(child)
            case ("timestamp", _): timestamp = Timestamp(parsing: child.trimmedText)
            case ("deviceID", PresenceNamespace.dataModel):
                if deviceIDs.count < PresenceDocument.Limits.listed { deviceIDs.append(child.clippedText) }
            // Beside the status as OMA's schema has it, or within it as OMA SIMPLE IM TS §8.4.2 draws it.
            case ("willingness", _): read(willingness: child)
            case ("service-description", _): service = PresenceDocument.Service(child)
            case (_, PresenceNamespace.cipid): information.read(child)
            default: continue
            }
        }
    }

    private mutating func read(status: XMLElement) {
        for child in status.children {
            switch child.name.local {
            case "basic" where child.name.namespace == status.name.namespace:
                basic = PresenceDocument.Basic(child)
            case "willingness": read(willingness: child)
            default: continue
            }
        }
    }

    private mutating func read(willingness element: XMLElement) {
        let basic = element.children.first { $0.name.local == "basic" }
        willingness = PresenceDocument.Basic(basic ?? element) ?? willingness
    }

    private mutating func read(contact element: XMLElement) {
        let uri = element.clippedText
        contact = uri.isEmpty ? nil : uri
        priority = element.attribute("priority").flatMap(Self.priority)
    }

    /// Reads a `qvalue`: up to three digits behind the point (RFC 3863 §4.1.5).
    private static func priority(_ text: String) -> Int? {
        var digits = text.utf8.makeIterator()
        guard let whole = digits.next().flatMap(digit), whole < 2, (digits.next() ?? point) == point else {
            return nil
        }
        var thousandths = 0
        for place in [100, 10, 1] {
            guard let byte = digits.next() else { break }
            guard let value = digit(byte) else { return nil }
            thousandths += value * place
        }
        return min(1000, whole * 1000 + thousandths)
    }

    private static let point = UInt8(ascii: ".")

    private static func digit(_ byte: UInt8) -> Int? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
    }
}

extension PresenceDocument.Basic {
    /// Senders do not agree on the case of the letters.
    fileprivate init?(_ element: XMLElement) { self.init(rawValue: element.clippedText.lowercased()) }
}

extension PresenceDocument.Service {
    fileprivate init?(_ element: XMLElement) {
        let child = { (name: String) in element.children.first { $0.name.local == name }?.clippedText }
        guard let id = child("service-id"), !id.isEmpty else { return nil }
        self.init(id: id, version: child("version") ?? "")
    }
}

extension PresenceDocument.Person {
    fileprivate init(_ element: XMLElement) {
        self.init(id: element.attribute("id")?.clipped ?? "")
        for child in element.children {
            switch (child.name.local, child.name.namespace) {
            case ("activities", .some(rpid)): activities = PresenceDocument.Characteristic(child)
            case ("mood", .some(rpid)): mood = PresenceDocument.Characteristic(child)
            case ("place-type", .some(rpid)): placeType = PresenceDocument.Characteristic(child)
            case ("sphere", .some(rpid)):
                sphere = child.children.first?.name.local.clipped ?? child.clippedText
            case ("status-icon", .some(rpid)): statusIcon = child.clippedText
            case ("time-offset", .some(rpid)): timeOffset = Int(child.trimmedText)
            case ("user-input", .some(rpid)): userInput = PresenceDocument.UserInput(child)
            case (_, PresenceNamespace.cipid): information.read(child)
            case ("note", _): notes.append(child)
            case ("timestamp", _): timestamp = Timestamp(parsing: child.trimmedText)
            default: continue
            }
        }
    }
}

extension PresenceDocument.Device {
    fileprivate init?(_ element: XMLElement) {
        let identifier = XMLName("deviceID", in: PresenceNamespace.dataModel)
        self.init(
            id: element.attribute("id")?.clipped ?? "",
            deviceID: element.firstChild(identifier)?.clippedText ?? ""
        )
        for child in element.children {
            switch (child.name.local, child.name.namespace) {
            case ("user-input", .some(rpid)): userInput = PresenceDocument.UserInput(child)
            case ("note", _): notes.append(child)
            case ("timestamp", _): timestamp = Timestamp(parsing: child.trimmedText)
            default: continue
            }
        }
    }
}

extension PresenceDocument.Characteristic {
    fileprivate init(_ element: XMLElement) {
        self.init([])
        for child in element.children {
            switch child.name.local {
            case "note": notes.append(child)
            case "other" where !child.trimmedText.isEmpty: other = child.clippedText
            default:
                if names.count < PresenceDocument.Limits.listed { names.append(child.name.local.clipped) }
            }
        }
    }
}

extension PresenceDocument.UserInput {
    fileprivate init(_ element: XMLElement) {
        self.init(
            isIdle: element.trimmedText == "idle",
            lastInput: element.attribute("last-input").flatMap { Timestamp(parsing: $0) }
        )
    }
}

extension PresenceDocument.ContactInformation {
    fileprivate mutating func read(_ element: XMLElement) {
        let text = element.clippedText
        switch element.name.local {
        case "card": card = text
        case "display-name": displayName = text
        case "homepage": homepage = text
        case "icon": icon = text
        case "map": map = text
        case "sound": sound = text
        default: break
        }
    }
}

extension [PresenceDocument.Note] {
    fileprivate mutating func append(_ element: XMLElement) {
        guard count < PresenceDocument.Limits.listed else { return }
        let text = element.clippedText
        guard !text.isEmpty else { return }
        let language = element.attributes.first { $0.name == XMLName("lang", in: PresenceNamespace.xml) }
        append(PresenceDocument.Note(text, language: language?.value.clipped))
    }
}

extension XMLElement {
    fileprivate var clippedText: String { trimmedText.clipped }
}

extension String {
    /// As much of the text as is kept.
    fileprivate var clipped: String {
        // Fewer bytes are fewer characters.
        utf8.count <= PresenceDocument.Limits.text ? self : String(prefix(PresenceDocument.Limits.text))
    }
}
