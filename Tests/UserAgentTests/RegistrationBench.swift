import Documents
import SIP
import Testing
import UserAgent
import Wire

/// A registration, the registrar it talks to and the time, all in the test's hand.
struct RegistrationBench {
    var registration: Registration
    let epoch = Instant.now
    /// The time since the bench was made.
    var now = Duration.zero
    var sent: [Message] = []
    var reports: [Registration.Report] = []
    var flowsWanted = 0
    var fullStatesWanted = 0
    var lastFlow: UInt64 = 0

    static let instanceID = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

    init(
        credential: Credential = .password(Secret("wonderland")),
        keptNonces: String? = nil,
        change: (inout Registration.Profile) -> Void = { _ in }
    ) throws {
        var profile = Registration.Profile(
            publicIdentity: try SIPURI("sip:alice@ims.test"),
            homeDomain: try SIPURI("sip:ims.test")
        )
        profile.instanceID = Self.instanceID
        profile.userAgent = "IM-client/OMA1.0 ims/1"
        change(&profile)
        let authenticator = Authenticator(
            privateIdentity: "alice@ims.test",
            realm: "ims.test",
            credential: credential,
            keptNonces: keptNonces
        )
        registration = Registration(
            profile: profile,
            authenticator: authenticator,
            identifiers: IdentifierSource(seed: 42)
        )
    }

    /// A bench whose registration was granted `expires` seconds with these further header fields.
    static func registered(
        expires: Int = 3600,
        headers: [(HeaderName, String)] = [],
        change: (inout Registration.Profile) -> Void = { _ in }
    ) throws -> RegistrationBench {
        var bench = try RegistrationBench(change: change)
        bench.start()
        bench.openFlow()
        bench.grant(expires: expires, headers: headers)
        return bench
    }

    // MARK: Inputs

    mutating func input(_ body: (inout Registration, Instant, inout [Registration.Effect]) -> Void) {
        var effects: [Registration.Effect] = []
        body(&registration, epoch + now, &effects)
        for effect in effects {
            switch effect {
            case .send(let message, _): sent.append(message)
            case .needFlow: flowsWanted += 1
            case .report(let report): reports.append(report)
            case .needFullState: fullStatesWanted += 1
            }
        }
    }

    mutating func start() { input { $0.start(at: $1, into: &$2) } }

    mutating func unregister(serviceOnly: Bool = false) {
        input { $0.unregister(serviceOnly: serviceOnly, at: $1, into: &$2) }
    }

    mutating func refresh() { input { $0.refresh(at: $1, into: &$2) } }

    mutating func openFlow(_ transport: TransportProtocol = .udp, port: UInt16 = 5070) {
        lastFlow += 1
        let flow = Flow(
            id: FlowID(lastFlow),
            transport: transport,
            local: TransportAddress(host: "127.0.0.1", port: port),
            remote: TransportAddress(host: "127.0.0.1", port: 4060)
        )
        input { $0.flowReady(flow, at: $1, into: &$2) }
    }

    mutating func breakFlow() { input { $0.flowFailed(at: $1, into: &$2) } }

    mutating func fail(_ failure: TransactionLayer.ClientFailure) {
        input { $0.failure(failure, at: $1, into: &$2) }
    }

    mutating func notify(_ information: RegistrationInformation) {
        input { $0.receive(information, at: $1, into: &$2) }
    }

    /// Lets time pass, firing at every deadline on the way.
    mutating func run(until limit: Duration) {
        while let deadline = registration.nextDeadline, deadline <= epoch + limit {
            now = max(now, deadline - epoch)
            input { $0.fire(at: $1, into: &$2) }
        }
        now = limit
    }

    mutating func run(for duration: Duration) { run(until: now + duration) }

    // MARK: The registrar

    var last: Message { sent.last ?? Message(method: .register, uri: "sip:nothing.sent") }

    mutating func answer(_ status: StatusCode, _ headers: [(HeaderName, String)] = []) {
        var response = last.response(status, toTag: "registrar")
        for (name, value) in headers { response.headers.append(name, value) }
        deliver(response)
    }

    mutating func deliver(_ response: Message) {
        input { $0.response(response, at: $1, into: &$2) }
    }

    /// Grants what was asked, for `expires` seconds.
    mutating func grant(expires: Int = 3600, headers: [(HeaderName, String)] = []) {
        let contact = last.headers.first(.contact)?.text ?? ""
        answer(.ok, [(.contact, "\(contact);expires=\(expires)")] + headers)
    }

    mutating func challenge(nonce: String = "n1", _ more: String = "") {
        answer(
            .unauthorized,
            [(.wwwAuthenticate, "Digest realm=\"ims.test\", nonce=\"\(nonce)\", qop=\"auth\"\(more)")]
        )
    }

    // MARK: What was sent

    func field(_ name: HeaderName) -> String? { last.headers.first(name)?.text }

    var lastStatus: Registration.Status? {
        for case .registered(let status) in reports.reversed() { return status }
        return nil
    }

    var failures: [RegistrationFailure] {
        reports.compactMap { if case .failed(let failure, _) = $0 { failure } else { nil } }
    }

    var endings: [Registration.UnregistrationCause] {
        reports.compactMap { if case .unregistered(let cause) = $0 { cause } else { nil } }
    }
}

/// A document of the `reg` event about the binding of alice.
func reginfo(
    _ event: RegistrationInformation.Event,
    version: UInt32 = 0,
    uri: String = "sip:alice@127.0.0.1:5070;transport=udp",
    full: Bool = true,
    change: (inout RegistrationInformation.Contact) -> Void = { _ in }
) -> RegistrationInformation {
    let active: [RegistrationInformation.Event] = [.registered, .created, .refreshed, .shortened]
    var contact = RegistrationInformation.Contact(
        id: uri,
        state: active.contains(event) ? .active : .terminated,
        event: event,
        uri: uri
    )
    change(&contact)
    let registration = RegistrationInformation.Registration(
        addressOfRecord: "sip:alice@ims.test",
        id: "a",
        state: contact.state == .active ? .active : .terminated,
        contacts: [contact]
    )
    return RegistrationInformation(version: version, isFull: full, registrations: [registration])
}
