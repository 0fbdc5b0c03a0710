package import Runtime
import Wire

/// A descriptor that was open before, such as standard input, as the source of a message of unknown size.
package final class PipeSource: MessageSource, @unchecked Sendable {
    private let loop: EventLoop
    private let descriptor: Int32
    private var reader: InputReader?
    private var waiting: ByteString = .empty
    private var isOver = false
    private var error: SocketError?
    private var wake: (@Sendable () -> Void)?
    /// What is read at once, since nobody has to be waited for; `nil` for a pipe or a terminal.
    private let stored: StoredInput?

    /// - Parameters:
    ///   - descriptor: What is read; it is not closed.
    ///   - loop: The loop of the engine.
    package init(_ descriptor: Int32 = 0, on loop: EventLoop) {
        (self.descriptor, self.loop) = (descriptor, loop)
        stored = StoredInput(descriptor)
    }

    package var size: UInt64? { nil }

    package func begin(_ wake: @escaping @Sendable () -> Void) {
        self.wake = wake
        guard stored == nil else { return }
        reader = InputReader(descriptor, on: loop) { [weak self] in self?.take($0) }
    }

    private func take(_ event: InputReader.Event) {
        switch event {
        case .received(let bytes):
            waiting = ByteString(bytes)
            reader?.pause()
        case .ended(let failure): (isOver, error) = (true, failure)
        }
        wake?()
    }

    package func next(upTo limit: Int) -> MessageSupply {
        if let stored { return next(from: stored, upTo: limit) }
        if waiting.isEmpty {
            guard isOver else {
                reader?.resume()
                return .later
            }
            return error.map { .failed("\($0)") } ?? .last(.empty)
        }
        let bytes = waiting[0..<min(limit, waiting.count)]
        waiting = waiting[bytes.count...]
        return .bytes(bytes)
    }

    private func next(from stored: StoredInput, upTo limit: Int) -> MessageSupply {
        do throws(SocketError) {
            let bytes = try stored.read(upTo: limit)
            return bytes.isEmpty ? .last(.empty) : .bytes(ByteString(bytes))
        } catch {
            return .failed("\(error)")
        }
    }

    package func rewind(to place: UInt64) -> Bool { false }

    package func close() {
        reader?.close()
        reader = nil
        wake = nil
    }
}
