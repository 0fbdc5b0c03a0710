import Crypto
import MSRP
import Runtime
import SDP
import SIP
import Store
import UserAgent
import Wire

// The files of transfers: their hashes, where they are kept, and what is remembered of unfinished ones.
extension Engine {
    // MARK: - Hashes

    /// The functions whose hashes are told to a peer: SHA-1, which every end must know, and a better one beside it
    /// where it is known too (RFC 5547 §6).
    func hashAlgorithms(for peer: String) -> [FileHash.Algorithm] {
        isKnown(.betterHashes, of: peer) ? [.sha1, .sha256] : [.sha1]
    }

    /// Learns whether a peer knows a better hash: it has said one, or its program is this one.
    func learnHashes(of peer: String, from selector: FileSelector?, in session: MessageSession.ID) {
        let product = core?.session(session)?.invite.peerProduct?.text ?? ""
        let isOurs = product.split(separator: " ").contains {
            $0.hasPrefix(EngineConfiguration.product + "/")
        }
        guard isOurs || selector?.hash(.sha256) != nil else { return }
        learn(.betterHashes, of: peer)
    }

    /// The hashes of a file; computed only if it has changed since the last time.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - path: Where it is.
    ///   - name: What it is called.
    ///   - algorithms: What is computed if there is something to compute, SHA-1 first.
    ///   - needed: What there must be: for a better hash alone no large file is read once more.
    /// - Returns: The hashes.
    /// - Throws: `EngineError` when it cannot be read, or nobody waits any more.
    func hashes(
        of file: FileReader,
        path: String,
        name: String,
        _ algorithms: [FileHash.Algorithm],
        needed: FileHash.Algorithm = .sha1
    ) async throws(EngineError) -> [FileHash] {
        let stamp = FileStamp(
            path: path,
            size: file.size,
            modified: file.stamp.modified,
            changed: file.stamp.changed,
            number: file.stamp.number
        )
        let known = keep({ store throws(Store.Failure) in try store.hash(of: stamp) }) ?? nil
        let kept = FileHash.split(known ?? [], algorithms)
        if kept.contains(where: { $0.algorithm == needed }) { return kept }
        let computed: [FileHash]?
        lastHashingTold = .now
        do throws(FileContents.Failure) {
            computed = try await FileHashing.hashes(of: file, algorithms) { place in
                await self.goesOn(hashing: name, FileProgress(done: place, resumed: 0, size: file.size))
            }
        } catch {
            throw .fileNotReadable(path, detail: "\(error)")
        }
        guard let computed else { throw .interrupted }
        if file.size >= Self.worthRemembering {
            keep { store throws(Store.Failure) in try store.keep(computed.flatMap(\.bytes), of: stamp) }
        }
        return computed
    }

    /// Tells now and then how much of a file is hashed.
    ///
    /// - Returns: Whether anybody waits for the rest.
    private func goesOn(hashing name: String, _ progress: FileProgress) -> Bool {
        if lastHashingTold + Self.progressInterval <= .now {
            lastHashingTold = .now
            emit(.fileHashing(name: name, progress))
        }
        return !isShutDown && !Task.isCancelled
    }

    /// The smallest file whose hash is kept.
    private static let worthRemembering: UInt64 = 8_388_608

    // MARK: - Receiving

    /// Makes ready to receive a file: finds what is here of it, and room for the rest.
    func makeReceiver(for id: TransferID, _ file: FileAttributes) async throws(EngineError) -> FileReceiver {
        guard let state = transferStates[id] else { throw .noTransfer }
        let rules = configuration.reception
        if let size = file.selector.size, size > rules.sizeLimit {
            throw .fileTooLarge(limit: rules.sizeLimit)
        }
        let algorithm = file.selector.strongestHash?.algorithm ?? .sha1
        if let descriptor = rules.descriptor {
            let reception = FileReception(file.selector, range: file.range, kept: 0, limit: rules.sizeLimit)
            guard let reception else { throw .fileNotKept("the other side offers only a part of it") }
            return FileReceiver(
                .descriptor(DescriptorWriter(descriptor, on: loop)),
                reception,
                kept: BackgroundHash(algorithm, on: loop),
                earlier: BackgroundHash(algorithm, on: loop),
                on: loop
            )
        }
        do throws(IncomingFile.Failure) {
            let name = FileName(offered: file.selector.name ?? "")
            giveWay(to: file, from: state.transfer.peer)
            let (part, kept) = try openPart(file.selector, name, from: state.transfer.peer)
            do throws(IncomingFile.Failure) {
                let reception = FileReception(
                    file.selector,
                    range: file.range,
                    kept: kept,
                    limit: rules.sizeLimit
                )
                guard let reception else { throw .notAPart(name.text) }
                if let room = part.freeBytes, let rest = reception.remaining, rest > room { throw .diskFull }
                try part.truncate(to: reception.kept)
                let (all, earlier) = try await FileHashing.hashes(ofPart: part, upTo: reception, algorithm)
                keepRecord(of: file.selector, part, from: state.transfer.peer)
                return FileReceiver(
                    .file(part, name),
                    reception,
                    kept: BackgroundHash(algorithm, after: all, on: loop),
                    earlier: BackgroundHash(algorithm, after: earlier, on: loop),
                    on: loop
                )
            } catch {
                if kept == 0 { part.discard() }
                throw error
            }
        } catch {
            throw .fileNotKept(error.description)
        }
    }

