import SIP
import Wire

/// The session timer of one dialog: who refreshes it, and how often (RFC 4028).
struct SessionTimer: Hashable, Sendable {
    /// The interval agreed upon; `nil` while nobody watches over the session.
    private(set) var interval: Duration?
    private(set) var isRefresher = false
    private let wanted: Duration
    /// The shortest interval we take ourselves.
    private let minimum: Duration
    /// The longest `Min-SE` seen, which every request must repeat (§7.4).
    private var learned: Duration?

    /// No interval may be shorter (§5).
    static let floor = Duration.seconds(90)
    /// The longest time before the expiry at which the session is given up (§10).
    static let margin = Duration.seconds(32)

    init(wanted: Duration, minimum: Duration) {
        self.minimum = max(minimum, Self.floor)
        self.wanted = max(wanted, self.minimum)
    }

    // MARK: - As the one who asks

    /// Adds to an INVITE or UPDATE what it asks for (§7.1, §7.4).
    func complete(_ request: inout Message, isInitial: Bool) {
        let asked = max(interval ?? wanted, learned ?? .zero)
        let refresher = isInitial || interval == nil || isRefresher ? "uac" : "uas"
        request.headers.append(.sessionExpires, "\(asked.components.seconds);refresher=\(refresher)")
        if let learned { request.headers.append(.minSE, "\(learned.components.seconds)") }
    }

    /// Takes a 422.
    ///
    /// - Returns: Whether it names a longer interval than the one that was asked for.
    mutating func takeRefusal(_ response: Message) -> Bool {
        guard let least = response.minimumInterval, least > (learned ?? .zero),
            least > (interval ?? wanted)
        else { return false }
        learned = least
        return true
    }

    /// Takes the 2xx to a request of ours (§7.2).
    mutating func take(_ response: Message) {
        guard let field = try? response.headers.first(SessionExpires.self) else {
            interval = nil
            return
        }
        interval = max(.seconds(field.seconds), Self.floor)
        isRefresher = field.parameters["refresher"]?.equalsIgnoringCase("uas") != true
    }

    // MARK: - As the one who is asked

    /// The interval to demand with 422, if that of the request is too short (§9).
    func refusal(of request: Message) -> Duration? {
        guard request.supports("timer"), let field = try? request.headers.first(SessionExpires.self),
            .seconds(field.seconds) < minimum
        else { return nil }
        return minimum
    }

    /// Agrees to what a request asks for, and says so in the 2xx (§9, table 2).
    mutating func answer(_ request: Message, in response: inout Message) {
        let isSupported = request.supports("timer")
        let field = try? request.headers.first(SessionExpires.self)
        let least = max(request.minimumInterval ?? .zero, Self.floor)
        if let asked = request.minimumInterval { learned = max(learned ?? .zero, asked) }
        let asked = field.map { Duration.seconds($0.seconds) }
        let granted = max(min(asked ?? interval ?? wanted, interval ?? wanted), least)
        switch field?.parameters["refresher"] {
        case let role? where isSupported: isRefresher = role.equalsIgnoringCase("uas")
        case nil where isSupported: isRefresher = interval == nil ? false : isRefresher
        default: isRefresher = true
        }
        interval = granted
        let refresher = isRefresher ? "uas" : "uac"
        response.headers.append(.sessionExpires, "\(granted.components.seconds);refresher=\(refresher)")
        if isSupported { response.headers.append(.require, "timer") }
    }

    // MARK: - Time

    /// When we have to refresh, counted from the last 2xx: at half of the interval (§10).
    var refreshDelay: Duration? {
        guard isRefresher, let interval else { return nil }
        return interval / 2
    }

    /// When the session is given up, counted from the last 2xx: a little before it expires (§10).
    var expiryDelay: Duration? { interval.map { $0 - min(Self.margin, $0 / 3) } }
}

extension Message {
    /// `Min-SE` (RFC 4028 §5).
    fileprivate var minimumInterval: Duration? {
        (try? headers.first(MinSE.self)).map { .seconds($0.seconds) }
    }

    /// Whether the sender understands an extension.
    func supports(_ option: String) -> Bool {
        (try? headers.all(Supported.self))?.contains { $0.contains(option) } == true
    }

    /// Whether the sender demands an extension.
    func requires(_ option: String) -> Bool {
        (try? headers.all(Require.self))?.contains { $0.contains(option) } == true
    }
}
