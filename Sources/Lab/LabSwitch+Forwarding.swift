import MSRP
import SIP
import Wire

extension LabSwitch {
    /// A chunk on its way through.
    struct Forwarding: Sendable {
        /// The head as it came.
        let head: ChunkHead
        /// The own URI that stood first in its path.
        let local: MSRPURI
        let target: LinkID
        let id: TransactionID
        /// How many bytes of its body have passed.
        var count: UInt64 = 0
    }

    /// A request that was sent on is known by the connection it took.
    struct TransactionKey: Hashable, Sendable {
        let link: LinkID
        let id: TransactionID
    }

    /// What is needed to tell the sender that a chunk was not taken by the next hop (RFC 4976 §6.4.1).
    struct Transaction: Sendable {
        let source: LinkID
        let fromPath: ByteString
        let messageID: ByteString
        let local: ByteString
        let range: ByteRange
        /// Whether silence is a failure too.
        let expectsSuccess: Bool
    }

    // MARK: - Heads

    /// Decides what becomes of a chunk.
    mutating func begin(_ head: ChunkHead, on id: LinkID, at now: Instant) -> Passage {
        var head = head
        guard let toPath = head.toPath, let target = try? MSRPPath(parsing: toPath), let first = target.first
        else { return refuse(head, .badRequest, on: id, at: now) }
        if head.method == .auth, target.uris.count == 1, isOwn(first) {
            authorize(head, at: first, on: id, now)
            return .dropped
        }
        if head.method == nil, take(responseTo: head, on: id, at: now) { return .dropped }
        guard let path = path(at: first), let name = first.sessionID else {
            return refuse(head, .sessionDoesNotExist, on: id, at: now)
        }
        let previous = head.fromPath.flatMap { try? MSRPPath(parsing: $0) }?.first
        if case .buddy = path.purpose {
            guard target.uris.count == 1 else { return refuse(head, .sessionDoesNotExist, on: id, at: now) }
            if let previous { bind(previous, to: id, of: name) }
            if let passage = misbehave(&head, on: id, at: now) { return passage }
            converse(name, .head(head), at: now)
            return .buddy(name)
        }
        guard let previous, let route = route(target, from: previous, on: id) else {
            return refuse(head, .sessionDoesNotExist, on: id, at: now)
        }
        bind(previous, to: id, of: name)
        if let passage = misbehave(&head, on: id, at: now) { return passage }
        guard let link = link(to: route.hop, of: route.name) else {
            return refuse(head, .sessionDoesNotExist, on: id, at: now)
        }
        return forward(head, route, first, to: link, from: id)
    }

    /// Where a request goes, and the paths it then has.
    private struct Route {
        var name: ByteString
        var hop: MSRPURI
        var target: MSRPPath
        var passed: [MSRPURI]
    }

    /// Finds the hop behind all URIs of our own, if whoever asks may go there (RFC 4976 §6.4).
    private func route(_ target: MSRPPath, from previous: MSRPURI, on id: LinkID) -> Route? {
        var (passed, rest): ([MSRPURI], ArraySlice<MSRPURI>) = ([], target.uris[...])
        var (isInside, name) = (false, ByteString.empty)
        while let uri = rest.first, let path = path(at: uri), let next = rest.dropFirst().first {
            // From the client that asked for the path, to it, or between two paths of ours; in a chat, to its ends.
            let isOwner = path.links[previous] == id && path.ends.contains(previous)
            let comesFromInside = path.isRelay && (passed.isEmpty ? isOwner : isInside)
            guard comesFromInside || path.ends.contains(next) else { return nil }
            isInside = comesFromInside
            name = uri.sessionID ?? .empty
            passed.append(uri)
            rest = rest.dropFirst()
        }
        guard let hop = rest.first, !passed.isEmpty else { return nil }
        return Route(name: name, hop: hop, target: MSRPPath(Array(rest)), passed: passed)
    }

