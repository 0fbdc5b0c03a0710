import Foundation
package import Runtime

/// Runs `body` on the thread of a loop of its own, where it may call everything that belongs to the loop.
package func withEventLoop<Result: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
    let loop = EventLoop()
    let thread = Thread { loop.run() }
    thread.start()
    defer { loop.stop() }
    let task = Task(executorPreference: loop) { try await body(loop) }
    // A time limit that runs out is to end what hangs.
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}

/// Events in the order they came, to be waited for one at a time.
package struct Inbox<Element: Sendable>: Sendable {
    private let stream: AsyncStream<Element>
    private let continuation: AsyncStream<Element>.Continuation

    package init() { (stream, continuation) = AsyncStream.makeStream() }

    package func put(_ element: Element) { continuation.yield(element) }

    /// Waits for the next element.
    package func next() async throws -> Element {
        for await element in stream { return element }
        throw CancellationError()
    }
}
