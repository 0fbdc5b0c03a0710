/// What one subscription to the `reg` event has told so far (RFC 3680 §5.2).
package struct RegistrationTable: Hashable, Sendable {
    /// The version of the document last processed; `nil` before the first.
    package private(set) var version: UInt32?
    package private(set) var registrations: [RegistrationInformation.Registration] = []

    /// How many registrations, and contacts of each, a server can make us hold.
    package static let limit = 256

    package init() {}

    package enum Outcome: Hashable, Sendable {
        case processed
        /// The document is older than what is known.
        case ignored
        /// It was processed, but something before it is missing: the full state is to be asked for.
        case processedWithGap
    }

    /// Takes in a document.
    package mutating func merge(_ document: RegistrationInformation) -> Outcome {
        if let version, document.version < version { return .ignored }
        let isGap =
            if let version { document.version > version && document.version - version > 1 } else { true }
        version = document.version
        if document.isFull { registrations = [] }
        for registration in document.registrations { merge(registration) }
        return isGap && !document.isFull ? .processedWithGap : .processed
    }

    private mutating func merge(_ changed: RegistrationInformation.Registration) {
        guard let index = registrations.firstIndex(where: { $0.id == changed.id }) else {
            guard registrations.count < Self.limit else { return }
            var added = changed
            added.contacts = []
            registrations.append(added)
            return merge(changed)
        }
        registrations[index].state = changed.state
        registrations[index].addressOfRecord = changed.addressOfRecord
        // What has ended was told by the document that ended it and need not be kept (RFC 3680 §5.2).
        registrations[index].contacts.removeAll { $0.state == .terminated }
        for contact in changed.contacts {
            let contacts = registrations[index].contacts
            if let row = contacts.firstIndex(where: { $0.id == contact.id }) {
                registrations[index].contacts[row] = contact
            } else if contacts.count < Self.limit {
                registrations[index].contacts.append(contact)
            }
        }
    }
}
