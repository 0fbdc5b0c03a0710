/// The one thread that does I/O and runs the engine: an epoll loop that is also a Swift executor.
package final class EventLoop: SerialExecutor, TaskExecutor {
    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {}

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
}
