import SDP
package import UserAgent
package import Wire

/// Names a transfer of this run.
package struct TransferID: Hashable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }
}

/// The transfer of one file (RFC 5547), as the user sees it.
package struct FileTransfer: Hashable, Sendable {
    package var id: TransferID
    /// The other side: the asserted identity if there is one, else the claimed one, or the URI that was invited.
    package var peer: String
    /// What the inviting side claims to be, where that is not what the network vouches for.
    package var claimed: String?
    package var displayName: String?
    /// Whether this side sends the file.
    package var isOutgoing: Bool
    /// Whether the other side has begun it; nobody here waits for its end then.
    package var isInvited = false
    /// Whether the user is asked whether to take it.
    package var isAsked = false
    /// The name, made safe if the other side gave it.
    package var name: String
    package var type: String
    /// `nil` as long as nobody knows.
    package var size: UInt64?
    /// The SHA-1 in hexadecimal digits; `nil` if it is not known.
    package var hash: String?
    /// The SHA-256, where it is said beside it.
    package var betterHash: String?
    package var modified: Timestamp?
    /// Whether the other side wishes it to be shown at once.
    package var isToBeShown = false
    package var isImageShare = false
    /// A small picture of it.
    package var icon: FileIcon?
    /// The `Call-ID` of the session.
    package var callID: String

    package init(
        id: TransferID,
        peer: String,
        isOutgoing: Bool,
        name: String,
        type: String,
        size: UInt64?,
        callID: String
    ) {
        (self.id, self.peer, self.isOutgoing) = (id, peer, isOutgoing)
        (self.name, self.type, self.size, self.callID) = (name, type, size, callID)
    }

    /// Takes note of the hashes that were said.
    mutating func take(_ hashes: [FileHash]) {
        for known in hashes {
            switch known.algorithm {
            case .sha1: hash = Hexadecimal.encode(known.bytes)
            case .sha256: betterHash = Hexadecimal.encode(known.bytes)
            }
        }
    }
}

/// A small picture of a file.
package struct FileIcon: Hashable, Sendable {
    package var type: String
    package var bytes: [UInt8]

    package init(type: String, bytes: [UInt8]) { (self.type, self.bytes) = (type, bytes) }
}

/// How far a transfer has come.
package struct FileProgress: Hashable, Sendable {
    /// The bytes of the file that are with the receiver, or with the relay before it, from the first on.
    package var done: UInt64
    /// Those that were there before this transfer.
    package var resumed: UInt64
    package var size: UInt64?

    package init(done: UInt64, resumed: UInt64, size: UInt64?) {
        (self.done, self.resumed, self.size) = (done, resumed, size)
    }
}

/// Why a transfer is over.
package enum FileTransferEnd: Hashable, Sendable {
    /// All of it is where it belongs; `path` is where, on the receiving side.
    case complete(path: String?, isVerified: Bool)
    case byUser
    case byPeer
    /// The other side did not take it.
    case refused(Refusal)
    /// The one who invited gave up before there was an answer.
    case cancelled
    case unanswered
    /// The receiver stopped it with this MSRP status code.
    case stopped(UInt16)
    /// The MSRP connection could not be made, or broke; `detail` says why.
    case connection(detail: String)
    /// The other side's certificate is not the one that was announced or can be trusted; `detail` says which was seen.
    case certificate(detail: String)
    /// The session ran out, or the peer does not know it any more.
    case lost
    /// Nothing has come or gone for too long.
    case stalled
    /// The bytes are not those that were announced; what came stays in `part`.
    case wrongHash(part: String)
    /// There are more or fewer bytes than were announced; what came stays in `part`.
    case wrongSize(announced: UInt64, received: UInt64, part: String)
    /// The file cannot be kept here; `detail` says why.
    case storage(detail: String)
    /// What was being sent could not be read to its end; `detail` says why.
    case source(detail: String)
    /// It is larger than this side takes.
    case tooLarge(limit: UInt64)
    /// There is no such file, or what is asked for does not make sense.
    case notAvailable
    /// The network does not vouch for the sender, and nobody is there to be asked.
    case unvouched

    /// Whether trying again can go on where this ended.
    package var isWorthRepeating: Bool {
        switch self {
        case .connection, .lost, .stalled: true
        default: false
        }
    }
}

/// What is done with files that are offered.
package enum FilePolicy: String, Hashable, Sendable, CaseIterable {
    /// The user is asked.
    case ask
    /// Every file of a sender the network vouches for is taken.
    case all
    /// Every file is refused.
    case none
}

/// A file to send.
package struct OutgoingFile: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case path(String)
        /// A descriptor that was open before, such as standard input; the size is known at its end only.
        case descriptor(Int32)
    }

    package var source: Source
    package var name: String
    /// The media type; `nil` to tell it by the ending of the name.
    package var type: String?
    package var icon: FileIcon?

    package init(_ source: Source, name: String, type: String? = nil) {
        (self.source, self.name, self.type) = (source, name, type)
    }
}

/// How a file is sent.
package struct SendingOptions: Hashable, Sendable {
    /// The public identity to send as; `nil` for the default one.
    package var identity: String?
    package var service = ServiceTags.messaging
    package var isImageShare = false
    /// Whether the hash is computed before the file is offered; without it a transfer cannot be resumed.
    package var isHashed = true
    package var chunkSize: Int?

    package init() {}
}

/// Where received files go, and which are taken.
package struct ReceptionRules: Hashable, Sendable {
    package var policy = FilePolicy.none
    /// The folder.
    package var folder = "."
    /// A descriptor the bytes go to instead, standard output for one.
    package var descriptor: Int32?
    /// The largest file that is taken.
    package var sizeLimit: UInt64 = 1 << 40
    /// The folder whose files others may fetch; `nil` for none.
    package var shared: String?
    /// How long nothing may come or go before a transfer is given up.
    package var patience = Duration.seconds(60)

    package init() {}
}