    /// Sends a head on, with our URIs moved from the one path to the other (RFC 4976 §6.4.1).
    private mutating func forward(
        _ head: ChunkHead,
        _ route: Route,
        _ local: MSRPURI,
        to link: LinkID,
        from id: LinkID
    ) -> Passage {
        var forwarded = head
        let transaction = TransactionID(value: identifiers.next())
        if head.method != nil, head.method != .auth { forwarded.transactionID = transaction.text }
        forwarded.toPath = route.target.text
        let fromPath = MSRPPath(route.passed.reversed()).text
        forwarded.fromPath = ByteString(fromPath.bytes + [UInt8(ascii: " ")] + (head.fromPath?.bytes ?? []))
        send(forwarded.chunk().head, to: link, from: id)
        return .forwarded(Forwarding(head: head, local: local, target: link, id: transaction))
    }

    private func isOwn(_ uri: MSRPURI) -> Bool {
        let place = uri.isSecure ? secureAddress : address
        guard let place else { return false }
        // A client may know the relay by a name, which only its certificate tells.
        return uri.port == nil || uri.port == place.port
    }

    // MARK: - Bodies and ends

    mutating func pass(_ bytes: ByteString, _ forwarding: Forwarding, from id: LinkID, at now: Instant) {
        guard forwarding.head.contentType != nil else { return }
        var (forwarding, bytes) = (forwarding, bytes)
        let cut = faults.takeCut(bytes.count)
        if let cut { bytes = bytes[0..<cut] }
        forwarding.count += UInt64(bytes.count)
        links[id]?.current = .forwarded(forwarding)
        if links[forwarding.target] != nil { send(bytes, to: forwarding.target, from: id) }
        guard cut != nil else { return }
        // What has passed still reaches the next hop, and nothing more.
        links[id]?.current = nil
        outbox.append(.close(forwarding.target))
        breakLink(id, at: now)
        close(forwarding.target, at: now)
    }

    /// Hands a piece of a body to the buddy, unless its connection breaks there.
    mutating func pass(_ bytes: ByteString, toBuddy name: ByteString, from id: LinkID, at now: Instant) {
        guard let cut = faults.takeCut(bytes.count) else { return converse(name, .body(bytes), at: now) }
        if cut > 0 { converse(name, .body(bytes[0..<cut]), at: now) }
        breakLink(id, at: now)
    }

    private mutating func breakLink(_ id: LinkID, at now: Instant) {
        outbox.append(.note("an MSRP connection broken on purpose"))
        outbox.append(.abort(id))
        close(id, at: now)
    }

    /// Ends a chunk on both sides: with the end-line for the next hop, with a response for the one before.
    mutating func end(_ forwarding: Forwarding, _ flag: ContinuationFlag, from id: LinkID, at now: Instant) {
        let head = forwarding.head
        let isReachable = links[forwarding.target] != nil
        if isReachable { finish(forwarding, flag, from: id) }
        guard head.method == .send else { return }
        answer(head, .ok, as: forwarding.local, on: id, at: now)
        guard head.failureReport != .no, let messageID = head.messageID, let fromPath = head.fromPath else {
            return
        }
        let start = head.byteRange?.start ?? 1
        let transaction = Transaction(
            source: id,
            fromPath: ByteString(fromPath.bytes),
            messageID: ByteString(messageID.bytes),
            local: forwarding.local.text,
            range: ByteRange(
                start: start,
                end: start + max(forwarding.count, 1) - 1,
                total: head.byteRange?.total
            ),
            expectsSuccess: head.failureReport == .yes
        )
        guard isReachable else { return report(.timedOut, transaction) }
        guard transactions.count < LabLimits.chatTransactions else { return }
        let key = TransactionKey(link: forwarding.target, id: forwarding.id)
        transactions[key] = transaction
        timers.start(key, at: now + LabLimits.chatPatience)
    }

    /// Ends a chunk that its sender did not end: the rest may come in another (RFC 4975 §7.1).
    mutating func interrupt(_ forwarding: Forwarding, at now: Instant) {
        if links[forwarding.target] != nil { finish(forwarding, .continued, from: nil) }
    }

    private mutating func finish(_ forwarding: Forwarding, _ flag: ContinuationFlag, from id: LinkID?) {
        var head = forwarding.head
        if head.method != nil, head.method != .auth { head.transactionID = forwarding.id.text }
        send(head.chunk(flag: flag).end, to: forwarding.target, from: id)
    }

    // MARK: - Answers

