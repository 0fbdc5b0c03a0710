import MSRP
import Wire

/// The messages of one session that do not wait in memory: where their bytes come from, and where they go.
struct SessionStreams {
    /// A message on its way out.
    struct Outgoing {
        let source: any MessageSource
        /// Whether it said that it will call when there is more.
        var isWaiting = false
        /// Whether it has given its last bytes.
        var isExhausted = false

        init(_ source: any MessageSource) { self.source = source }
    }

    var outgoing: [ByteString: Outgoing] = [:]
    private var sinks: [ByteString: any MessageSink] = [:]
    /// Sinks that were told the end but are still at work with what they took.
    private var finishing: [any MessageSink] = []
    private let makeSink: SinkMaker?
    /// What a new sink is to call when it can take more.
    var wake: @Sendable () -> Void = {}

    init(_ makeSink: SinkMaker?) { self.makeSink = makeSink }

    /// Whether a sink takes nothing more for now.
    var isFull: Bool {
        !(sinks.isEmpty && finishing.isEmpty)
            && (sinks.values.contains(where: \.isFull) || finishing.contains(where: \.isFull))
    }

    /// Brings what came where it belongs, as far as that goes now.
    func flush() {
        for sink in sinks.values { sink.flush() }
    }

    // MARK: Incoming

    /// Where the bytes of a message go that has begun.
    func sink(of messageID: ByteString) -> (any MessageSink)? { sinks[messageID] }

    /// Hands what came to its sink.
    ///
    /// - Parameter event: What the session has told.
    /// - Returns: The message that is to be refused, and how.
    mutating func take(_ event: MessageAssembler.Event) -> (messageID: ByteString, code: ResponseCode)? {
        switch event {
        case .message: break
        case .began(let message):
            guard let sink = makeSink?(message) else { return (message.messageID, .stopSending) }
            sinks[message.messageID] = sink
            sink.begin(wake)
        case .data(let messageID, let bytes):
            guard let sink = sinks[messageID], case .refused(let code) = sink.receive(bytes) else { break }
            return (messageID, code)
        case .completed(let messageID, let size): end(messageID, .complete(size: size))
        case .failed(let messageID, let failure): end(messageID, .failed(failure))
        }
        return nil
    }

    private mutating func end(_ messageID: ByteString, _ end: MessageSinkEnd) {
        guard let sink = sinks.removeValue(forKey: messageID) else { return }
        sink.end(end)
        finishing.removeAll { !$0.isFull }
        if sink.isFull { finishing.append(sink) }
    }

    // MARK: The end

    /// Lets go of the source of a message that needs nothing more.
    mutating func close(_ messageID: ByteString) {
        outgoing.removeValue(forKey: messageID)?.source.close()
    }

    /// Lets go of everything, since the session is over.
    mutating func closeAll() {
        for stream in outgoing.values { stream.source.close() }
        for sink in sinks.values { sink.end(.cut) }
        (outgoing, sinks, finishing) = ([:], [:], [])
    }
}