    /// Ends an earlier attempt with the same file that is as good as over: its connection is, or its sender goes on
    /// elsewhere with it.
    private func giveWay(to file: FileAttributes, from peer: String) {
        guard let hash = file.selector.lastingHash else { return }
        let isGoneOn = (file.range?.offset ?? 0) > 0
        for (id, state) in transferStates {
            guard case .receiving(let receiver) = state.work, !receiver.isStoring, state.end == nil,
                state.transfer.peer == peer, state.offered.selector.lastingHash == hash
            else { continue }
            if let closure = state.closure ?? (isGoneOn ? .lost : nil) { finish(id, closure) }
        }
    }

    /// The part of an earlier attempt, or a new one.
    private func openPart(
        _ selector: FileSelector,
        _ name: FileName,
        from peer: String
    ) throws(IncomingFile.Failure) -> (part: IncomingFile, kept: UInt64) {
        let folder = configuration.reception.folder
        let isBusy = { [self] (part: String) in
            transferStates.values.contains { state in
                if case .receiving(let receiver) = state.work {
                    receiver.partPath.hasSuffix("/" + part)
                } else {
                    false
                }
            }
        }
        if let record = unfinished(.incoming, selector, peer: peer), record.folder == folder,
            !isBusy(record.part), let part = try? IncomingFile(resuming: record.part, in: record.folder)
        {
            return (part, part.size)
        }
        var identifiers = IdentifierSource()
        let token = String(identifiers.uuid().filter { $0 != "-" }.prefix(8))
        return (try IncomingFile(in: folder, for: name, token: token), 0)
    }

    // MARK: - Unfinished transfers

    /// What is kept of an earlier attempt with the same file, or where to keep this one.
    func unfinished(
        _ direction: UnfinishedTransfer.Direction,
        _ selector: FileSelector,
        peer: String
    ) -> UnfinishedTransfer? {
        guard let hash = selector.lastingHash, let size = selector.size else { return nil }
        let text = hash.value.text
        let kept = keep { store throws(Store.Failure) in
            try store.unfinishedTransfer(direction, peer: peer, hash: text, account: account.name)
        }
        if let kept = kept ?? nil, kept.size == size { return kept }
        return direction == .outgoing
            ? UnfinishedTransfer(.outgoing, peer: peer, hash: text, size: size) : nil
    }

    /// How much the receiver has confirmed of a file.
    func keptPlace(of record: UnfinishedTransfer) -> UInt64 {
        let kept = keep { store throws(Store.Failure) in
            try store.unfinishedTransfer(
                record.direction,
                peer: record.peer,
                hash: record.hash,
                account: account.name
            )
        }
        return (kept ?? nil)?.place ?? 0
    }

    private func keepRecord(of selector: FileSelector, _ part: IncomingFile, from peer: String) {
        guard let hash = selector.lastingHash, let size = selector.size else { return }
        let record = UnfinishedTransfer(
            .incoming,
            peer: peer,
            hash: hash.value.text,
            size: size,
            folder: part.folder,
            part: part.partName
        )
        keep { store throws(Store.Failure) in try store.keep(record, account: account.name, at: .now) }
    }

    /// Keeps what is needed to go on with a transfer that has ended, or forgets it.
    func remember(_ state: TransferState, _ end: FileTransferEnd, at place: UInt64) {
        switch state.work {
        case .sending(let sending):
            guard var record = sending.record, state.isOpen || record.place > 0 else { return }
            if state.isOpen { record.place = place }
            keepOrForget(record, isOver: end.isFinal)
        case .receiving:
            guard var record = unfinished(.incoming, state.offered.selector, peer: state.transfer.peer) else {
                return
            }
            record.place = place
            keepOrForget(record, isOver: end.isFinal)
        case .undecided, .fetching: break
        }
    }

