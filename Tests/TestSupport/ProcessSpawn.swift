import CLinux
import Glibc
import Synchronization

/// A child process and our ends of its standard streams.
struct SpawnedProcess: Sendable {
    let pid: pid_t
    let input: Int32
    let output: Int32
    /// The same descriptor as `output` for a program on a terminal.
    let errors: Int32
}

/// How the standard streams of a child process are connected.
package enum Streams: Sendable {
    /// Three pipes, as in a script.
    case pipes
    /// One pseudo-terminal of this many columns, as for a person.
    case terminal(columns: UInt16)
}

/// Why a child process could not be started.
package struct SpawnError: Error, CustomStringConvertible {
    let call: String
    let code: Int32

    package var description: String { "\(call): \(errorText(code))" }
}

/// The words of the system for an `errno`.
func errorText(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
}

/// Only one child is made at a time: a descriptor that is not yet closed-on-exec must not leak into another one.
private let spawning = Mutex(())

/// A program that ends before it has read everything must not end the tests: writing to it fails instead.
private let brokenPipesAreErrors: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

/// Starts a program; Foundation's `Process` takes sixty times as long.
func spawn(
    _ executable: String,
    _ arguments: [String],
    environment: [String: String],
    streams: Streams
) throws(SpawnError) -> SpawnedProcess {
    brokenPipesAreErrors
    let result = spawning.withLock { _ in
        Result { () throws(SpawnError) in
            switch streams {
            case .pipes: try spawnOnPipes(executable, arguments, environment)
            case .terminal(let columns): try spawnOnTerminal(executable, arguments, environment, columns)
            }
        }
    }
    return try result.get()
}

private func spawnOnPipes(
    _ executable: String,
    _ arguments: [String],
    _ environment: [String: String]
) throws(SpawnError) -> SpawnedProcess {
    let (input, output, errors) = (try makePipe(), try makePipe(), try makePipe())
    defer { for end in [input.read, output.write, errors.write] { close(end) } }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input.read, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output.write, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, errors.write, 2)
    let pid = try unsafe launch(executable, arguments, environment, &actions, flags: 0)
    for end in [input.write, output.read, errors.read] { neverBlock(end) }
    return SpawnedProcess(pid: pid, input: input.write, output: output.read, errors: errors.read)
}

private func spawnOnTerminal(
    _ executable: String,
    _ arguments: [String],
    _ environment: [String: String],
    _ columns: UInt16
) throws(SpawnError) -> SpawnedProcess {
    let master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var number: Int32 = 0
    var unlocked: Int32 = 0
    guard
        master >= 0, unsafe ioctl(master, TIOCSPTLCK, &unlocked) == 0,
        unsafe ioctl(master, TIOCGPTN, &number) == 0
    else {
        throw SpawnError(call: "no terminal", code: errno)
    }
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = unsafe ioctl(master, UInt(TIOCSWINSZ), &size)
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    // The first terminal that the leader of a session opens becomes the one that controls it.
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/pts/\(number)", O_RDWR, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, 0, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, 0, 2)
    let pid = try unsafe launch(executable, arguments, environment, &actions, flags: POSIX_SPAWN_SETSID)
    neverBlock(master)
    return SpawnedProcess(pid: pid, input: master, output: master, errors: master)
}

// Of spawn.h and asm-generic/ioctls.h; the importer leaves them out.
private let POSIX_SPAWN_SETSID: Int16 = 0x80
private let TIOCSPTLCK: UInt = 0x4004_5431
private let TIOCGPTN: UInt = 0x8004_5430

private func launch(
    _ executable: String,
    _ arguments: [String],
    _ environment: [String: String],
    _ actions: UnsafePointer<posix_spawn_file_actions_t>,
    flags: Int16
) throws(SpawnError) -> pid_t {
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // A child starts as from a shell: no signal blocked, none ignored, whatever the test runner does.
    var none = sigset_t()
    var all = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    let signals = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    unsafe posix_spawnattr_setflags(&attributes, flags | signals)

    var argv = unsafe ([executable] + arguments).map { unsafe strdup($0) } + [nil]
    var envp = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (argv + envp).forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let code = unsafe posix_spawnp(&pid, executable, actions, &attributes, &argv, &envp)
    guard code == 0 else { throw SpawnError(call: "cannot start \(executable)", code: code) }
    return pid
}

private func makePipe() throws(SpawnError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw SpawnError(call: "pipe", code: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

/// Waits until one of the descriptors can be read or, if that is asked for, written, and says which: those that are
/// ready or at their end.
func ready(_ descriptors: [Int32], toWrite: Bool = false, within timeout: Duration) -> [Int32] {
    var polled = descriptors.map { pollfd(fd: $0, events: Int16(toWrite ? POLLOUT : POLLIN), revents: 0) }
    let (seconds, attoseconds) = timeout.components
    let milliseconds = max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    guard unsafe poll(&polled, nfds_t(polled.count), Int32(clamping: milliseconds)) > 0 else { return [] }
    return polled.filter { $0.revents != 0 }.map(\.fd)
}

/// What can be read now: empty at the end of the stream, `nil` if somebody else was faster.
func readSome(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = unsafe read(descriptor, &buffer, buffer.count)
    if count < 0, errno == EAGAIN || errno == EINTR { return nil }
    return count > 0 ? Array(buffer[..<count]) : []
}

/// Writes what a descriptor that does not block takes now.
///
/// - Returns: How much that was; `nil` if the reader has gone away.
func writeSome(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int? {
    let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    if count >= 0 { return count }
    return errno == EAGAIN || errno == EINTR ? 0 : nil
}

/// Whether a child ends within the time.
func ends(_ pid: pid_t, within timeout: Duration) -> Bool {
    let descriptor = linux_pidfd(pid)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return !ready([descriptor], within: timeout).isEmpty
}

/// Makes writing to a descriptor return at once.
func neverBlock(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}

/// Collects the status of a child that has ended or was killed.
func reap(_ pid: pid_t) -> ExitStatus {
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal)
}

/// How a process ended.
package enum ExitStatus: Hashable, Sendable {
    case status(Int32)
    case signal(Int32)
}
