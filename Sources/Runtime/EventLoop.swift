import CLinux
import Glibc
import Synchronization
package import Wire

/// The one thread that does I/O and runs the engine: an epoll loop that is also a Swift executor.
///
/// Sockets, timers and everything else in this module belong to one loop; their methods are called, and their
/// callbacks run, on the thread that is inside `run`. Callbacks are `@Sendable` closures, so that an actor that
/// names the loop as its executor can be entered from them synchronously, without a hop:
///
///     actor Engine {
///         nonisolated let loop: EventLoop
///         nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
///
///         func open() throws(SocketError) {
///             socket = try DatagramSocket(bind: address, on: loop) { [weak self] event in
///                 self?.assumeIsolated { $0.receive(event) }
///             }
///         }
///     }
///
/// A task started with `Task(executorPreference: loop)` stays on the loop even where its code is isolated to
/// nothing, so that a program built on this loop starts no other thread. What waits needs it even if it belongs to
/// such an actor: a continuation resumes where its task prefers to be and only then goes to the actor (seen in Swift
/// 6.3), and without a preference that is the shared pool, behind everything that is hashed there.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// What a descriptor is waited for, or has become.
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let readable = Self(rawValue: EPOLLIN.rawValue)
        package static let writable = Self(rawValue: EPOLLOUT.rawValue)
        /// The descriptor has an error pending or was hung up; reported whether waited for or not.
        package static let failed = Self(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
    }

    private enum Work {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    /// Work handed over from other threads: the only state behind a lock.
    private struct Mailbox {
        var work: [Work] = []
        var isStopped = false
    }

    private struct Registration {
        /// Tells this use of the descriptor's number from earlier ones, whose events may still be in the batch.
        var generation: UInt32
        var handler: (@Sendable (Readiness) -> Void)?
    }

    private let mailbox = Lock(Mailbox())
    private let owner = Atomic<UInt>(0)
    private let epoll: Descriptor
    private let wakeup: Descriptor

    // Touched on the loop's thread only.
    private var registrations: [Registration] = []
    private var work: [Work] = []
    private var timers = TimerSchedule()

    /// Bytes are read into here and then copied out at their true length.
    let scratch = ScratchBuffer(count: RuntimeLimits.readSlice)

    package init() {
        guard let epoll = Descriptor(epoll_create1(CInt(EPOLL_CLOEXEC))),
            let wakeup = Descriptor(eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK)))
        else { preconditionFailure("no descriptor for the event loop: errno \(errno)") }
        (self.epoll, self.wakeup) = (epoll, wakeup)
        let status = control(EPOLL_CTL_ADD, wakeup.number, .readable, generation: 0)
        precondition(status == 0, "the wakeup descriptor can be polled")
    }

    /// Runs work, timers and readiness callbacks on the calling thread until `stop`.
    ///
    /// When it returns, every registration and timer is gone; what was open is closed with its owner.
    package func run() {
        owner.store(UInt(pthread_self()), ordering: .releasing)
        var events = unsafe [epoll_event](repeating: epoll_event(), count: RuntimeLimits.eventsPerTurn)
        var isStopped = false
        while !isStopped {
            let count = unsafe epoll_wait(epoll.number, &events, CInt(events.count), waitingTime())
            for index in 0..<max(0, Int(count)) {
                let event = unsafe events[index]
                unsafe dispatch(event.data.u64, Readiness(rawValue: event.events))
            }
            fireTimers()
            isStopped = collect()
            runWork()
        }
        abandon()
        owner.store(0, ordering: .releasing)
    }

    /// Lets go of every callback; what dies with them may still call the loop.
    private func abandon() {
        var (registrations, timers) = ([Registration](), TimerSchedule())
        swap(&registrations, &self.registrations)
        swap(&timers, &self.timers)
    }

    /// Makes `run` return after the work already handed over; any thread may call it.
    package func stop() {
        mailbox.withLock { $0.isStopped = true }
        wake()
    }

    // MARK: - Work

    package func enqueue(_ job: consuming ExecutorJob) { hand(.job(UnownedJob(job))) }

    /// Runs `body` on the loop's thread, in its next turn; any thread may call it.
    package func execute(_ body: @escaping @Sendable () -> Void) { hand(.call(body)) }

    private func hand(_ item: Work) {
        // A loop that is awake looks at its own work before it waits again, so it needs no waking.
        if isCurrent { return work.append(item) }
        let wasEmpty = mailbox.withLock { mailbox in
            mailbox.work.append(item)
            return mailbox.work.count == 1
        }
        if wasEmpty { wake() }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = unsafe write(wakeup.number, &one, MemoryLayout<UInt64>.size)
    }

    /// Moves what other threads handed over behind the loop's own work, and tells whether to stop.
    private func collect() -> Bool {
        mailbox.withLock { mailbox in
            work += mailbox.work
            mailbox.work.removeAll(keepingCapacity: true)
            return mailbox.isStopped
        }
    }

    /// Runs the work there is now; what it adds waits for the next turn, so that sockets are served in between.
    private func runWork() {
        var batch: [Work] = []
        swap(&batch, &work)
        for item in batch {
            switch item {
            case .job(let job):
                unsafe job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(),
                    taskExecutor: asUnownedTaskExecutor()
                )
            case .call(let body): body()
            }
        }
        guard work.isEmpty else { return }
        batch.removeAll(keepingCapacity: true)
        swap(&batch, &work)
    }

    // MARK: - Isolation

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    package func checkIsolated() { precondition(isCurrent, "not on the event loop") }

    private var isCurrent: Bool { owner.load(ordering: .acquiring) == UInt(pthread_self()) }

    // MARK: - Descriptors

    /// Calls `handler` whenever `descriptor` is ready for one of `interest`, or has failed, until `deregister`.
    ///
    /// - Returns: Whether epoll takes it; it refuses regular files and `/dev/null`, which are always ready.
    func register(
        _ descriptor: Int32,
        _ interest: Readiness,
        _ handler: @escaping @Sendable (Readiness) -> Void
    ) -> Bool {
        checkIsolated()
        let index = Int(descriptor)
        while registrations.count <= index { registrations.append(Registration(generation: 0)) }
        registrations[index].generation &+= 1
        registrations[index].handler = handler
        let generation = registrations[index].generation
        guard control(EPOLL_CTL_ADD, descriptor, interest, generation: generation) == 0 else {
            registrations[index].handler = nil
            return false
        }
        return true
    }

    /// Changes what a registered descriptor is waited for.
    func update(_ descriptor: Int32, _ interest: Readiness) {
        checkIsolated()
        guard Int(descriptor) < registrations.count else { return }
        let generation = registrations[Int(descriptor)].generation
        _ = control(EPOLL_CTL_MOD, descriptor, interest, generation: generation)
    }

    /// Forgets a descriptor; events it already has in the batch are dropped.
    func deregister(_ descriptor: Int32) {
        checkIsolated()
        guard Int(descriptor) < registrations.count else { return }
        _ = control(EPOLL_CTL_DEL, descriptor, [], generation: 0)
        registrations[Int(descriptor)].handler = nil
    }

    private func control(
        _ operation: CInt,
        _ descriptor: Int32,
        _ interest: Readiness,
        generation: UInt32
    ) -> CInt {
        let key = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        var event = unsafe epoll_event(events: interest.rawValue, data: epoll_data_t(u64: key))
        return unsafe epoll_ctl(epoll.number, operation, descriptor, &event)
    }

    private func dispatch(_ key: UInt64, _ readiness: Readiness) {
        let descriptor = Int32(truncatingIfNeeded: key)
        guard descriptor != wakeup.number else {
            var count: UInt64 = 0
            _ = unsafe read(wakeup.number, &count, MemoryLayout<UInt64>.size)
            return
        }
        guard Int(descriptor) < registrations.count else { return }
        let registration = registrations[Int(descriptor)]
        guard registration.generation == UInt32(truncatingIfNeeded: key >> 32) else { return }
        registration.handler?(readiness)
    }

    // MARK: - Timers

    /// Calls `action` once, at `deadline` or as soon after it as the loop comes by.
    @discardableResult
    package func schedule(at deadline: Instant, _ action: @escaping @Sendable () -> Void) -> TimerToken {
        checkIsolated()
        return timers.insert(at: deadline, action)
    }

    /// Takes back a timer; one that has fired is no error.
    package func cancel(_ timer: TimerToken) {
        checkIsolated()
        timers.remove(timer)
    }

    private func fireTimers() {
        guard timers.nextDeadline != nil else { return }
        // A timer set by a timer waits for the next turn, even if it is due.
        let (now, limit) = (Instant.now, timers.nextNumber)
        while let action = timers.takeDue(at: now, setBefore: limit) { action() }
    }

    /// How long epoll may wait, in milliseconds, rounded up so that no timer is looked at too early.
    private func waitingTime() -> CInt {
        guard work.isEmpty else { return 0 }
        guard let deadline = timers.nextDeadline else { return -1 }
        let (seconds, attoseconds) = (deadline - Instant.now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < Int64(CInt.max / 1000) - 1 else { return CInt.max }
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        let (whole, rest) = attoseconds.quotientAndRemainder(dividingBy: attosecondsPerMillisecond)
        return CInt(seconds * 1000 + whole + (rest > 0 ? 1 : 0))
    }
}
