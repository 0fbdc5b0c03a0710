import SIP
package import Wire

// Questions what others can do.
extension Core {
    /// Asks somebody's user agent what it can do; the registration must stand.
    ///
    /// - Parameters:
    ///   - query: Whom to ask, and as whom.
    ///   - session: A session with them, in whose dialog to ask; `nil` to ask outside.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    /// - Returns: The question, or `nil` without a registration.
    package mutating func ask(
        _ query: CapabilityQuery,
        in session: MessageSession.ID? = nil,
        at now: Instant,
        into effects: inout [Effect]
    ) -> CapabilityQuery.ID? {
        guard registration.isRegistered else { return nil }
        lastNumber += 1
        let id = CapabilityQuery.ID(number: lastNumber)
        let contact = screening.capabilities.contact
        if let session, var request = sessions[session]?.invite.makeCapabilityQuery() {
            CapabilityQuery.complete(&request, contact: contact)
            send(request, for: .capabilities(id), at: now, into: &effects)
        } else {
            let request = query.request(
                from: query.identity ?? usableIdentity,
                displayName: configuration.registration.displayName,
                contact: contact,
                tag: identifiers.tag()
            )
            send(request, for: .capabilities(id), at: now, into: &effects)
        }
        return id
    }
}
