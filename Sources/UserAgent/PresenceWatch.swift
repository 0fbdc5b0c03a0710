package import Documents
import Wire

/// A subscription whose documents are understood: presence, who watches it, changes of XCAP documents.
package struct PresenceWatch: Sendable {
    /// Names a watch of this run.
    package struct ID: Hashable, Sendable {
        package let number: UInt64

        package init(number: UInt64) { self.number = number }
    }

    package enum Subject: Hashable, Sendable {
        /// The presence of one user (RFC 3856).
        case presence(of: String)
        /// The presence of all on a list that a server keeps (RFC 4662).
        case list(String)
        /// The presence of those named here, from a server that takes the list with the request (RFC 5367).
        case members([String], server: String)
        /// Who watches the user's own presence, or asks to (RFC 3857).
        case watchers(of: String)
        /// Changes of the documents at these paths below the XCAP root (RFC 5875).
        case documents([String], of: String)
    }

    package enum Report: Hashable, Sendable {
        /// The state of somebody.
        case presence(PresenceState, of: String)
        /// Somebody has not decided yet whether to be seen.
        case pending(String)
        /// Somebody on a list is not watched any more; the reason is that of RLMI.
        case unwatched(String, reason: String?)
        case watchers([WatcherInformation.Watcher], isFull: Bool)
        case documents(XCAPDifference)
        /// The server has answered that it tells of a list.
        case listConfirmed
        /// The server has taken the request for one about a single resource, of which it tells.
        case noList
        case failed(EventFailure, retryAfter: Duration?)
        case ended(SubscriptionEnd, retryAfter: Duration?)
        /// Something that came was not taken; for the log.
        case noted(String)
    }

    package let subject: Subject
    package internal(set) var subscription: Subscription
    /// When it is looked at next, at the latest when something of it is due.
    var alarm: Instant?
    /// The version of the last document that is counted; `nil` before the first of a subscription.
    var version: UInt32?
    /// Documents that are told in parts, by whom they are about.
    var partial: [String: (version: UInt32, root: XMLElement)] = [:]
    /// What the server calls the list in this subscription; one that went with the request has no name before.
    var listURI: String?
    private var isListConfirmed = false

    /// What a peer can make us hold.
    package enum Limits {
        /// The members of a list, and the parts of one NOTIFY beside the one that lists them.
        package static let members = 2000
        /// The lists within lists that are followed (RFC 4662 §5.5).
        static let nesting = 4
    }

    init(_ subject: Subject, _ subscription: Subscription) {
        (self.subject, self.subscription) = (subject, subscription)
    }

    /// Takes what a step of the subscription has brought about.
    ///
    /// - Returns: Whether the watch is over, and whether the whole state must be asked for.
    mutating func take(
        _ steps: [Subscription.Effect],
        into reports: inout [Report]
    ) -> (isOver: Bool, isFullStateNeeded: Bool) {
        var (isOver, isFullStateNeeded) = (false, false)
        for step in steps {
            switch step {
            case .started: begin()
            case .notification(let notification):
                isFullStateNeeded = take(notification, into: &reports) || isFullStateNeeded
            case .failed(let failure, let delay):
                begin()
                reports.append(.failed(failure, retryAfter: delay))
                isOver = isOver || delay == nil
            case .terminated(let cause, let delay):
                begin()
                reports.append(.ended(cause, retryAfter: delay))
                isOver = isOver || delay == nil
            case .send, .respond: break
            }
        }
        return (isOver, isFullStateNeeded)
    }

    /// Takes what the subscription asks for and what it tells.
    ///
    /// - Returns: Whether the whole state must be asked for, because something was missed.
    mutating func take(_ notification: Notification, into reports: inout [Report]) -> Bool {
        if notification.isOfList, !isListConfirmed {
            isListConfirmed = true
            reports.append(.listConfirmed)
        }
        guard !isMisunderstood(notification) else {
            reports.append(.noList)
            return false
        }
        guard !notification.body.isEmpty, let text = notification.contentType, let type = MediaType(text)
        else {
            takeEmpty(notification, into: &reports)
            return false
        }
        do throws(Refusal) {
            switch subject {
            case .presence(let resource):
                // Nothing is said of somebody who has not decided (RFC 3856 §6.11.4).
                guard notification.state != .pending else {
                    reports.append(.pending(resource))
                    return false
                }
                try takePresence(notification.body, type, of: resource, into: &reports)
            case .list(let list):
                try takeList(notification.body, type, of: list, nesting: 0, into: &reports)
            case .members:
                try takeList(notification.body, type, of: listURI, nesting: 0, into: &reports)
            case .watchers: try takeWatchers(notification.body, type, into: &reports)
            case .documents: try takeDocuments(notification.body, type, into: &reports)
            }
            return false
        } catch {
            reports.append(.noted(error.text))
            return error.isFullStateNeeded
        }
    }

    /// Whether a list was asked for and something else is told of.
    ///
    /// A server without lists looks for a single resource of that name, and may do so even where the list went with the
    /// request and had to be understood; one with lists says so in every NOTIFY (RFC 4662 §4.1).
    private func isMisunderstood(_ notification: Notification) -> Bool {
        switch subject {
        case .list, .members: break
        case .presence, .watchers, .documents: return false
        }
        guard !isListConfirmed, notification.state != .terminated else { return false }
        let type = notification.contentType.flatMap { MediaType($0) }
        return type?.matches("multipart", "related") != true
    }

    /// Forgets what was told in a subscription that has ended; the next begins with the whole.
    mutating func begin() {
        version = nil
        partial = [:]
        listURI = nil
        isListConfirmed = false
    }

    /// Why a document is not taken.
    struct Refusal: Error {
        var text: String
        var isFullStateNeeded = false

        init(_ text: String, isFullStateNeeded: Bool = false) {
            (self.text, self.isFullStateNeeded) = (text, isFullStateNeeded)
        }
    }

    private func takeEmpty(_ notification: Notification, into reports: inout [Report]) {
        guard case .presence(let resource) = subject else { return }
        switch notification.state {
        case .pending: reports.append(.pending(resource))
        // Nothing is published.
        case .active: reports.append(.presence(.unknown, of: resource))
        case .terminated: break
        }
    }
}
