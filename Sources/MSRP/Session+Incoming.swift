package import Wire

extension Session {
    /// Takes what the parser read, after the directory found that it is for this session.
    package mutating func receive(
        _ event: ChunkParser.Event,
        using generator: inout some RandomNumberGenerator,
        into events: inout [SessionEvent]
    ) {
        switch event {
        case .head(let head): begin(head, into: &events)
        case .body(let bytes):
            guard let request, request.isSend, !request.isAnswered else { return }
            var assembled: [MessageAssembler.Event] = []
            let code = assembler.receive(bytes, into: &assembled)
            events += assembled.map { .incoming($0) }
            if let code { answer(code) }
        case .end(let flag): finishRequest(flag, using: &generator, into: &events)
        }
    }

    /// Refuses a message that is being received: it gets no further, and its sender hears `code` at once.
    package mutating func refuse(
        _ messageID: ByteString,
        with code: ResponseCode = .stopSending,
        into events: inout [SessionEvent]
    ) {
        var assembled: [MessageAssembler.Event] = []
        assembler.refuse(messageID, code, into: &assembled)
        events += assembled.map { .incoming($0) }
        if request?.isSend == true, request?.head.messageID == messageID { answer(code) }
    }

    // MARK: Requests

    private mutating func begin(_ head: ChunkHead, into events: inout [SessionEvent]) {
        request = nil
        switch head.startLine {
        case .response(let code, _): receiveResponse(code, head, into: &events)
        case .request(let method):
            request = IncomingRequest(head: head)
            if let code = fault(of: head) { return answer(code) }
            if !isBound {
                isBound = true
                events.append(.bound)
            }
            switch method {
            case .send: beginSend(head, into: &events)
            case .report: receiveReport(head, into: &events)
            default: answer(.unknownMethod)
            }
        }
    }

    private mutating func beginSend(_ head: ChunkHead, into events: inout [SessionEvent]) {
        request?.isSend = true
        var assembled: [MessageAssembler.Event] = []
        let refusal = configuration.accepts(head.contentType) ? nil : ResponseCode.unsupportedMediaType
        let code = assembler.begin(head, refusal: refusal, into: &assembled)
        events += assembled.map { .incoming($0) }
        if let code { answer(code) }
    }

    /// What is wrong with a request before its method is looked at (RFC 4975 §7.3).
    private mutating func fault(of head: ChunkHead) -> ResponseCode? {
        guard head.defect == nil, let toPath = head.toPath, let fromPath = head.fromPath else {
            return .badRequest
        }
        if let knownPaths, knownPaths.to == toPath, knownPaths.from == fromPath { return nil }
        let limits = configuration.limits
        guard let target = try? MSRPPath(parsing: toPath, limits: limits),
            (try? MSRPPath(parsing: fromPath, limits: limits)) != nil
        else { return .badRequest }
        guard target.uris.count == 1, let uri = target.first,
            configuration.pathMatching.matches(uri, configuration.local)
        else { return .sessionDoesNotExist }
        knownPaths = (ByteString(Array(toPath.bytes)), ByteString(Array(fromPath.bytes)))
        return nil
    }

    private mutating func finishRequest(
        _ flag: ContinuationFlag,
        using generator: inout some RandomNumberGenerator,
        into events: inout [SessionEvent]
    ) {
        guard let request else { return }
        defer { self.request = nil }
        guard request.isSend else { return }
        var assembled: [MessageAssembler.Event] = []
        let outcome = assembler.end(flag, into: &assembled)
        events += assembled.map { .incoming($0) }
        answer(outcome.code)
        guard request.head.successReport, outcome.code.isSuccess, let size = outcome.completeSize else {
            return
        }
        let report = request.head.report(
            DeliveryStatus(.ok),
            range: ByteRange(start: 1, end: size, total: size),
            from: localText,
            id: TransactionID(for: .empty, using: &generator)
        )
        if let report { enqueue(report) }
    }

    // MARK: Answers

    private mutating func answer(_ code: ResponseCode) {
        guard let request, !request.isAnswered else { return }
        self.request?.isAnswered = true
        guard request.head.wantsResponse(code), let response = request.head.response(code, from: localText)
        else { return }
        enqueue(response)
    }

    /// Queues a response or a report; one too many is dropped, if the owner reads on though `takesInput` is false.
    private mutating func enqueue(_ head: ChunkHead) {
        guard answers.count < 2 * configuration.limits.queuedAnswers else { return }
        answers.append(head.chunk())
    }
}
