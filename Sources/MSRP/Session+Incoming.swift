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
            guard request?.isSend == true, request?.isAnswered == false else { return }
            let code = assembler.receive(bytes) { events.append(.incoming($0)) }
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
        assembler.refuse(messageID, code) { events.append(.incoming($0)) }
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
        let refusal = configuration.accepts(head.contentType) ? nil : ResponseCode.unsupportedMediaType
        let code = assembler.begin(head, refusal: refusal) { events.append(.incoming($0)) }
        if let code { answer(code) }
    }

    /// What is wrong with a request before its method is looked at (RFC 4975 §7.3).
    private mutating func fault(of head: ChunkHead) -> ResponseCode? {
        if let known = knownPaths?.head, head.isLike(known) { return nil }
        guard head.defect == nil, let toPath = head.toPath, let fromPath = head.fromPath else {
            return .badRequest
        }
        if let known = knownPaths?.head, known.toPath == toPath, known.fromPath == fromPath {
            knownPaths?.head = head.common
            return nil
        }
        let limits = configuration.limits
        guard let target = try? MSRPPath(parsing: toPath, limits: limits),
            (try? MSRPPath(parsing: fromPath, limits: limits)) != nil
        else { return .badRequest }
        guard target.uris.count == 1, let uri = target.first,
            configuration.pathMatching.matches(uri, configuration.local)
        else { return .sessionDoesNotExist }
        knownPaths = KnownPaths(head: head.common)
        return nil
    }

    private mutating func finishRequest(
        _ flag: ContinuationFlag,
        using generator: inout some RandomNumberGenerator,
        into events: inout [SessionEvent]
    ) {
        defer { request = nil }
        guard request?.isSend == true else { return }
        let outcome = assembler.end(flag) { events.append(.incoming($0)) }
        answer(outcome.code)
        guard request?.head.successReport == true, outcome.code.isSuccess, let size = outcome.completeSize
        else { return }
        let report = request?.head.report(
            DeliveryStatus(.ok),
            range: ByteRange(start: 1, end: size, total: size),
            from: localText,
            id: TransactionID(using: &generator)
        )
        if let report { enqueue { report.chunk().write(to: &$0) } }
    }

    // MARK: Answers

    private mutating func answer(_ code: ResponseCode) {
        guard request?.isAnswered == false, let head = request?.head else { return }
        request?.isAnswered = true
        guard head.wantsResponse(code) else { return }
        if code == .ok, head.method == .send, let known = knownPaths?.head, head.isLike(known), let acceptance
        {
            enqueue { acceptance.write(to: &$0, answering: head.transactionID) }
        } else if let response = head.response(code, from: localText) {
            enqueue { response.chunk().write(to: &$0) }
        }
    }

    /// What is answered to a SEND that is taken and comes the way the last one came.
    private var acceptance: ResponseTemplate? {
        mutating get {
            if knownPaths?.acceptance == nil {
                let response = request?.head.response(.ok, from: localText)
                knownPaths?.acceptance = response.map(ResponseTemplate.init)
            }
            return knownPaths?.acceptance
        }
    }

    /// Queues a response or a report; one too many is dropped, if the owner reads on though `takesInput` is false.
    private mutating func enqueue(_ write: (inout ByteWriter) -> Void) {
        guard answers.count < 2 * configuration.limits.queuedAnswers else { return }
        answers.append(write)
    }
}
