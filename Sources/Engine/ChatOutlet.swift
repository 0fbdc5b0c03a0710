import MSRP
import Runtime
import Wire

/// Where the bytes of messages in chats go that nobody is shown: a descriptor, one message after the other.
final class ChatOutlet: @unchecked Sendable {
    private let writer: DescriptorWriter
    /// Whether a message is being written.
    private var isTaken = false
    /// Those who wait until more can be written.
    private var wakes: [@Sendable () -> Void] = []

    /// - Parameters:
    ///   - descriptor: Where to write; it is not closed.
    ///   - loop: The loop of the engine.
    init(_ descriptor: Int32, on loop: EventLoop) {
        writer = DescriptorWriter(descriptor, on: loop)
        writer.wake = { [weak self] in self?.drained() }
    }

    /// Where a message goes that has begun.
    ///
    /// - Parameters:
    ///   - message: The message; one that tells of the chat and is not said in it is passed over.
    ///   - report: Called when all of it is written.
    /// - Returns: The sink, or `nil` while another message is on its way.
    func sink(
        for message: MSRP.IncomingMessage,
        _ report: @escaping @Sendable () -> Void
    ) -> (any MessageSink)? {
        guard message.mediaType?.isAutomatic != true else { return Sink(nil, in: nil) {} }
        guard !isTaken else { return nil }
        isTaken = true
        let isWrapped = message.mediaType?.matches("message", "cpim") == true
        return Sink(isWrapped ? CPIMStream() : nil, in: self, report)
    }

    private func drained() {
        let waiting = wakes
        wakes = []
        for wake in waiting { wake() }
    }

    /// One message.
    private final class Sink: MessageSink, @unchecked Sendable {
        private var envelope: CPIMStream?
        /// What is written into; `nil` for a message that is passed over.
        private let outlet: ChatOutlet?
        private let report: @Sendable () -> Void
        private var wake: @Sendable () -> Void = {}
        private var isReportDue = false
        /// Whether it is called when more can be written.
        private var isWaiting = false

        init(_ envelope: CPIMStream?, in outlet: ChatOutlet?, _ report: @escaping @Sendable () -> Void) {
            (self.envelope, self.outlet, self.report) = (envelope, outlet, report)
        }

        func begin(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }

        var isFull: Bool { outlet?.writer.isFull ?? false }

        func receive(_ bytes: ByteString) -> MessageIntake {
            guard let outlet else { return .ready }
            var content = bytes
            if envelope != nil {
                guard let unwrapped = try? envelope?.receive(bytes) else { return .refused(.badRequest) }
                content = unwrapped
            }
            return write(content, to: outlet)
        }

        private func write(_ content: ByteString, to outlet: ChatOutlet) -> MessageIntake {
            let isAutomatic = envelope?.envelope?.content.type?.isAutomatic == true
            guard !content.isEmpty, !isAutomatic else { return .ready }
            guard outlet.writer.write(content) else { return .refused(.stopSending) }
            return waitIfFull() ? .full : .ready
        }

        func flush() {
            outlet?.writer.flush()
            _ = waitIfFull()
        }

        private func waitIfFull() -> Bool {
            guard isFull else { return false }
            if !isWaiting { outlet?.wakes.append { [weak self] in self?.goOn() } }
            isWaiting = true
            return true
        }

        func end(_ end: MessageSinkEnd) {
            guard let outlet else { return }
            outlet.isTaken = false
            if case .complete = end, let rest = try? envelope?.finish() { _ = write(rest, to: outlet) }
            flush()
            guard case .complete = end else { return }
            if isFull { isReportDue = true } else { report() }
        }

        private func goOn() {
            isWaiting = false
            if isReportDue { report() }
            isReportDue = false
            wake()
        }
    }
}

// Chats whose messages go to a descriptor.
extension Engine {
    /// Where the messages of a chat go piece by piece; `nil` if they are shown.
    func chatSinks(_ id: ChatID) -> SinkMaker? {
        guard let descriptor = configuration.chatDescriptor else { return nil }
        let outlet = chatOutlet ?? ChatOutlet(descriptor, on: loop)
        chatOutlet = outlet
        return { [weak self] message in
            let messageID = message.messageID.text
            let contentType = message.contentType?.text ?? "text/plain"
            return outlet.sink(for: message) { [weak self] in
                self?.assumeIsolated { $0.wrote(messageID, contentType, in: id) }
            }
        }
    }

    /// Notes a message that was written; the history does not keep its bytes.
    private func wrote(_ messageID: String, _ contentType: String, in id: ChatID) {
        guard let chat = chatStates[id]?.chat else { return }
        let told = IncomingChatMessage(chat: chat, messageID: messageID, contentType: contentType, body: [])
        _ = record(told)
        emit(.chatMessage(told))
    }
}
