import Runtime
import SIP
import Store
import UserAgent
package import Wire

/// What somebody's client can do, as its user agent said.
package struct Capabilities: Hashable, Sendable {
    /// Who was asked.
    package var uri: String
    /// Whose answer it is, as the network vouches for it.
    package var identities: [String]
    /// The Contact that answered.
    package var contact: String?
    /// The services this program knows among the features.
    package var services: [Service]
    /// Every feature tag, in readable form.
    package var features: [String]
    package var methods: [String]
    package var accepted: [String]
    package var userAgent: String?
    /// When it was said.
    package var time: Timestamp
    /// Whether it was said earlier and is not asked again yet.
    package var isRemembered: Bool

    package enum Service: String, Hashable, Sendable, CaseIterable {
        /// Pager messages and chats (OMA SIMPLE IM TS).
        case messaging = "im"
        /// GSMA IR.79.
        case imageShare = "image-share"
    }

    init(_ response: Message, uri: String, time: Timestamp, isRemembered: Bool) {
        let peer = PeerCapabilities(response)
        self.uri = uri
        identities = peer.identities
        contact = peer.contact
        services = Service.allCases.filter {
            switch $0 {
            case .messaging: peer.hasMessaging
            case .imageShare: peer.hasImageShare
            }
        }
        features = peer.features.descriptions
        methods = peer.methods
        accepted = peer.accepted
        userAgent = peer.userAgent
        (self.time, self.isRemembered) = (time, isRemembered)
    }

    package func has(_ service: Service) -> Bool { services.contains(service) }
}

// What others can do, asked by OPTIONS and remembered for a while.
extension Engine {
    /// How long an answer is held to be true: devices come and go within the day.
    static let capabilityLifetime: Int64 = 3_600_000_000
    /// The largest answer that is remembered.
    private static let capabilityLimit = 8_192
    private static let capabilityTrait = "capabilities"

    /// Tells what somebody's client can do, as it said within the last hour or is asked now.
    ///
    /// - Parameters:
    ///   - recipient: Whom to ask, as the user names them.
    ///   - isRefreshed: Whether to ask even if the answer is remembered.
    ///   - identity: The public identity to ask as; `nil` for the default one.
    /// - Returns: What the client said.
    /// - Throws: `EngineError.refused` with the answer of the network, or `noAnswer`.
    package func capabilities(
        of recipient: String,
        isRefreshed: Bool = false,
        as identity: String? = nil
    ) async throws(EngineError) -> Capabilities {
        let peer = try self.recipient(recipient).uri
        if !isRefreshed, let remembered = rememberedCapabilities(of: peer) { return remembered }
        let granted = try await register()
        let sender = try self.identity(identity ?? configuration.identity, among: granted)
        var identifiers = IdentifierSource()
        let query = CapabilityQuery(recipient: peer, identity: sender, callID: identifiers.callID())
        let session = chatStates.values.first { $0.isOpen && Recipient.isSame($0.chat.peer, peer) }?.session
        return try await withDeadline(method: "OPTIONS") { engine, waiter in
            var made: CapabilityQuery.ID?
            engine.step { core, now, effects in
                made = core.ask(query, in: session, at: now, into: &effects)
                // The outcome may be among the effects, so that the call must be known before they are performed.
                guard let made else { return }
                engine.capabilityWaiters[made] = CapabilityWaiter(continuation: waiter, peer: peer)
            }
            guard let made else {
                waiter.resume(returning: .failure(.notRegistered))
                return { _, _ in }
            }
            return { engine, error in engine.abandon(made, error) }
        }
    }

    /// What was said within `capabilityLifetime`, or `nil`.
    func rememberedCapabilities(of peer: String) -> Capabilities? {
        let found = keep { store throws(Store.Failure) in
            try store.peerTrait(Self.capabilityTrait, peer: peer, account: account.name)
        }
        guard let trait = found ?? nil,
            Timestamp.now.microseconds - trait.time.microseconds < Self.capabilityLifetime,
            let response = try? Message(parsing: ByteString(trait.value))
        else { return nil }
        return Capabilities(response, uri: peer, time: trait.time, isRemembered: true)
    }

    func finish(_ id: CapabilityQuery.ID, _ outcome: CapabilityQuery.Outcome) {
        guard let waiter = capabilityWaiters.removeValue(forKey: id) else { return }
        let answer: Result<Capabilities, EngineError> =
            switch outcome {
            case .answered(let response): .success(remember(response, of: waiter.peer))
            case .refused(let response): .failure(.refused(method: "OPTIONS", Refusal(response)))
            case .noAnswer: .failure(.noAnswer(method: "OPTIONS"))
            case .unreachable:
                .failure(.unreachable(target: account.proxy.host, detail: "the flow to the P-CSCF failed"))
            }
        waiter.continuation.resume(returning: answer)
    }

    func abandon(_ id: CapabilityQuery.ID, _ error: EngineError) {
        capabilityWaiters.removeValue(forKey: id)?.continuation.resume(returning: .failure(error))
    }

    private func remember(_ response: Message, of peer: String) -> Capabilities {
        var kept = response
        kept.body = .empty
        let text = ByteString(kept.serialized())
        if text.count <= Self.capabilityLimit {
            keep { store throws(Store.Failure) in
                let trait = PeerTrait(value: text.text, time: .now)
                try store.setPeerTrait(trait, Self.capabilityTrait, peer: peer, account: account.name)
            }
        }
        return Capabilities(response, uri: peer, time: .now, isRemembered: false)
    }
}

/// A call that waits for what somebody's client can do.
struct CapabilityWaiter {
    var continuation: CheckedContinuation<Result<Capabilities, EngineError>, Never>
    var peer: String
}
