import MSRP
import Runtime
import SDP
import UserAgent
import Wire

/// Puts the bytes of a file where they belong, and hashes them as they go by.
///
/// A file gets its name only when it is whole and what was announced; until then, and if it never is, it stays under
/// its temporary one.
final class FileReceiver: MessageSink, @unchecked Sendable {
    enum Destination {
        case file(IncomingFile, FileName)
        case descriptor(DescriptorWriter)
    }

    private let loop: EventLoop
    private let destination: Destination
    private(set) var reception: FileReception
    private var hash: BackgroundHash
    /// The hash of the bytes before the offered part, for a sender that sends all of it.
    private let earlierHash: BackgroundHash
    private var envelope: CPIMStream?
    private var claimedSize: UInt64?
    private var isPrepared = false
    private var hasBegun = false
    private var isMessageComplete = false
    /// Whether it is being judged, or put on the disk under its name.
    private(set) var isStoring = false
    private var wake: @Sendable () -> Void = {}
    /// Up to where the system was told to put the file on the disk.
    private var storedEnd: UInt64 = 0
    /// Why no more is taken.
    private(set) var failure: FileTransferEnd?
    /// What has become of a message that came whole.
    private(set) var result: FileTransferEnd?
    /// Called when there is a result.
    var report: @Sendable () -> Void = {}

    /// - Parameters:
    ///   - destination: Where the bytes go.
    ///   - reception: Which bytes come.
    ///   - kept: The hash of what is here, which is checked at the end.
    ///   - earlier: The hash of what lies before the offered part.
    ///   - loop: The loop of the engine.
    init(
        _ destination: Destination,
        _ reception: FileReception,
        kept: BackgroundHash,
        earlier: BackgroundHash,
        on loop: EventLoop
    ) {
        (self.destination, self.reception, self.loop) = (destination, reception, loop)
        (hash, earlierHash) = (kept, earlier)
    }

    /// The path of the temporary file; empty if there is none.
    var partPath: String {
        guard case .file(let file, _) = destination else { return "" }
        return "\(file.folder)/\(file.partName)"
    }

    /// Whether all bytes have come and what is said of them may still follow.
    var awaitsDescription: Bool { isMessageComplete && result == nil && !isStoring }

    /// Makes ready for the message that brings the file.
    ///
    /// - Returns: Whether it is the first one: what comes after it is no part of the file.
    func prepare(for message: MSRP.IncomingMessage) -> Bool {
        guard !isPrepared else { return false }
        isPrepared = true
        claimedSize = message.claimedSize
        if message.mediaType?.matches("message", "cpim") == true { envelope = CPIMStream() }
        return true
    }

    func begin(_ wake: @escaping @Sendable () -> Void) {
        (self.wake, hash.wake, earlierHash.wake) = (wake, wake, wake)
        if case .descriptor(let writer) = destination { writer.wake = wake }
    }

    func receive(_ bytes: ByteString) -> MessageIntake {
        guard failure == nil else { return .refused(.stopSending) }
        var content = bytes
        if envelope != nil {
            guard let unwrapped = try? envelope?.receive(bytes) else {
                return refuse(.connection(detail: "the other side sent an envelope that cannot be read"))
            }
            content = unwrapped
        }
        return store(content)
    }

    private func store(_ content: ByteString) -> MessageIntake {
        guard !content.isEmpty else { return .ready }
        do throws(IncomingFile.Failure) {
            if !hasBegun { try beginContent() }
            let place = reception.place
            guard reception.receive(content.count) else { return refuse(tooMuch) }
            hash.update(content)
            switch destination {
            case .file(let file, _):
                try file.write(content, at: place)
                beginStoring(file)
            case .descriptor(let writer):
                guard writer.write(content) else { return refuse(.storage(detail: writer.failure)) }
            }
        } catch {
            return refuse(.storage(detail: error.description))
        }
        return isFull ? .full : .ready
    }

    /// So much of a file is put on the disk at once while it comes; else all of it would be waited for at its end.
    private static let storedAtOnce: UInt64 = 8 << 20

    private func beginStoring(_ file: IncomingFile) {
        let end = reception.place
        guard end >= storedEnd + Self.storedAtOnce else { return }
        let bytes = storedEnd..<end
        storedEnd = end
        Task.detached { file.beginStoring(bytes) }
    }

    private var tooMuch: FileTransferEnd {
        guard let announced = reception.announced.size else { return .tooLarge(limit: reception.place) }
        return .wrongSize(announced: announced, received: reception.place, part: partPath)
    }

    private func beginContent() throws(IncomingFile.Failure) {
        hasBegun = true
        let kept = reception.place
        let head = UInt64(envelope?.envelopeSize ?? 0)
        let place = reception.begin(claimedSize: claimedSize.map { $0 - min($0, head) })
        storedEnd = place
        guard place != kept else { return }
        hash = earlierHash
        if case .file(let file, _) = destination { try file.truncate(to: place) }
    }

    /// Gives up: what comes from now on is refused.
    func stop(_ end: FileTransferEnd) { failure = failure ?? end }

    private func refuse(_ end: FileTransferEnd) -> MessageIntake {
        failure = end
        tell()
        return .refused(.stopSending)
    }

    func flush() {
        if case .descriptor(let writer) = destination { writer.flush() }
    }

    var isFull: Bool {
        if case .descriptor(let writer) = destination, writer.isFull { return true }
        return isStoring || hash.isFull
    }

    func end(_ end: MessageSinkEnd) {
        defer { flush() }
        guard failure == nil else { return }
        guard case .complete = end else {
            if case .failed = end { stop(.byPeer) }
            return tell()
        }
        if let rest = try? envelope?.finish(), !rest.isEmpty, case .refused = store(rest) { return }
        isMessageComplete = true
        // A hash that is still unknown may come with the next offer; then the name waits for it.
        if reception.announced.strongestHash != nil { settle() } else { tell() }
    }

    /// Takes what is said of the file after its bytes.
    func describe(_ selector: FileSelector) {
        reception.describe(selector)
        if awaitsDescription { settle() }
    }

    /// Judges the file, and gives it its name if it is what was announced.
    func settle() {
        guard awaitsDescription else { return }
        isStoring = true
        hash.finish { [self] found in
            isStoring = false
            judge(found)
        }
    }

    private func judge(_ found: FileHash) {
        // Whoever has given it up meanwhile does not want it under its name.
        guard failure == nil else { return wake() }
        let verdict = reception.verdict([found])
        switch verdict {
        case .wrongHash: finish(.wrongHash(part: partPath))
        case .wrongSize(let announced, let received):
            finish(.wrongSize(announced: announced, received: received, part: partPath))
        case .verified, .unverified: name(isVerified: verdict == .verified)
        }
    }

    private func name(isVerified: Bool) {
        guard case .file(let file, let name) = destination else {
            return finish(.complete(path: nil, isVerified: isVerified))
        }
        isStoring = true
        // It is on the disk before its name says so; that takes longer than a loop should wait.
        Task.detached { [self] in
            let end: FileTransferEnd
            do throws(IncomingFile.Failure) {
                end = .complete(path: try file.finish(as: name), isVerified: isVerified)
            } catch {
                end = .storage(detail: error.description)
            }
            loop.execute { [self] in
                isStoring = false
                finish(end)
            }
        }
    }

    private func finish(_ end: FileTransferEnd) {
        result = end
        tell()
        wake()
    }

    /// Tells in the loop's next turn: whoever is told may end the session that is calling now.
    private func tell() {
        loop.execute { [self] in report() }
    }
}
