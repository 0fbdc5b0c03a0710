import Engine

extension EngineCommand {
    /// Registers, and hands over what happens until that gives a status.
    ///
    /// - Parameters:
    ///   - engine: The engine.
    ///   - context: Where the command runs.
    ///   - note: What is told at a prompt, which shows what happens anyway; `nil` to wait there too.
    ///   - take: Takes an event; `nil` to go on.
    /// - Returns: The status.
    /// - Throws: `EngineError` when the account cannot be registered, or the wait is interrupted.
    func listen(
        on engine: Engine,
        _ context: CommandContext,
        atPrompt note: String?,
        _ take: (Event) -> ExitStatus?
    ) async throws -> ExitStatus {
        // Subscribed before registering: the network may deliver what it kept at once.
        let events = await engine.events()
        _ = try await engine.register()
        if context.isREPL, let note {
            context.output.notice(note)
            return .done
        }
        for await event in events {
            if let status = take(event) { return status }
        }
        try Task.checkCancellation()
        throw EngineError.interrupted
    }
}
