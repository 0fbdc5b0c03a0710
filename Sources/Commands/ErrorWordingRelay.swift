import Engine

/// Why the account's own MSRP relay cannot be used.
extension Explanation {
    init(_ failure: RelayFailure, of host: String) {
        let relay = "The relay \(Display.safe(host))"
        switch failure {
        case .unreachable(let detail):
            self.init(
                "relay_unreachable",
                "\(relay) cannot be reached: \(Display.safe(detail)).",
                advice: "Check msrp-relay in ims.conf, or leave it out to connect directly.",
                status: .noAnswer
            )
        case .certificate(let detail):
            self.init(
                "relay_certificate",
                "\(relay) does not prove to be the one of that name: \(Display.safe(detail)).",
                advice: "Check msrp-relay and tls-ca in ims.conf.",
                status: .configuration
            )
        case .credentialsRefused:
            self.init(
                "relay_credentials",
                "\(relay) does not take the account's name and password.",
                advice: "Check private-identity and the password in ims.conf.",
                status: .configuration
            )
        case .notOurs(let detail):
            self.init(
                "relay_credentials",
                "\(relay) gets no password: \(Display.safe(detail)).",
                advice: "Check msrp-relay and realm in ims.conf.",
                status: .configuration
            )
        case .refused(let status):
            self.init(
                "relay_refused",
                "\(relay) refuses to serve (\(status)).",
                advice: status == 403 ? "The account may not use it: ask its operator." : nil,
                status: .refused
            )
        case .noAnswer:
            self.init("relay_silent", "\(relay) does not answer in time.", status: .noAnswer)
        case .badAnswer:
            self.init("relay_answer", "\(relay) gave an answer that cannot be used.", status: .refused)
        }
    }
}