    mutating func refuse(_ head: ChunkHead, _ code: ResponseCode, on id: LinkID, at now: Instant) -> Passage {
        let local = head.toPath.flatMap { try? MSRPPath(parsing: $0) }?.first
        if let local { answer(head, code, as: local, on: id, at: now) }
        return .dropped
    }

    /// Answers a request if its sender wants that, unless a fault is in the way.
    mutating func answer(
        _ head: ChunkHead,
        _ code: ResponseCode,
        as local: MSRPURI,
        on id: LinkID,
        at now: Instant
    ) {
        guard head.wantsResponse(code), let response = head.response(code, from: local.text) else { return }
        sendResponse(ByteString(response.chunk().bytes), to: id, at: now)
    }

    /// Sends a response of our own, unless a fault is in the way.
    mutating func sendResponse(_ response: ByteString, to id: LinkID, at now: Instant) {
        guard !faults.takeLost(.responses) else {
            return outbox.append(.note("an MSRP response lost on purpose"))
        }
        guard faults.delay > .zero else { return send(response, to: id) }
        guard delayed.count < LabLimits.delayed else { return }
        delayed.append((now + faults.delay, response.bytes, id))
    }

    /// Takes a response of a next hop: the sender hears of one that is no 200 (RFC 4976 §6.4.3).
    private mutating func take(responseTo head: ChunkHead, on id: LinkID, at now: Instant) -> Bool {
        guard let transactionID = TransactionID(head.transactionID) else { return false }
        let key = TransactionKey(link: id, id: transactionID)
        guard let transaction = transactions.removeValue(forKey: key) else { return false }
        timers.stop(key)
        if let code = head.responseCode, !code.isSuccess { report(code, transaction) }
        return true
    }

    mutating func fireTransactions(at now: Instant) {
        while let (key, _) = timers.popDue(at: now) {
            guard let late = transactions.removeValue(forKey: key), late.expectsSuccess else { continue }
            report(.timedOut, late)
        }
    }

    mutating func failTransactions(on id: LinkID, at now: Instant) {
        for key in transactions.keys where key.link == id || transactions[key]?.source == id {
            timers.stop(key)
            guard let failed = transactions.removeValue(forKey: key), failed.source != id else { continue }
            report(.timedOut, failed)
        }
    }

    private mutating func report(_ code: ResponseCode, _ transaction: Transaction) {
        guard links[transaction.source] != nil else { return }
        var request = ChunkHead(transactionID: "r", .request(.send))
        (request.fromPath, request.messageID) = (transaction.fromPath, transaction.messageID)
        let report = request.report(
            DeliveryStatus(code),
            range: transaction.range,
            from: transaction.local,
            id: TransactionID(value: identifiers.next())
        )
        if let report { send(report.chunk(), to: transaction.source) }
    }

    // MARK: - Faults

    /// A report of the buddy as faults let it pass; `nil` if it gets lost.
    mutating func passing(report: ByteString) -> ByteString? {
        var (parser, input) = (ChunkParser(), report)
        guard case .head(var head)? = try? parser.next(&input) else { return report }
        return misbehave(withReport: &head) ? nil : ByteString(head.chunk().bytes)
    }

    /// Does to a report what a fault wants.
    ///
    /// - Returns: Whether it gets lost.
    private mutating func misbehave(withReport head: inout ChunkHead) -> Bool {
        if faults.takeLost(.reports) {
            outbox.append(.note("an MSRP report lost on purpose"))
            return true
        }
        guard let code = faults.takeReportStatus() else { return false }
        head.status = DeliveryStatus(code)
        outbox.append(.note("an MSRP report made to tell \(code.rawValue) on purpose"))
        return false
    }

    /// Does to a request what a fault wants; `nil` if it is to pass.
    private mutating func misbehave(_ head: inout ChunkHead, on id: LinkID, at now: Instant) -> Passage? {
        if head.method == .report, misbehave(withReport: &head) { return .dropped }
        guard head.method == .send, head.contentType != nil else { return nil }
        if let code = faults.takeRefusal() {
            outbox.append(.note("an MSRP chunk answered \(code.rawValue) on purpose"))
            return refuse(head, code, on: id, at: now)
        }
        guard faults.takeLost(.messages) else { return nil }
        outbox.append(.note("an MSRP chunk lost on purpose"))
        return refuse(head, .ok, on: id, at: now)
    }
}
