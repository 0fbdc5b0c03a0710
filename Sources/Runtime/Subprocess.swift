import CLinux
import Glibc
import Wire

/// A shell command whose standard output is wanted, such as one that prints a password.
package final class Subprocess: @unchecked Sendable {
    package enum Failure: Error, Hashable, Sendable {
        case notStarted(SocketError)
        /// It ended with this status other than 0.
        case exited(Int32)
        /// A signal ended it.
        case signalled(Int32)
        case timedOut
        /// It wrote more than it was allowed to.
        case outputTooLong
    }

    package typealias Completion = @Sendable (Result<[UInt8], Failure>) -> Void

    private let loop: EventLoop
    private let limit: Int
    private var completion: Completion?
    private var process: pid_t = 0
    private var exit: Descriptor?
    private var output: Descriptor?
    private var collected: [UInt8] = []
    private var status: Int32?
    private var timer: TimerToken?

    /// Runs `command` with `/bin/sh -c`; it shares standard input and standard error with this process.
    ///
    /// - Parameters:
    ///   - command: The command line.
    ///   - timeout: After how long it is killed.
    ///   - limit: The most bytes it may write to its standard output.
    ///   - loop: The loop whose thread calls this and on which `completion` runs.
    ///   - completion: Called once, in a later turn, with what the command wrote.
    package static func run(
        _ command: String,
        timeout: Duration,
        limit: Int = RuntimeLimits.commandOutput,
        on loop: EventLoop,
        _ completion: @escaping Completion
    ) {
        loop.checkIsolated()
        let subprocess = Subprocess(limit, loop, completion)
        do throws(SocketError) {
            try subprocess.start(command, timeout)
        } catch {
            loop.execute { subprocess.finish(.failure(.notStarted(error))) }
        }
    }

    private init(_ limit: Int, _ loop: EventLoop, _ completion: @escaping Completion) {
        (self.limit, self.loop, self.completion) = (limit, loop, completion)
    }

    private func start(_ command: String, _ timeout: Duration) throws(SocketError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe linux_pipe(&ends) == 0, let output = Descriptor(ends[0]), let input = Descriptor(ends[1])
        else {
            throw SocketError(errno: errno)
        }
        process = try Self.spawn(command, output: input.number)
        guard let exit = Descriptor(linux_pidfd(process)),
            loop.register(exit.number, .readable, { _ in self.collectStatus() }),
            loop.register(output.number, .readable, { _ in self.collectOutput() })
        else {
            let error = errno
            kill(process, SIGKILL)
            throw SocketError(errno: error)
        }
        (self.exit, self.output) = (exit, output)
        timer = loop.schedule(at: .now + timeout) { self.end(.timedOut) }
    }

    /// Starts a shell command.
    ///
    /// - Parameters:
    ///   - command: The command line.
    ///   - input: What becomes its standard input; ours if `nil`.
    ///   - output: What becomes its standard output.
    ///   - leadsGroup: Whether it leads a process group of its own.
    /// - Returns: The process.
    /// - Throws: What the system says.
    static func spawn(
        _ command: String,
        input: Int32? = nil,
        output: Int32,
        leadsGroup: Bool = false
    ) throws(SocketError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        if let input { unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) }
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        // The signals that a `SignalSource` blocks here must reach the command: Ctrl-C ends it too.
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        unsafe posix_spawnattr_setsigmask(&attributes, &mask)
        let flags = leadsGroup ? POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP : POSIX_SPAWN_SETSIGMASK
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        let arguments = ["sh", "-c", command]
        let words = unsafe arguments.map { text in unsafe strdup(text) }
        defer { for index in arguments.indices { unsafe free(words[index]) } }
        var process: pid_t = 0
        let status = unsafe posix_spawn(&process, "/bin/sh", &actions, &attributes, words + [nil], environ)
        guard status == 0 else { throw SocketError(errno: status) }
        return process
    }

    private func collectOutput() {
        guard let output else { return }
        let memory = unsafe loop.scratch.memory
        let count = unsafe read(output.number, memory.baseAddress, memory.count)
        guard count > 0 else {
            loop.deregister(output.number)
            self.output = nil
            return conclude()
        }
        collected += loop.scratch.prefix(count)
        if collected.count > limit { end(.outputTooLong) }
    }

    private func collectStatus() {
        guard let exit else { return }
        var status: Int32 = 0
        guard unsafe waitpid(process, &status, WNOHANG) == process else { return }
        loop.deregister(exit.number)
        self.exit = nil
        self.status = status
        conclude()
    }

    /// Finishes once the command has both ended and closed its output.
    private func conclude() {
        guard let status, output == nil else { return }
        let signal = status & 0x7F
        let code = status >> 8 & 0xFF
        if signal != 0 {
            finish(.failure(.signalled(signal)))
        } else {
            finish(code == 0 ? .success(collected) : .failure(.exited(code)))
        }
    }

    /// Kills the command and reports why; what is left of it is collected when it is dead.
    private func end(_ failure: Failure) {
        if status == nil { kill(process, SIGKILL) }
        if let output { loop.deregister(output.number) }
        output = nil
        finish(.failure(failure))
    }

    private func finish(_ result: Result<[UInt8], Failure>) {
        if let timer { loop.cancel(timer) }
        let completion = completion
        self.completion = nil
        completion?(result)
    }
}

extension Subprocess.Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notStarted(let error): "could not be started: \(error)"
        case .exited(let status): "ended with status \(status)"
        case .signalled(let signal): "was ended by signal \(signal)"
        case .timedOut: "did not end in time"
        case .outputTooLong: "wrote too much"
        }
    }
}
