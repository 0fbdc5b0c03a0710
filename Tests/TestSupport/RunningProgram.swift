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
        var open: [Int32]
        var output: [UInt8] = []
        var errors: [UInt8] = []
        /// How much of `output` the test has seen.
        var consumed = 0
        var status: ExitStatus?
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
            if state.isInputOpen { close(state.process.input) }
            for descriptor in state.open where descriptor != state.process.input { close(descriptor) }
        }
    }

    // MARK: What the test does

    package func write(_ text: String) {
        state.withLock { if $0.isInputOpen { writeAll(Array(text.utf8), to: $0.process.input) } }
    }

    /// Ends the input of a program on pipes; on a terminal write `"\u{4}"`.
    package func closeInput() {
        state.withLock { state in
            guard state.isInputOpen, state.process.input != state.process.output else { return }
            close(state.process.input)
            state.isInputOpen = false
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
        try await onThread { [self] in
            let deadline = ContinuousClock.now + limit
            return try state.withLock { state in
                while !state.open.isEmpty { try readOnce(&state, by: deadline, "its end") }
                let status = state.status ?? reap(state.process.pid)
                state.status = status
                return status
            }
        }
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
            return try state.withLock { state in
                while true {
                    if let found = find(&state) { return found }
                    guard !state.open.isEmpty else { throw failure("ended before \(awaited)", state) }
                    try readOnce(&state, by: deadline, awaited)
                }
            }
        }
    }

    private func readOnce(
        _ state: inout State,
        by deadline: ContinuousClock.Instant,
        _ awaited: String
    ) throws {
        let ready = readable(state.open, within: deadline - .now)
        guard !ready.isEmpty else { throw failure("did not give \(awaited) in time", state) }
        for descriptor in ready {
            let bytes = readSome(descriptor)
            if descriptor == state.process.output { state.output += bytes } else { state.errors += bytes }
            guard bytes.isEmpty else { continue }
            state.open.removeAll { $0 == descriptor }
            if descriptor == state.process.input { state.isInputOpen = false }
            close(descriptor)
        }
    }

    private func failure(_ what: String, _ state: State) -> Failure {
        let output = String(decoding: state.output, as: UTF8.self)
        let errors = String(decoding: state.errors, as: UTF8.self)
        return Failure(
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
