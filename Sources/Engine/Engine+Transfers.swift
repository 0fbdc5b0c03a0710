import Crypto
import MSRP
import Runtime
package import SDP
import SIP
import Store
import UserAgent
import Wire

// Files over MSRP (RFC 5547), as the commands see them.
extension Engine {
    /// Sends a file, registering first if need be, and waits for its end.
    ///
    /// A transfer that breaks goes on where it ended as long as each attempt gets further.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - recipient: Whom to send it to, as the user names them.
    ///   - options: How.
    /// - Returns: The transfer, and why it is over.
    /// - Throws: `EngineError` with what keeps it from being offered at all.
    package func send(
        _ file: OutgoingFile,
        to recipient: String,
        _ options: SendingOptions = SendingOptions()
    ) async throws(EngineError) -> (transfer: FileTransfer, end: FileTransferEnd) {
        let peer = try Recipient(recipient, realm: account.realm).uri
        let granted = try await register()
        let sender = try identity(options.identity ?? configuration.identity, among: granted)
        let prepared = try await prepare(file, for: peer, options)
        return try await repeated(prepared, to: peer, as: sender, options)
    }

    /// Asks a peer for a file and waits for it.
    ///
    /// - Parameters:
    ///   - selector: What is known of the file.
    ///   - recipient: Whom to ask.
    ///   - identity: The public identity to ask as; `nil` for the default one.
    /// - Returns: The transfer, and why it is over.
    /// - Throws: `EngineError` with what keeps it from being asked for at all.
    package func fetch(
        _ selector: FileSelector,
        from recipient: String,
        as identity: String? = nil
    ) async throws(EngineError) -> (transfer: FileTransfer, end: FileTransferEnd) {
        let peer = try Recipient(recipient, realm: account.realm).uri
        let granted = try await register()
        let sender = try self.identity(identity ?? configuration.identity, among: granted)
        var offered = FileAttributes(selector: selector, transferID: nil)
        var (place, failures): (UInt64, Int) = (0, 0)
        var way = firstOffer(to: peer)
        while true {
            offered.transferID = makeTransferID()
            let id = try offer(
                offered,
                .recvonly,
                to: peer,
                as: sender,
                ServiceTags.messaging,
                icon: nil,
                over: try await makeEndpoint(way)
            )
            transferStates[id]?.work = .fetching
            let (state, end) = try await awaitEnd(of: id)
            if let next = nextWay(to: peer, after: way, end) {
                way = next
            } else if let better = state.betterOffer {
                offered = better
            } else if case .refused = end, offered.range != nil {
                // The file is another one now.
                offered = FileAttributes(selector: selector, transferID: nil)
                try forgetPart(of: state)
            } else if end.isWorthRepeating, !isShutDown, !Task.isCancelled {
                tell(end, of: state)
                failures = state.lastDone > place ? 0 : failures + 1
                place = state.lastDone
                guard failures < Self.fruitlessAttempts else { return (state.transfer, end) }
                offered.range = nil
                await pause(Self.attemptInterval)
            } else {
                tell(end, of: state)
                return (state.transfer, end)
            }
        }
    }

    /// Takes a file that is offered, into the folder of received files.
    package func accept(_ id: TransferID) async throws(EngineError) {
        guard let state = transferStates[id], case .undecided = state.work, state.local == nil else {
            throw .noTransfer
        }
        let receiver = try await makeReceiver(for: id, state.offered)
        guard transferStates[id] != nil else { throw .noTransfer }
        transferStates[id]?.work = .receiving(receiver)
        answerIfDecided(state.session)
    }

    /// Refuses a file that is offered.
    package func reject(_ id: TransferID) throws(EngineError) {
        guard let state = transferStates[id], state.local == nil, !state.transfer.isOutgoing else {
            throw .noTransfer
        }
        transferStates[id]?.end = .byUser
        answerIfDecided(state.session)
    }

