import Foundation
import Glibc
import Synchronization

/// A program under test: it is written to, its output is waited for line by line, and it ends with a status.
///
/// Waiting is `poll(2)` with a deadline on a thread of its own, so neither a test nor the pool the tests share is blocked.
package final class RunningProgram: Sendable {
    /// What went wrong, with all that the program has said.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private struct State {
        var process: SpawnedProcess
        var isInputOpen = true
        /// What is written as soon as the program reads it.
        var input: [UInt8] = []
        var isWriting = false
        /// Whether the input ends behind that.
        var endsInput = false
        var open: [Int32]
        var output: [UInt8] = []
        var errors: [UInt8] = []
        /// How much of `output` the test has seen.
        var consumed = 0
        var status: ExitStatus?

        mutating func closeInput() {
            guard isInputOpen else { return }
            close(process.input)
            isInputOpen = false
        }

        /// Takes what can be read now.
        mutating func read(_ descriptor: Int32) {
            guard let bytes = readSome(descriptor) else { return }
            if descriptor == process.output { output += bytes } else { errors += bytes }
            guard bytes.isEmpty else { return }
            open.removeAll { $0 == descriptor }
            if descriptor == process.input { isInputOpen = false }
            close(descriptor)
        }

        /// Writes what the program takes now.
        ///
        /// - Returns: Whether that was all, or as much as it will ever take.
        mutating func writeSome() -> Bool {
            while !input.isEmpty, isInputOpen {
                guard let count = TestSupport.writeSome(input[...], to: process.input) else {
                    input = []
                    break
                }
                if count == 0 { return false }
                input.removeFirst(count)
            }
            if endsInput { closeInput() }
            return true
        }
    }

    private let state: Mutex<State>
    private let command: String

    package init(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String],
        streams: Streams = .pipes
    ) throws {
        let process = try spawn(executable, arguments, environment: environment, streams: streams)
        let descriptors =
            process.output == process.errors ? [process.output] : [process.output, process.errors]
        state = Mutex(State(process: process, open: descriptors))
        command = ([executable] + arguments).joined(separator: " ")
    }

    deinit {
        state.withLock { state in
            if state.status == nil {
                kill(state.process.pid, SIGKILL)
                state.status = reap(state.process.pid)
            }
            state.closeInput()
            for descriptor in state.open where descriptor != state.process.input { close(descriptor) }
        }
    }

    // MARK: What the test does

    /// Hands the program its next input; it need not read it now.
    package func write(_ text: String) {
        pour { $0.input += Array(text.utf8) }
    }

    /// Ends the input of a program on pipes; on a terminal write `"\u{4}"`.
    package func closeInput() {
        pour { $0.endsInput = $0.process.input != $0.process.output }
    }

    /// Writes what waits: as much as goes at once here, and the rest on a thread of its own.
    private func pour(_ change: (inout State) -> Void) {
        let input = state.withLock { state -> Int32? in
            change(&state)
            guard !state.isWriting, !state.writeSome() else { return nil }
            state.isWriting = true
            return state.process.input
        }
        guard let input else { return }
        Thread.detachNewThread { [weak self] in
            var isDone = false
            while !isDone {
                let isReady = !ready([input], toWrite: true, within: .seconds(30)).isEmpty
                guard let self else { return }
                isDone = self.state.withLock { state in
                    state.isWriting = isReady && !state.writeSome()
                    return !state.isWriting
                }
            }
        }
    }

    package func signal(_ number: Int32) {
        state.withLock { if $0.status == nil { kill($0.process.pid, number) } }
    }

    package var processID: Int32 { state.withLock { $0.process.pid } }

    // MARK: What the test waits for

    /// The next line of standard output that passes; those before it are skipped.
    package func line(
        within limit: Duration = .seconds(30),
        _ awaited: String = "a line",
        where passes: @escaping @Sendable (String) -> Bool = { _ in true }
    ) async throws -> String {
        try await read(until: limit, awaited) { state in
            while let end = state.output[state.consumed...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: state.output[state.consumed..<end], as: UTF8.self)
                state.consumed = end + 1
                if passes(line) { return line }
            }
            return nil
        }
    }

    /// What comes on standard output or the terminal up to and with `text`, from where the last wait ended.
    @discardableResult
    package func text(upTo text: String, within limit: Duration = .seconds(30)) async throws -> String {
        try await read(until: limit, "“\(text)”") { state in
            let fresh = Data(state.output[state.consumed...])
            guard let found = fresh.range(of: Data(text.utf8)) else { return nil }
            state.consumed += found.upperBound
            return String(decoding: fresh[..<found.upperBound], as: UTF8.self)
        }
    }

    /// Waits until standard error holds `text`, that many times.
    package func errors(
        containing text: String,
        times count: Int = 1,
        within limit: Duration = .seconds(30)
    ) async throws {
        _ = try await read(until: limit, "“\(text)” on standard error") { state in
            let found = String(decoding: state.errors, as: UTF8.self).ranges(of: text).count
            return found >= count ? text : nil
        }
    }

    /// Waits for the end of the program.
    package func exit(within limit: Duration = .seconds(30)) async throws -> ExitStatus {
        try await onThread { [self] in try end(within: limit) }
    }

    private func end(within limit: Duration) throws -> ExitStatus {
        let deadline = ContinuousClock.now + limit
        while try readOnce(by: deadline, "its end") {}
        guard state.withLock({ $0.status != nil }) || ends(processID, within: deadline - .now) else {
            throw failure("did not end in time")
        }
        return state.withLock { state in
            let status = state.status ?? reap(state.process.pid)
            state.status = status
            return status
        }
    }

    /// A program that has run to its end, for which this waited here and now: one that takes moments.
    ///
    /// Foundation's `Process` is not for tests: before each start it reads past the end of the list of open descriptors.
    package static func ended(
        _ executable: String,
        _ arguments: [String],
        input: String = ""
    ) throws -> Outcome {
        let program = try RunningProgram(executable, arguments, environment: ["PATH": "/usr/bin:/bin"])
        program.write(input)
        program.closeInput()
        let status = try program.end(within: .seconds(30))
        return Outcome(status: status, output: program.output, errors: program.errors)
    }

    /// Everything on standard output so far, or on the terminal.
    package var output: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }
    /// Everything on standard error so far.
    package var errors: String { state.withLock { String(decoding: $0.errors, as: UTF8.self) } }

    // MARK: Reading

    private func read(
        until limit: Duration,
        _ awaited: String,
        _ find: @escaping @Sendable (inout State) -> String?
    ) async throws -> String {
        try await onThread { [self] in
            let deadline = ContinuousClock.now + limit
            while true {
                if let found = state.withLock({ find(&$0) }) { return found }
                guard try readOnce(by: deadline, awaited) else { throw failure("ended before \(awaited)") }
            }
        }
    }

    /// Waits for output and takes it.
    ///
    /// - Returns: Whether there was any stream left to wait for.
    private func readOnce(by deadline: ContinuousClock.Instant, _ awaited: String) throws -> Bool {
        let open = state.withLock(\.open)
        guard !open.isEmpty else { return false }
        let found = ready(open, within: deadline - .now)
        guard !found.isEmpty else { throw failure("did not give \(awaited) in time") }
        state.withLock { state in
            for descriptor in found where state.open.contains(descriptor) { state.read(descriptor) }
        }
        return true
    }

    private func failure(_ what: String) -> Failure {
        Failure(
            description: "\(command) \(what)\n--- output ---\n\(output)\n--- errors ---\n\(errors)"
        )
    }
}

/// Runs something that blocks on a thread of its own.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}
