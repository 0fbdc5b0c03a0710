import Engine

/// Why the presence of somebody is not told.
extension Explanation {
    init(_ uri: String, _ obstacle: PresenceObstacle) {
        let summary = PresenceText.line(uri, obstacle)
        switch obstacle {
        case .undecided:
            self.init(
                "presence_undecided",
                summary,
                advice: "They see your request; ims presence watch waits for the answer.",
                status: .refused
            )
        case .rejected: self.init("presence_rejected", summary, status: .refused)
        case .noResource:
            self.init("presence_no_resource", summary, advice: "Check the address.", status: .refused)
        case .refused(let refusal):
            let (advice, status) = Self.next(refusal, of: "SUBSCRIBE")
            self.init("refused", summary, advice: advice, status: status, sipStatus: refusal.status)
        case .noAnswer, .ended: self.init("presence_not_told", summary, status: .noAnswer)
        }
    }
}

/// Why a provisioning document says nothing.
package enum ProvisioningFailure: Error, Hashable, Sendable {
    case unreadable(file: String, detail: String)
    case nothingKnown(file: String)
}

extension Explanation {
    init(_ failure: ProvisioningFailure) {
        switch failure {
        case .unreadable(let file, let detail):
            self.init(
                "provisioning",
                "\(Display.safe(file)) is no provisioning document: \(Display.safe(detail)).",
                advice: "It must be the XML of a DM tree or of an application characteristic (AC).",
                status: .usage
            )
        case .nothingKnown(let file):
            self.init(
                "provisioning",
                "\(Display.safe(file)) holds nothing that is known here.",
                advice: "PRES-SRV-CAP, Conference-factory-URI and MAX-ADHOC-GROUP-SIZE are looked for.",
                status: .usage
            )
        }
    }
}
