/// Tells when a descriptor that someone else reads has something to read, such as a terminal under a line editor.
package final class ReadinessWatch {
    private let loop: EventLoop
    private let descriptor: Int32
    private var isOpen: Bool

    /// Begins to watch; `nil` if epoll refuses the descriptor, as it does a regular file.
    ///
    /// - Parameters:
    ///   - descriptor: What to watch; it is neither read nor closed.
    ///   - loop: The loop whose thread calls this and on which `handler` runs.
    ///   - handler: Called as long as there is something to read, or the descriptor was hung up.
    package init?(_ descriptor: Int32, on loop: EventLoop, _ handler: @escaping @Sendable () -> Void) {
        (self.loop, self.descriptor) = (loop, descriptor)
        isOpen = loop.register(descriptor, .readable) { _ in handler() }
        if !isOpen { return nil }
    }

    package func close() {
        if isOpen { loop.deregister(descriptor) }
        isOpen = false
    }
}
