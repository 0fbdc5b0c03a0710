package import Wire

/// What is told of somebody who can be watched, `application/pidf+xml` (RFC 3863, with the data model of RFC 4479).
///
/// It holds what this program reads and writes of RPID (RFC 4480), of CIPID (RFC 4482) and of the elements of OMA;
/// what else a document may hold is left out.
package struct PresenceDocument: Hashable, Sendable {
    /// Whom it is about: a `pres:` or SIP URI.
    package var entity: String
    package var tuples: [Tuple]
    /// The notes about the presentity as a whole.
    package var notes: [Note]
    package var persons: [Person]
    package var devices: [Device]

    package init(
        entity: String,
        tuples: [Tuple] = [],
        notes: [Note] = [],
        persons: [Person] = [],
        devices: [Device] = []
    ) {
        self.entity = entity
        self.tuples = tuples
        self.notes = notes
        self.persons = persons
        self.devices = devices
    }

    package static let mediaType = "application/pidf+xml"

    package enum Basic: String, Hashable, Sendable { case open, closed }

    /// A remark for people, in the language it names.
    package struct Note: Hashable, Sendable {
        package var text: String
        package var language: String?

        package init(_ text: String, language: String? = nil) {
            (self.text, self.language) = (text, language)
        }
    }

    /// One way to reach the presentity: in the data model a service (RFC 4479 §3.2).
    package struct Tuple: Hashable, Sendable {
        package var id: String
        /// Whether messages are taken there; for a service of OMA its availability.
        package var basic: Basic?
        /// Whether the user wants to be reached there (OMA SIMPLE IM TS §8.4.2).
        package var willingness: Basic?
        package var service: Service?
        package var contact: String?
        /// How much the contact is preferred, in thousandths from 0 to 1000.
        package var priority: Int?
        package var deviceIDs: [String] = []
        package var information = ContactInformation()
        package var notes: [Note] = []
        package var timestamp: Timestamp?

        package init(id: String, basic: Basic? = nil) { (self.id, self.basic) = (id, basic) }
    }

    /// The `service-description` of OMA: which service a tuple is about.
    package struct Service: Hashable, Sendable {
        package var id: String
        package var version: String

        package init(id: String, version: String = "1.0") { (self.id, self.version) = (id, version) }

        /// The service-id that OMA SIMPLE IM TS §8.7 registers.
        package static let instantMessaging = "org.openmobilealliance:IM"
        /// The one that §8.4.2 draws for willingness.
        package static let instantMessagingSession = "org.openmobilealliance:IM-session"

        /// Whether it is instant messaging, by whichever of the service-ids that peers use.
        package var isInstantMessaging: Bool {
            let name = id.lowercased()
            return name == "org.openmobilealliance:im" || name.hasPrefix("org.openmobilealliance:im-")
        }
    }

    /// The human being (RFC 4479 §3.4).
    package struct Person: Hashable, Sendable {
        package var id: String
        package var activities: Characteristic?
        package var mood: Characteristic?
        package var placeType: Characteristic?
        package var sphere: String?
        package var statusIcon: String?
        /// How many minutes the local time is ahead of UTC.
        package var timeOffset: Int?
        package var userInput: UserInput?
        package var information = ContactInformation()
        package var notes: [Note] = []
        package var timestamp: Timestamp?

        package init(id: String) { self.id = id }
    }

    /// An apparatus that services run on (RFC 4479 §3.3).
    package struct Device: Hashable, Sendable {
        package var id: String
        package var deviceID: String
        package var userInput: UserInput?
        package var notes: [Note] = []
        package var timestamp: Timestamp?

        package init(id: String, deviceID: String) { (self.id, self.deviceID) = (id, deviceID) }
    }

    /// An element of RPID that chooses among names: activities, mood, type of place (RFC 4480 §3).
    package struct Characteristic: Hashable, Sendable {
        /// The names chosen, `on-the-phone` for example, those of other standards among them.
        package var names: [String]
        /// What the sender says where no name fits.
        package var other: String?
        package var notes: [Note] = []

        package init(_ names: [String], other: String? = nil) { (self.names, self.other) = (names, other) }
    }

    /// Whether somebody is at the keys (RFC 4480 §3.14).
    package struct UserInput: Hashable, Sendable {
        package var isIdle: Bool
        package var lastInput: Timestamp?

        package init(isIdle: Bool, lastInput: Timestamp? = nil) {
            (self.isIdle, self.lastInput) = (isIdle, lastInput)
        }
    }

    /// Where to learn more about somebody, and what they call themselves (RFC 4482).
    package struct ContactInformation: Hashable, Sendable {
        package var card: String?
        package var displayName: String?
        package var homepage: String?
        package var icon: String?
        package var map: String?
        package var sound: String?

        package init(displayName: String? = nil) { self.displayName = displayName }
    }

    /// What a peer can make us hold with one document: what is beyond is left out, a text is cut.
    package enum Limits {
        package static let byteCount = 256 * 1024
        package static let tuples = 64
        package static let persons = 16
        package static let devices = 32
        /// Of the notes of one element, the names of one characteristic and the devices of one tuple.
        package static let listed = 16
        /// The characters of one text or URI.
        package static let text = 1024
    }
}

/// The namespaces of presence documents.
enum PresenceNamespace {
    static let pidf = "urn:ietf:params:xml:ns:pidf"
    static let dataModel = "urn:ietf:params:xml:ns:pidf:data-model"
    /// Earlier drafts put more behind it.
    static let rpid = "urn:ietf:params:xml:ns:pidf:rpid"
    static let cipid = "urn:ietf:params:xml:ns:pidf:cipid"
    static let locationType = "urn:ietf:params:xml:ns:location-type"
    static let oma = "urn:oma:xml:prs:pidf:oma-pres"
    static let xml = "http://www.w3.org/XML/1998/namespace"
}