    /// Forgets what is here of a file that the other side has no longer.
    func forgetPart(of state: TransferState) throws(EngineError) {
        guard let record = unfinished(.incoming, state.offered.selector, peer: state.transfer.peer) else {
            return
        }
        keepOrForget(record, isOver: true)
    }

    private func keepOrForget(_ record: UnfinishedTransfer, isOver: Bool) {
        keep { store throws(Store.Failure) in
            if isOver {
                try store.forget(record, account: account.name)
            } else {
                try store.keep(record, account: account.name, at: .now)
            }
        }
    }

    // MARK: - Files others ask for

    /// Finds the file somebody asks for in the shared folder.
    func serve(_ id: TransferID, isVouched: Bool) {
        guard let folder = configuration.reception.shared, isVouched, let state = transferStates[id] else {
            transferStates[id]?.end = .notAvailable
            return
        }
        start { await $0.serve(state, from: folder) }
    }

    private func serve(_ state: TransferState, from folder: String) async {
        let id = state.transfer.id
        // Whoever asks by a better hash is answered with it.
        let algorithms = hashAlgorithms(for: state.transfer.peer)
        let found = await sharedFile(state.offered.selector, in: folder, algorithms)
        guard transferStates[id] != nil else { return }
        if let (reader, selector) = found {
            var identifiers = IdentifierSource()
            transferStates[id]?.offered.selector = selector
            transferStates[id]?.transfer.size = selector.size
            transferStates[id]?.transfer.name = selector.name ?? ""
            transferStates[id]?.transfer.type = selector.type?.description ?? ""
            transferStates[id]?.isTold = true
            transferStates[id]?.work = .sending(
                FileSending(
                    messageID: ByteString(identifiers.messageID()),
                    source: StoredBytes(file: reader)
                )
            )
        } else {
            transferStates[id]?.end = .notAvailable
        }
        answerIfDecided(state.session)
    }

    /// The one file of the folder that a selector selects (RFC 5547 §8.3.2).
    private func sharedFile(
        _ selector: FileSelector,
        in folder: String,
        _ algorithms: [FileHash.Algorithm]
    ) async -> (FileReader, FileSelector)? {
        var found: (FileReader, FileSelector)?
        for name in FolderListing.names(in: folder, limit: Self.sharedFiles) {
            if let wanted = selector.name, wanted != name { continue }
            let path = "\(folder)/\(name)"
            guard let reader = try? FileReader(path: path, followsLinks: false),
                selector.size.map({ $0 == reader.size }) ?? true,
                let hashes = try? await hashes(
                    of: reader,
                    path: path,
                    name: name,
                    algorithms,
                    needed: selector.hash(.sha1) == nil && selector.hash(.sha256) != nil ? .sha256 : .sha1
                )
            else { continue }
            let file = FileSelector(
                name: name,
                type: MediaType(fileName: name),
                size: reader.size,
                hashes: hashes
            )
            guard selector.selects(file) else { continue }
            // Which of several is meant cannot be asked; but those with the same bytes are as good as each other.
            if let other = found?.1 {
                guard other.size == file.size, other.lastingHash == file.lastingHash else { return nil }
                continue
            }
            found = (reader, file)
        }
        return found
    }

    /// The most files of the shared folder that are looked at.
    private static let sharedFiles = 10_000
}

extension FileHash {
    /// Takes kept hashes apart, which stand one behind the other in this order, as many as there are.
    static func split(_ bytes: [UInt8], _ algorithms: [Algorithm]) -> [FileHash] {
        var rest = bytes[...]
        var hashes: [FileHash] = []
        for algorithm in algorithms {
            guard rest.count >= algorithm.length else { break }
            hashes.append(FileHash(algorithm, Array(rest.prefix(algorithm.length))))
            rest = rest.dropFirst(algorithm.length)
        }
        return hashes
    }
}

extension FileHash.Algorithm {
    var function: HashFunction {
        switch self {
        case .sha1: .sha1
        case .sha256: .sha256
        }
    }
}

extension FileReader {
    /// Opens a file of the user that is to be sent.
    ///
    /// - Throws: `EngineError.fileNotReadable`.
    package convenience init(sending path: String) throws(EngineError) {
        do throws(FileContents.Failure) {
            try self.init(path: path)
        } catch {
            throw .fileNotReadable(path, detail: "\(error)")
        }
    }
}
