package import Runtime
package import Store

/// The client as the commands see it: one account, its registration and its messages.
///
/// The engine is the only actor. Everything below it is synchronous and is confined to it, so no layer below takes
/// a lock or awaits.
package actor Engine {
    private nonisolated let loop: EventLoop

    package nonisolated let account: Account

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    package init(_ configuration: EngineConfiguration, on loop: EventLoop) {
        account = configuration.account
        self.loop = loop
    }

    /// Makes the secret readable before the first request needs it, so that a missing file is told at once.
    package func prepare() async throws(EngineError) {}

    /// Registers the account and waits for the answer; calls made meanwhile share it.
    package func register() async throws(EngineError) -> RegistrationStatus { throw .notRegistered }

    /// Leaves the IM service (the binding stays, without the feature tag), or the network altogether.
    package func unregister(serviceOnly: Bool) async throws(EngineError) {}

    /// What is registered now, or `nil`.
    package var registration: RegistrationStatus? { nil }

    /// Sends a pager message, registering first if need be, and waits for its outcome.
    package func send(_ message: OutgoingMessage) async throws(EngineError) -> MessageReport {
        throw .notRegistered
    }

    /// Every event from now on, to any number of subscribers, until `shutDown`.
    package func events() -> AsyncStream<Event> { AsyncStream { $0.finish() } }

    /// Messages with `peer`, or with anyone, oldest first; at most the last `limit`.
    package func history(peer: String?, limit: Int) throws -> [HistoryEntry] { [] }

    /// Ends everything: de-registers unless told not to, waits a few seconds for the answer, closes the flow.
    package func shutDown(keepRegistration: Bool) async {}
}
