import CLinux
import Glibc

/// A shell command that is talked to: lines go to its standard input, what it prints comes back.
///
/// The command leads a process group of its own, so that what it starts ends with it.
package final class InteractiveSubprocess: @unchecked Sendable {
    package enum Event: Sendable {
        case received([UInt8])
        /// It has ended and all that it printed was received; nothing follows.
        case ended(status: Int32)
    }

    private let loop: EventLoop
    private let process: pid_t
    private let exit: Descriptor
    private let output: Descriptor
    private var input: Descriptor?
    private var reader: InputReader?
    private var queue: [UInt8] = []
    /// Whether its standard input is watched until it takes more.
    private var isWaiting = false
    private var status: Int32?
    private var handler: (@Sendable (Event) -> Void)?

    /// Starts `command` with `/bin/sh -c`; it shares standard error with this process.
    ///
    /// - Parameters:
    ///   - command: The command line.
    ///   - loop: The loop whose thread calls this and on which `handler` runs.
    ///   - handler: Called with every event until `ended` or `end`.
    /// - Throws: What the system says when it cannot be started.
    package init(
        _ command: String,
        on loop: EventLoop,
        _ handler: @escaping @Sendable (Event) -> Void
    ) throws(SocketError) {
        let (commandInput, input) = try Self.pipe()
        let (output, commandOutput) = try Self.pipe()
        _ = fcntl(input.number, F_SETFL, O_NONBLOCK)
        let process = try Subprocess.spawn(
            command,
            input: commandInput.number,
            output: commandOutput.number,
            leadsGroup: true
        )
        guard let exit = Descriptor(linux_pidfd(process)) else {
            let error = errno
            kill(-process, SIGKILL)
            throw SocketError(errno: error)
        }
        (self.loop, self.process, self.exit, self.output, self.input) = (loop, process, exit, output, input)
        self.handler = handler
        _ = loop.register(exit.number, .readable) { _ in self.collectStatus() }
        reader = InputReader(output.number, on: loop) { event in self.take(event) }
    }

    private static func pipe() throws(SocketError) -> (reading: Descriptor, writing: Descriptor) {
        var ends: [Int32] = [-1, -1]
        guard unsafe linux_pipe(&ends) == 0, let reading = Descriptor(ends[0]),
            let writing = Descriptor(ends[1])
        else {
            throw SocketError(errno: errno)
        }
        return (reading, writing)
    }

    /// Stops reading what it prints for a while.
    package func pause() { reader?.pause() }

    package func resume() { reader?.resume() }

    /// Writes to its standard input; what it does not read at once waits.
    ///
    /// - Returns: Whether there is room left; without, the command reads too slowly.
    package func write(_ bytes: [UInt8]) -> Bool {
        guard input != nil else { return true }
        guard queue.count + bytes.count <= RuntimeLimits.writeQueue else { return false }
        queue += bytes
        flush()
        return true
    }

    private func flush() {
        guard let input else { return }
        while !queue.isEmpty {
            let count = unsafe queue.withUnsafeBytes {
                unsafe Glibc.write(input.number, $0.baseAddress, $0.count)
            }
            if count > 0 {
                queue.removeFirst(count)
            } else if errno == EAGAIN {
                if !isWaiting { isWaiting = loop.register(input.number, .writable) { _ in self.flush() } }
                return
            } else if errno != EINTR {
                // It has closed its input: what it does not want to know is not its end.
                return closeInput()
            }
        }
        stopWaiting()
    }

    private func stopWaiting() {
        if isWaiting, let input { loop.deregister(input.number) }
        isWaiting = false
    }

    /// Ends its standard input; what waits for it is dropped.
    package func closeInput() {
        stopWaiting()
        input = nil
        queue = []
    }

    /// Ends the command, and all it has started, with SIGTERM; no event follows.
    package func end() {
        guard handler != nil else { return }
        handler = nil
        reader?.close()
        closeInput()
        if status == nil { kill(-process, SIGTERM) }
    }

    private func take(_ event: InputReader.Event) {
        switch event {
        case .received(let bytes): handler?(.received(bytes))
        case .ended:
            reader = nil
            conclude()
        }
    }

    private func collectStatus() {
        var status: Int32 = 0
        guard self.status == nil, unsafe waitpid(process, &status, WNOHANG) == process else { return }
        loop.deregister(exit.number)
        self.status = status & 0x7F == 0 ? status >> 8 & 0xFF : status & 0x7F + 128
        conclude()
    }

    /// Finishes once the command has both ended and closed its output.
    private func conclude() {
        guard let status, reader == nil, let handler else { return }
        self.handler = nil
        closeInput()
        handler(.ended(status: status))
    }
}