    /// Ends a transfer; both sides keep what they need to go on with it later.
    package func cancel(_ id: TransferID) {
        guard let state = transferStates[id] else { return }
        if case .undecided = state.work, state.local == nil {
            transferStates[id]?.end = .byUser
            return answerIfDecided(state.session)
        }
        finish(id, .byUser)
    }

    /// The transfers that are not over, in the order they began.
    package var transfers: [FileTransfer] {
        transferStates.values.map(\.transfer).sorted { $0.id.number < $1.id.number }
    }

    // MARK: - Sending

    /// A file that can be offered.
    struct PreparedFile {
        var bytes: any FileBytes
        var attributes: FileAttributes
        var icon: FileIcon?
        var record: UnfinishedTransfer?
    }

    private func prepare(
        _ file: OutgoingFile,
        for peer: String,
        _ options: SendingOptions
    ) async throws(EngineError) -> PreparedFile {
        let type = file.type.flatMap { MediaType($0) } ?? MediaType(fileName: file.name)
        var selector = FileSelector(name: file.name, type: type)
        var attributes = FileAttributes(selector: selector, transferID: nil)
        attributes.disposition = options.isImageShare ? .render : .attachment
        switch file.source {
        case .descriptor(let descriptor):
            return PreparedFile(
                bytes: PipedBytes(descriptor, hashed: hashAlgorithms(for: peer), on: loop),
                attributes: attributes,
                icon: file.icon
            )
        case .path(let path):
            let reader = try FileReader(sending: path)
            selector.size = reader.size
            if options.isHashed {
                let algorithms = hashAlgorithms(for: peer)
                selector.hashes = try await hashes(of: reader, path: path, name: file.name, algorithms)
            }
            attributes.selector = selector
            attributes.dates.modification = reader.modified
            var prepared = PreparedFile(
                bytes: StoredBytes(file: reader),
                attributes: attributes,
                icon: file.icon
            )
            prepared.record = unfinished(.outgoing, selector, peer: peer)
            return prepared
        }
    }

    /// Offers the file until it is sent, or an attempt gets no further than the one before.
    private func repeated(
        _ file: PreparedFile,
        to peer: String,
        as sender: String?,
        _ options: SendingOptions
    ) async throws(EngineError) -> (transfer: FileTransfer, end: FileTransferEnd) {
        var file = file
        var place: UInt64 = 0
        var failures = 0
        var way = firstOffer(to: peer)
        while true {
            let size = file.attributes.selector.size ?? 0
            if let kept = file.record?.place, kept > 0, kept < size {
                file.attributes.range = FileRange(after: kept, of: size)
            } else {
                file.attributes.range = nil
            }
            file.attributes.transferID = makeTransferID()
            let isPartial = file.attributes.range != nil
            let id = try offer(file, to: peer, as: sender, options, over: try await makeEndpoint(way))
            let (state, end) = try await awaitEnd(of: id)
            let reached = file.record.map { keptPlace(of: $0) } ?? 0
            if let next = nextWay(to: peer, after: way, end) {
                way = next
                continue
            }
            switch end {
            case .refused(let refusal) where isPartial && refusal.status < 600:
                // It has not what this side believes it has, or knows nothing of parts.
                file.record?.place = 0
            case .refused(let refusal) where file.icon != nil && [400, 415, 488].contains(refusal.status):
                // Who knows nothing of multiparts may know the description alone (RFC 5547 §8.8).
                file.icon = nil
            case _ where end.isWorthRepeating && file.record != nil && !isShutDown && !Task.isCancelled:
                tell(end, of: state)
                failures = reached > place ? 0 : failures + 1
                guard failures < Self.fruitlessAttempts else { return (state.transfer, end) }
                place = reached
                file.record?.place = reached
                await pause(Self.attemptInterval)
            default:
                tell(end, of: state)
                return (state.transfer, end)
            }
        }
    }

    /// How to offer a file to a peer that did not take the connection it was offered over.
    ///
    /// Whoever says that it does not take the file has nothing against the connection.
    private func nextWay(
        to peer: String,
        after way: ConnectionOffer,
        _ end: FileTransferEnd
    ) -> ConnectionOffer? {
        guard case .refused(let refusal) = end,
            refusal.warning == nil || refusal.warning == MSRPRefusal.transport.warningText
        else { return nil }
        return nextOffer(to: peer, after: way, .refused(refusal))
    }

