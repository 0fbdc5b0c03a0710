package import Documents
import SIP
package import Wire

// Presence: what is published, and what is watched.
extension Core {
    /// Publishes a document as the state of the registered identity, or replaces the one that is published.
    ///
    /// - Parameters:
    ///   - document: Its `entity` is the identity it is published for.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    package mutating func publish(_ document: PresenceDocument, at now: Instant, into effects: inout [Effect])
    {
        let content = Publication.Content(
            identity: document.entity,
            contentType: PresenceDocument.mediaType,
            body: ByteString(document.serialized())
        )
        stepPublication(at: now, into: &effects) { publication, steps in
            publication.publish(content, at: now, into: &steps)
        }
    }

    /// Takes back what is published; `removed` follows.
    package mutating func unpublish(at now: Instant, into effects: inout [Effect]) {
        stepPublication(at: now, into: &effects) { publication, steps in
            publication.remove(at: now, into: &steps)
        }
    }

    /// Whether the server may hold something that was published.
    package var isPublished: Bool { publication.isPublished || publication.isBusy }

    /// The tag of what is published, for the next run to go on with.
    package var publishedEntityTag: ByteString? { publication.entityTag }

    /// Begins a watch; the registration must stand.
    ///
    /// - Parameters:
    ///   - subject: What to watch.
    ///   - isOnce: Whether only the state as it is now is wanted (RFC 6665 §4.4.3).
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    /// - Returns: The watch, or `nil` without a registration or with too many watches.
    package mutating func watch(
        _ subject: PresenceWatch.Subject,
        once isOnce: Bool = false,
        at now: Instant,
        into effects: inout [Effect]
    ) -> PresenceWatch.ID? {
        guard watches.count < Limits.watches, registration.isRegistered,
            let request = request(for: subject, once: isOnce)
        else { return nil }
        lastNumber += 1
        let id = PresenceWatch.ID(number: lastNumber)
        let subscription = Subscription(
            request,
            timers: configuration.timers,
            identifiers: identifiers.makeSource()
        )
        watches[id] = Boxed(PresenceWatch(subject, subscription))
        stepPresence(id, at: now, into: &effects) { watch, steps in watch.subscribe(at: now, into: &steps) }
        return id
    }

    /// Ends a watch; its end follows as a report.
    package mutating func unwatch(_ id: PresenceWatch.ID, at now: Instant, into effects: inout [Effect]) {
        stepPresence(id, at: now, into: &effects) { watch, steps in watch.unsubscribe(at: now, into: &steps) }
    }

    /// Asks for the whole state of what is watched, because it may have changed in a way that is not told.
    package mutating func refreshWatch(_ id: PresenceWatch.ID, at now: Instant, into effects: inout [Effect])
    {
        stepPresence(id, at: now, into: &effects) { watch, steps in
            watch.requestFullState(at: now, into: &steps)
        }
    }

    /// Goes on with everything over the flow of a new registration.
    mutating func renewPresence(at now: Instant, into effects: inout [Effect]) {
        guard let contact = registration.contact.map({ "<\($0.text)>" }), contact != presenceContact else {
            return
        }
        let isFirst = presenceContact == nil
        presenceContact = contact
        guard !isFirst else { return }
        stepPublication(at: now, into: &effects) { publication, steps in
            publication.renew(at: now, into: &steps)
        }
        for id in Array(watches.keys) {
            guard var request = watches[id]?.value.subscription.request else { continue }
            request.contact = contact
            watches[id]?.value.begin()
            stepPresence(id, at: now, into: &effects) { watch, steps in
                watch.resubscribe(request, at: now, into: &steps)
            }
        }
    }

    /// Ends every watch without waiting for what comes of it, before the registration ends.
    mutating func endWatches(at now: Instant, into effects: inout [Effect]) {
        for id in Array(watches.keys) { unwatch(id, at: now, into: &effects) }
    }

    // MARK: - What is asked for

    private func request(for subject: PresenceWatch.Subject, once isOnce: Bool) -> SubscriptionRequest? {
        guard let contact = registration.contact else { return nil }
        let presence = [PresenceDocument.mediaType, PartialPresence.mediaType]
        let list = presence + [ListInformation.mediaType, "multipart/related"]
        let (resource, eventPackage, accept): (String, String, [String]) =
            switch subject {
            case .presence(let resource): (resource, "presence", presence)
            case .list(let resource): (resource, "presence", list)
            case .members(_, let server): (server, "presence", list)
            case .watchers(let resource): (resource, "presence.winfo", [WatcherInformation.mediaType])
            case .documents(_, let resource): (resource, "xcap-diff", [XCAPDifference.mediaType])
            }
        var request = SubscriptionRequest(
            resource: resource,
            identity: usableIdentity,
            contact: "<\(contact.text)>",
            eventPackage: eventPackage,
            accept: accept.joined(separator: ", "),
            expires: isOnce ? .zero : .seconds(3600)
        )
        switch subject {
        case .list: request.supported = ["eventlist"]
        case .members(let members, _):
            request.supported = ["eventlist"]
            request.required = ["recipient-list-subscribe"]
            request.content = Self.resourceList(members)
            request.contentDisposition = "recipient-list"
        case .documents(let paths, _): request.content = Self.resourceList(paths)
        case .presence, .watchers: break
        }
        return request
    }

