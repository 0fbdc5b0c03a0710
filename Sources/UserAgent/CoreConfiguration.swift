package import SIP
internal import Wire

extension Core {
    /// What the core of one account is set up with.
    package struct Configuration: Sendable {
        package var registration: Registration.Profile
        package var timers: TimerValues
        /// Whether to subscribe to the state of one's own registration (TS 24.229 §5.1.1.3).
        package var watchesRegistration: Bool
        /// The longest time between keep-alives; `nil` as the proxy says, zero for none.
        package var keepAlive: Duration?

        /// What is served, and told to those who ask with OPTIONS.
        var capabilities: UserAgentCapabilities {
            UserAgentCapabilities(
                methods: registration.allow,
                options: registration.supported + ["timer", "100rel", "eventlist"],
                acceptedTypes: ["application/sdp", "text/plain", "*/*"],
                subscribedPackages: ["reg", "presence", "presence.winfo", "xcap-diff"],
                product: registration.userAgent
            )
        }

        package init(
            registration: Registration.Profile,
            timers: TimerValues = .standard,
            watchesRegistration: Bool = true,
            keepAlive: Duration? = nil
        ) {
            self.registration = registration
            self.timers = timers
            self.watchesRegistration = watchesRegistration
            self.keepAlive = keepAlive
        }
    }

    /// A request with what every request of this client carries (OMA SIMPLE IM TS §6.1.3.1, TS 24.229 §5.1.2A.1.1).
    func completed(_ request: Message) -> Message {
        var request = request
        let profile = configuration.registration
        if let userAgent = profile.userAgent { request.headers.append(.userAgent, userAgent) }
        if let network = profile.accessNetworkInfo { request.headers.append(.pAccessNetworkInfo, network) }
        // Nobody sends a request because of a PUBLISH, and what it carries needs the room of a datagram.
        if request.method != .publish, !request.headers.contains(.allow) {
            request.headers.append(Allow(profile.allow))
        }
        if !isInDialog(request) {
            for route in preloadedRoute { request.headers.append(route) }
        }
        return request
    }

    private func isInDialog(_ request: Message) -> Bool { (try? request.headers.first(To.self))?.tag != nil }

    /// The route of every initial request: the P-CSCF, then what the registrar gave (TS 24.229 §5.1.2A.1.1).
    private var preloadedRoute: [Route] {
        guard let flow else { return [] }
        let transport = flow.transport == .udp ? "" : ";transport=\(flow.transport.rawValue)"
        guard let proxy = try? Route(parsing: ByteString("<sip:\(flow.remote)\(transport);lr>")) else {
            return []
        }
        return [proxy] + registration.serviceRoute
    }

    /// Adds to a response what the network wants in it (TS 24.229 §5.1.2A.1.2).
    func complete(_ response: inout Message) {
        let profile = configuration.registration
        if let network = profile.accessNetworkInfo { response.headers.append(.pAccessNetworkInfo, network) }
    }
}
