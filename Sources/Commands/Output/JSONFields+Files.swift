import Engine
import Wire

/// The fields of the objects about files.
extension JSONMembers {
    mutating func add(_ transfer: FileTransfer) {
        add("transfer", transfer.id.number)
        add("direction", transfer.isOutgoing ? "outgoing" : "incoming")
        add("peer", transfer.peer)
        add("claimed", transfer.claimed)
        add("display_name", transfer.displayName)
        add("name", transfer.name)
        add("content_type", transfer.type)
        add("size", transfer.size)
        add("sha1", transfer.hash)
        add("sha256", transfer.betterHash)
        add("modified", transfer.modified?.description)
        add("image_share", transfer.isImageShare)
        add("call_id", transfer.callID)
    }

    mutating func add(_ icon: FileIcon?) {
        guard let icon else { return }
        add("icon_type", icon.type)
        add("icon_base64", Base64.encode(icon.bytes))
    }

    mutating func add(_ progress: FileProgress) {
        add("bytes", progress.done)
        add("resumed_bytes", progress.resumed)
        add("total_bytes", progress.size)
    }

    mutating func add(_ end: FileTransferEnd) {
        add("outcome", end.word)
        switch end {
        case .complete(let path, let isVerified):
            add("path", path)
            add("verified", isVerified)
        case .refused(let refusal): add(refusal)
        case .stopped(let status): add("status", status)
        case .connection(let detail), .certificate(let detail), .storage(let detail), .source(let detail):
            add("detail", detail)
        case .wrongHash(let part): add("part", part)
        case .wrongSize(let announced, let received, let part):
            add("announced_bytes", announced)
            add("received_bytes", received)
            add("part", part)
        case .tooLarge(let limit): add("limit", limit)
        case .byUser, .byPeer, .cancelled, .unanswered, .lost, .stalled, .notAvailable, .unvouched: break
        }
    }
}

extension FileTransferEnd {
    var word: String {
        switch self {
        case .complete: "complete"
        case .byUser: "user"
        case .byPeer: "peer"
        case .refused: "refused"
        case .cancelled: "cancelled"
        case .unanswered: "unanswered"
        case .stopped: "stopped"
        case .connection: "connection"
        case .certificate: "certificate"
        case .lost: "lost"
        case .stalled: "stalled"
        case .wrongHash: "wrong_hash"
        case .wrongSize: "wrong_size"
        case .storage: "storage"
        case .source: "source"
        case .tooLarge: "too_large"
        case .notAvailable: "not_available"
        case .unvouched: "unvouched"
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .complete: .done
        case .unanswered, .connection, .lost, .stalled: .noAnswer
        case .refused(let refusal) where [408, 480].contains(refusal.status): .noAnswer
        default: .refused
        }
    }
}