    /// A flat list of URIs as the body of a request (RFC 5367 §4, RFC 5875 §4.4).
    private static func resourceList(_ uris: [String]) -> MessageContent {
        let body = ResourceLists(listing: uris).serialized()
        return MessageContent(contentType: ResourceLists.mediaType, body: ByteString(body))
    }

    /// The watch a NOTIFY is for.
    func presenceWatch(of notify: Message) -> PresenceWatch.ID? {
        guard notify.method == .notify, let call = notify.headers.first(.callID)?.text,
            let id = watchesByCall[call], watches[id]?.value.subscription.isConcerned(by: notify) == true
        else { return nil }
        return id
    }

    // MARK: - Time

    /// Fires what is due of the watches.
    mutating func fireWatches(at now: Instant, into effects: inout [Effect]) {
        var due: [PresenceWatch.ID] = []
        while let id = watchTimers.popDue(at: now)?.key { due.append(id) }
        for id in due {
            watches[id]?.value.alarm = nil
            stepPresence(id, at: now, into: &effects) { watch, steps in watch.fire(at: now, into: &steps) }
        }
    }

    /// Sees to it that a watch is looked at in time.
    ///
    /// Every NOTIFY puts its deadline off. The timer stays where it is and is put off when it fires.
    private mutating func schedule(_ watch: inout PresenceWatch, _ id: PresenceWatch.ID) {
        guard let deadline = watch.subscription.nextDeadline else {
            watch.alarm = nil
            return watchTimers.stop(id)
        }
        if let alarm = watch.alarm, alarm <= deadline { return }
        watch.alarm = deadline
        watchTimers.start(id, at: deadline)
    }

    // MARK: - Steps

    mutating func stepPublication(
        at now: Instant,
        into effects: inout [Effect],
        _ body: (inout Publication, inout [Publication.Effect]) -> Void
    ) {
        var steps: [Publication.Effect] = []
        body(&publication, &steps)
        for step in steps {
            switch step {
            case .send(let request): sendBySize(request, for: .publication, at: now, into: &effects)
            case .published(let expires): effects.append(.publication(.published(expires: expires)))
            case .failed(let failure, let delay):
                effects.append(.publication(.failed(failure, retryAfter: delay)))
            case .removed: effects.append(.publication(.removed))
            }
        }
    }

    /// Lets a watch take one input, `notify` if that is what it is, then does what it asks for.
    mutating func stepPresence(
        _ id: PresenceWatch.ID,
        answering notify: (id: ServerTransactionID, request: Message)? = nil,
        at now: Instant,
        into effects: inout [Effect],
        _ body: (inout Subscription, inout [Subscription.Effect]) -> Void
    ) {
        // Taken out, so that what it holds is changed in place.
        guard var watch = watches.removeValue(forKey: id) else { return }
        var steps: [Subscription.Effect] = []
        var reports: [PresenceWatch.Report] = []
        let call = watch.value.subscription.callID
        body(&watch.value.subscription, &steps)
        let (isOver, isFullStateNeeded) = watch.value.take(steps, into: &reports)
        let newCall = watch.value.subscription.callID
        if newCall != call { watchesByCall[call] = nil }
        if isOver {
            watchesByCall[newCall] = nil
            watchTimers.stop(id)
        } else {
            if newCall != call { watchesByCall[newCall] = id }
            schedule(&watch.value, id)
            watches[id] = consume watch
        }
        // The answer to a NOTIFY leaves before anything that follows from it.
        for step in steps {
            switch step {
            case .send(let request): sendBySize(request, for: .presence(id), at: now, into: &effects)
            case .respond(let status):
                guard let notify else { continue }
                let response = notify.request.response(status, toTag: identifiers.tag())
                respond(response, to: notify.id, at: now, into: &effects)
            default: break
            }
        }
        for report in reports { effects.append(.watch(id, report)) }
        guard isFullStateNeeded else { return }
        stepPresence(id, at: now, into: &effects) { watch, steps in
            watch.requestFullState(at: now, into: &steps)
        }
    }
}

extension Publication {
    /// Something that became of what is published.
    package enum Report: Hashable, Sendable {
        case published(expires: Duration)
        case failed(EventFailure, retryAfter: Duration?)
        case removed
    }
}
