import Wire

extension PresenceDocument {
    /// The document in XML.
    package func serialized() -> [UInt8] {
        var writer = XMLWriter()
        writer.element(
            "presence",
            [
                "xmlns": PresenceNamespace.pidf,
                "xmlns:dm": usesDataModel ? PresenceNamespace.dataModel : nil,
                "xmlns:rpid": usesRPID ? PresenceNamespace.rpid : nil,
                "xmlns:c": usesCIPID ? PresenceNamespace.cipid : nil,
                "xmlns:op": usesOMA ? PresenceNamespace.oma : nil,
                "xmlns:lt": persons.contains { $0.placeType != nil } ? PresenceNamespace.locationType : nil,
                "entity": entity,
            ]
        ) { writer in
            for tuple in tuples { tuple.write(to: &writer) }
            writer.write(notes)
            for person in persons { person.write(to: &writer) }
            for device in devices { device.write(to: &writer) }
        }
        return writer.bytes
    }

    // What is declared without need may be what makes a document too large for a datagram.

    private var usesDataModel: Bool {
        !persons.isEmpty || !devices.isEmpty || tuples.contains { !$0.deviceIDs.isEmpty }
    }

    private var usesRPID: Bool {
        devices.contains { $0.userInput != nil }
            || persons.contains { person in
                person.activities != nil || person.mood != nil || person.placeType != nil
                    || person.sphere != nil || person.statusIcon != nil || person.timeOffset != nil
                    || person.userInput != nil
            }
    }

    private var usesCIPID: Bool {
        (tuples.map(\.information) + persons.map(\.information)).contains { $0 != ContactInformation() }
    }

    private var usesOMA: Bool { tuples.contains { $0.willingness != nil || $0.service != nil } }
}

extension PresenceDocument.Tuple {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.element("tuple", ["id": id]) { writer in
            writer.element("status") { writer in writer.write("basic", basic?.rawValue) }
            if let willingness {
                writer.element("op:willingness") { $0.write("op:basic", willingness.rawValue) }
            }
            if let service {
                writer.element("op:service-description") { writer in
                    writer.write("op:service-id", service.id)
                    writer.write("op:version", service.version)
                }
            }
            for device in deviceIDs { writer.write("dm:deviceID", device) }
            information.write(to: &writer)
            if let contact {
                writer.element("contact", ["priority": priority.map(Self.text)]) { $0.text(contact) }
            }
            writer.write(notes)
            writer.write("timestamp", timestamp?.description)
        }
    }

    /// A priority as a `qvalue`.
    private static func text(_ priority: Int) -> String {
        guard priority < 1000 else { return "1.0" }
        let digits = String(max(0, priority))
        return "0." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}

extension PresenceDocument.Person {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.element("dm:person", ["id": id]) { writer in
            writer.write("rpid:activities", activities)
            writer.write("rpid:mood", mood)
            // Its names are those of RFC 4589, which are in no namespace of RPID.
            writer.write("rpid:place-type", placeType, prefix: "lt")
            if let sphere, Self.spheres.contains(sphere) {
                writer.element("rpid:sphere") { $0.element("rpid:\(sphere)") }
            }
            writer.write("rpid:status-icon", statusIcon)
            writer.write("rpid:time-offset", timeOffset.map(String.init))
            writer.write(userInput)
            information.write(to: &writer)
            writer.write(notes, as: "dm:note")
            writer.write("dm:timestamp", timestamp?.description)
        }
    }

    /// The spheres that have a name (RFC 4480 §3.9).
    private static let spheres = ["home", "work", "unknown"]
}

extension PresenceDocument.Device {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.element("dm:device", ["id": id]) { writer in
            writer.write(userInput)
            writer.write("dm:deviceID", deviceID)
            writer.write(notes, as: "dm:note")
            writer.write("dm:timestamp", timestamp?.description)
        }
    }
}

extension PresenceDocument.ContactInformation {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.write("c:card", card)
        writer.write("c:display-name", displayName)
        writer.write("c:homepage", homepage)
        writer.write("c:icon", icon)
        writer.write("c:map", map)
        writer.write("c:sound", sound)
    }
}

extension XMLWriter {
    /// Writes an element with a text, if there is one.
    fileprivate mutating func write(_ name: String, _ text: String?) {
        if let text { element(name) { $0.text(text) } }
    }

    fileprivate mutating func write(_ notes: [PresenceDocument.Note], as name: String = "note") {
        for note in notes { element(name, ["xml:lang": note.language]) { $0.text(note.text) } }
    }

    fileprivate mutating func write(_ input: PresenceDocument.UserInput?) {
        guard let input else { return }
        element("rpid:user-input", ["last-input": input.lastInput?.description]) { writer in
            writer.text(input.isIdle ? "idle" : "active")
        }
    }

    /// Writes a characteristic; its names must be among those RPID has.
    fileprivate mutating func write(
        _ name: String,
        _ characteristic: PresenceDocument.Characteristic?,
        prefix: String = "rpid"
    ) {
        guard let characteristic, !characteristic.names.isEmpty || characteristic.other != nil else { return }
        element(name) { writer in
            writer.write(characteristic.notes, as: "rpid:note")
            for name in characteristic.names where name.allSatisfy(\.isNameCharacter) {
                writer.element("\(prefix):\(name)")
            }
            writer.write("rpid:other", characteristic.other)
        }
    }
}

extension Character {
    /// Whether it may stand in a name of RPID.
    fileprivate var isNameCharacter: Bool { isASCII && (isLetter || self == "-" || self == "_") }
}
