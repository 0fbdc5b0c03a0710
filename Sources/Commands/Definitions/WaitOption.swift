import Engine

extension Option {
    /// How far a message must get before a command is content.
    static let wait = Option(
        name: "wait",
        value: .required("GOAL", .choice(MessageGoal.allCases.map(\.rawValue))),
        help: "Wait until a message is sent, accepted, delivered or displayed; accepted if not given"
    )
}

extension Arguments {
    /// What `--wait` says.
    var goal: MessageGoal { option("wait").flatMap(MessageGoal.init(rawValue:)) ?? .accepted }
}
