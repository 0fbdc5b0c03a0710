import Engine

struct CapabilitiesCommand: EngineCommand {
    static let definition = CommandDefinition(
        name: "capabilities",
        topic: .messaging,
        summary: "Ask what somebody's client can do.",
        parameters: [
            Parameter(
                name: "peer",
                kind: .contact,
                help: "Whom to ask: a URI, a number or a name in this network"
            )
        ],
        options: [
            Option(name: "refresh", help: "Ask even if the answer of the last hour is remembered")
        ],
        examples: ["capabilities sip:bob@ims.test", "capabilities bob --refresh --json"]
    )

    private let peer: String
    private let isRefreshed: Bool

    init(_ arguments: Arguments) {
        peer = arguments["peer"]
        isRefreshed = arguments.has("refresh")
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let answer = try await engine.capabilities(
            of: peer,
            isRefreshed: isRefreshed,
            as: context.identity
        )
        context.output.show(.capabilities(answer), account: engine.account.name)
        return .done
    }
}
