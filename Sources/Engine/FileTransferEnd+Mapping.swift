import SIP
import UserAgent

extension FileTransferEnd {
    /// Why a session that was to carry files is over.
    init(_ close: MessageSession.Close) { self.init(ChatEnd(close)) }

    /// Why a message session is over.
    init(_ end: ChatEnd) {
        switch end {
        case .byUser: self = .byUser
        case .byPeer: self = .byPeer
        case .refused(let refusal): self = .refused(refusal)
        case .cancelled: self = .cancelled
        case .unanswered: self = .unanswered
        case .connection(let detail): self = .connection(detail: detail)
        case .certificate(let detail): self = .certificate(detail: detail)
        case .gateway: self = .connection(detail: "a gateway does not let it through")
        case .lost: self = .lost
        }
    }

    /// Why a file could not be received.
    init(_ error: EngineError) {
        switch error {
        case .fileTooLarge(let limit): self = .tooLarge(limit: limit)
        case .fileNotKept(let detail): self = .storage(detail: detail)
        case .relay(let host, _): self = .connection(detail: "the relay \(host) does not serve")
        case .unreachable(_, let detail): self = .connection(detail: detail)
        default: self = .byUser
        }
    }

    /// What is answered to an invitation of which nothing is taken, and the text of the warning.
    var answer: (status: StatusCode, text: String?) {
        switch self {
        case .tooLarge(let limit): (.notAcceptableHere, "The file is larger than \(limit) bytes")
        case .notAvailable: (.notAcceptableHere, "No such file")
        case .storage: (.temporarilyUnavailable, "The file cannot be stored")
        case .connection: (.temporarilyUnavailable, "There is no connection for the file")
        default: (.decline, nil)
        }
    }

    /// Whether nothing is left that another attempt could go on with.
    var isFinal: Bool {
        switch self {
        case .complete, .wrongHash, .wrongSize: true
        default: false
        }
    }
}