    /// How many attempts in a row may get no further.
    private static let fruitlessAttempts = 3
    private static let attemptInterval = Duration.milliseconds(500)

    private func pause(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            loop.schedule(at: .now + duration) { continuation.resume() }
        }
    }

    private func offer(
        _ file: PreparedFile,
        to peer: String,
        as sender: String?,
        _ options: SendingOptions,
        over way: (endpoint: MessageSession.Endpoint, local: MSRPURI)
    ) throws(EngineError) -> TransferID {
        let id = try offer(
            file.attributes,
            .sendonly,
            to: peer,
            as: sender,
            options.service,
            icon: file.icon,
            over: way
        )
        var identifiers = IdentifierSource()
        var sending = FileSending(
            messageID: ByteString(identifiers.messageID()),
            source: file.bytes
        )
        sending.chunkSize = options.chunkSize
        sending.record = file.record
        sending.tellsHash = file.attributes.selector.size == nil
        transferStates[id]?.work = .sending(sending)
        transferStates[id]?.transfer.isImageShare = options.isImageShare
        transferStates[id]?.transfer.icon = file.icon
        return id
    }

    private func offer(
        _ file: FileAttributes,
        _ direction: Direction,
        to peer: String,
        as sender: String?,
        _ service: ServiceTags,
        icon: FileIcon?,
        over way: (endpoint: MessageSession.Endpoint, local: MSRPURI)
    ) throws(EngineError) -> TransferID {
        let (endpoint, local) = way
        var (medium, icons) = (endpoint.medium, [MIMEEntity]())
        var file = file
        if let icon {
            let name = "\(makeTransferID())@\(account.realm)"
            file.icon = ByteString(name)
            icons = [MIMEEntity(icon: icon.bytes, type: icon.type, contentID: name)]
        }
        (medium.direction, medium.file) = (direction, file)
        var made: MessageSession.ID?
        step { core, now, effects in
            made = core.inviteToTransfer(
                peer,
                as: sender,
                [medium],
                icons: icons,
                from: endpoint.origin,
                service: service,
                at: now,
                into: &effects
            )
        }
        guard let made, let invite = core?.session(made)?.invite else {
            close(local)
            throw .notRegistered
        }
        let id = makeTransfer(
            FileTransfer(
                id: nextTransferID(),
                peer: peer,
                isOutgoing: direction == .sendonly,
                name: file.selector.name ?? "",
                type: file.selector.type?.description ?? "",
                size: file.selector.size,
                callID: invite.callID
            ),
            made,
            index: 0,
            file
        )
        transferStates[id]?.local = local
        return id
    }

    func nextTransferID() -> TransferID {
        lastTransfer += 1
        return TransferID(lastTransfer)
    }

    func makeTransfer(
        _ transfer: FileTransfer,
        _ session: MessageSession.ID,
        index: Int,
        _ offered: FileAttributes
    ) -> TransferID {
        var transfer = transfer
        transfer.take(offered.selector.hashes)
        transfer.modified = offered.dates.modification ?? offered.dates.creation
        transferStates[transfer.id] = TransferState(
            transfer: transfer,
            session: session,
            index: index,
            offered: offered
        )
        rearmProgress()
        return transfer.id
    }

    func makeTransferID() -> ByteString {
        var identifiers = IdentifierSource()
        // As long as RFC 5547 §8.1 recommends.
        let text = identifiers.uuid().filter { $0 != "-" }
        return ByteString(String(text))
    }

    private func awaitEnd(
        of id: TransferID
    ) async throws(EngineError) -> (state: TransferState, end: FileTransferEnd) {
        guard let state = transferStates[id] else { throw .noTransfer }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                _ = transferStates[id]?.waiters.add(continuation)
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.cancel(id) } }
        }
        return (finishedTransfers.removeValue(forKey: id) ?? state, try answer.get())
    }
}
