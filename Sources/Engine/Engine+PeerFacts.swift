import Runtime
import Store
import UserAgent
import Wire

/// Something that a peer was found to know, or not to take.
enum PeerFact: String, Hashable {
    /// Envelopes: it gets plain text.
    case plainText = "plain-text"
    /// Sessions for one message: it gets all by MESSAGE.
    case noLargeMessages = "no-large-messages"
    case noNotifications = "no-notifications"
    case noTypingNotices = "no-typing-notices"
    /// Hashes of files beside SHA-1.
    case betterHashes = "better-hashes"
}

// What was learned of peers: each mistake is made once.
extension Engine {
    /// How long something is believed; peers change.
    private static let lifetimeOfFacts = Duration.seconds(30 * 86_400)

    func isKnown(_ fact: PeerFact, of peer: String) -> Bool {
        let peer = peer.lowercased()
        if learned[fact]?.contains(peer) == true { return true }
        let kept = keep { store throws(Store.Failure) in
            try store.peerTrait(fact.rawValue, peer: peer, account: account.name)
        }
        guard let trait = kept ?? nil else { return false }
        let age = Timestamp.now.microseconds - trait.time.microseconds
        return age < Self.lifetimeOfFacts.components.seconds * 1_000_000
    }

    func learn(_ fact: PeerFact, of peer: String) {
        let peer = peer.lowercased()
        guard learned[fact, default: []].insert(peer).inserted else { return }
        log(.notice, "\(peer): \(fact.rawValue) from now on")
        keep { store throws(Store.Failure) in
            let trait = PeerTrait(value: "yes", time: .now)
            try store.setPeerTrait(trait, fact.rawValue, peer: peer, account: account.name)
        }
    }

    /// Takes back what was learned: the peer has shown that it is otherwise.
    func forget(_ fact: PeerFact, of peer: String) {
        guard isKnown(fact, of: peer) else { return }
        let peer = peer.lowercased()
        learned[fact]?.remove(peer)
        keep { store throws(Store.Failure) in
            try store.setPeerTrait(nil, fact.rawValue, peer: peer, account: account.name)
        }
    }
}

// How content is written for a peer.
extension Engine {
    /// What a request for notifications has to say.
    func request(_ level: NotificationLevel) -> DispositionRequest {
        switch level {
        case .none: []
        case .delivered: .delivery
        case .displayed: [.delivery, .display]
        }
    }

    /// Whether `peer` is to get envelopes, where there is a choice.
    func wraps(for peer: String, asking asked: DispositionRequest) -> Bool {
        switch account.messageFormat {
        case .plain: false
        case .wrapped: true
        case .automatic: !asked.isEmpty && !isKnown(.plainText, of: peer)
        }
    }

    /// A message in its envelope.
    func wrapped(
        _ body: [UInt8],
        _ contentType: String,
        from sender: String,
        to recipient: String,
        asking asked: DispositionRequest,
        messageID: String
    ) -> MessageContent {
        MessageContent(contentType: contentType, body: ByteString(body)).wrapped(
            from: CPIMAddress(uri: sender),
            to: CPIMAddress(uri: recipient),
            dateTime: .now,
            wants: asked,
            messageID: messageID
        )
    }
}
