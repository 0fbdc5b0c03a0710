package import Wire

/// A chunk, a report or a response as it goes out, in pieces, so that the body need not be copied.
package struct OutgoingChunk: Sendable {
    /// Start line and fields, and the empty line if a body follows.
    package let head: ByteString
    package let body: ByteString
    /// The end-line, with the line end before it that is not part of the body.
    package let end: ByteString

    package var count: Int { head.count + body.count + end.count }

    package func write(to writer: inout ByteWriter) {
        writer.append(head)
        writer.append(body)
        writer.append(end)
    }

    /// All pieces in one.
    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: count)
        write(to: &writer)
        return writer.bytes
    }
}

extension ChunkHead {
    /// The bytes on the wire; a body is among them only if there is a `Content-Type` (RFC 4975 §7.1).
    ///
    /// - Parameters:
    ///   - body: Bytes that do not hold the end-line of the transaction identifier.
    ///   - flag: Whether the message goes on behind this chunk.
    /// - Returns: The three pieces.
    package func chunk(body: ByteString = .empty, flag: ContinuationFlag = .complete) -> OutgoingChunk {
        var writer = ByteWriter(capacity: 512)
        writeHead(to: &writer)
        var end = ByteWriter(capacity: 48)
        if contentType != nil { end.append("\r\n") }
        end.append("-------")
        end.append(transactionID)
        end.append(flag.byte)
        end.append("\r\n")
        return OutgoingChunk(
            head: writer.string,
            body: contentType == nil ? .empty : body,
            end: end.string
        )
    }

    private func writeHead(to writer: inout ByteWriter) {
        writer.append("MSRP ")
        writer.appendField(transactionID)
        writeBeforeRange(to: &writer)
        if let byteRange {
            writer.append("Byte-Range: ")
            byteRange.write(to: &writer)
            writer.append("\r\n")
        }
        writeBehindRange(to: &writer)
    }

    fileprivate func writeBeforeRange(to writer: inout ByteWriter) {
        writer.append(UInt8(ascii: " "))
        switch startLine {
        case .request(let method): writer.appendField(method.text)
        case .response(let code, let comment):
            writer.append(decimal: code.rawValue)
            if !comment.isEmpty {
                writer.append(UInt8(ascii: " "))
                writer.appendField(comment)
            }
        }
        writer.append("\r\n")
        writer.write("To-Path: ", toPath)
        writer.write("From-Path: ", fromPath)
        writer.write("Message-ID: ", messageID)
        if successReport { writer.append("Success-Report: yes\r\n") }
        if failureReport != .yes { writer.append("Failure-Report: \(failureReport.text)\r\n") }
    }

    fileprivate func writeBehindRange(to writer: inout ByteWriter) {
        if let status {
            let digits = String(1_000 + min(status.namespace, 999)).dropFirst()
            writer.append("Status: \(digits) \(status.code.rawValue)")
            if !status.comment.isEmpty { writer.append(UInt8(ascii: " ")) }
            writer.write("", status.comment)
        }
        for field in otherFields {
            writer.appendField(field.name)
            writer.write(": ", field.value)
        }
        guard let contentType else { return }
        writer.append("Content-Type: ")
        writer.appendField(contentType)
        writer.append("\r\n\r\n")
    }
}

/// What the chunks of a message have in common: everything but the identifier, the range and the body.
struct ChunkTemplate: Sendable {
    private let beforeRange: ByteString
    private let behindRange: ByteString

    fileprivate static let start = ByteString("MSRP ")
    fileprivate static let hyphens = ByteString("-------")
    fileprivate static let lineEnd = ByteString("\r\n")

    /// - Parameter head: That of a SEND with a `Content-Type`; its identifier and range are of no account.
    init(_ head: ChunkHead) {
        var writer = ByteWriter(capacity: 512)
        head.writeBeforeRange(to: &writer)
        writer.append("Byte-Range: ")
        beforeRange = writer.string
        writer = ByteWriter(capacity: 128)
        writer.append("\r\n")
        head.writeBehindRange(to: &writer)
        behindRange = writer.string
    }

    /// Writes one chunk, under an identifier whose end-line is not in the body (RFC 4975 §7.1).
    ///
    /// - Parameters:
    ///   - range: Where the body lies in the message.
    ///   - flag: Whether the message goes on behind it.
    ///   - body: The body.
    ///   - output: Gets the chunk.
    ///   - generator: Where the identifier comes from.
    /// - Returns: The identifier.
    func write(
        _ range: ByteRange,
        _ flag: ContinuationFlag,
        _ body: ChunkBody,
        to output: inout ChunkOutput,
        using generator: inout some RandomNumberGenerator
    ) -> TransactionID {
        var id = TransactionID(using: &generator)
        while body.containsEndLine(of: id) { id = TransactionID(using: &generator) }
        output.write { writer in
            writer.append(Self.start)
            id.write(to: &writer)
            writer.append(beforeRange)
            range.write(to: &writer)
            writer.append(behindRange)
        }
        output.append(body: body.first)
        for piece in body.others { output.append(body: piece) }
        output.write { writer in
            writer.append(Self.lineEnd)
            writer.append(Self.hyphens)
            id.write(to: &writer)
            writer.append(flag.byte)
            writer.append(Self.lineEnd)
        }
        return id
    }
}

/// The response to requests that come the same way, but for the identifier.
struct ResponseTemplate: Sendable {
    private let fields: ByteString

    init(_ head: ChunkHead) {
        var writer = ByteWriter(capacity: 256)
        head.writeBeforeRange(to: &writer)
        fields = writer.string
    }

    /// Writes the response to the request with this identifier.
    func write(to writer: inout ByteWriter, answering transactionID: ByteString) {
        writer.append(ChunkTemplate.start)
        writer.append(transactionID)
        writer.append(fields)
        writer.append(ChunkTemplate.hyphens)
        writer.append(transactionID)
        writer.append(ContinuationFlag.complete.byte)
        writer.append(ChunkTemplate.lineEnd)
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ name: String, _ value: ByteString?) {
        guard let value else { return }
        append(name)
        appendField(value)
        append("\r\n")
    }
}

extension ChunkHead {
    /// The response to this request (RFC 4975 §7.2), whatever `Failure-Report` says.
    ///
    /// - Parameters:
    ///   - code: What became of the request.
    ///   - local: The own URI in the session, or the one the request was sent to if there is no session.
    /// - Returns: `nil` where nothing may be answered: to a response, to a REPORT, and to a request that does not say
    ///   where it comes from.
    package func response(_ code: ResponseCode, from local: ByteString) -> ChunkHead? {
        guard let method, method != .report, let fromPath, !fromPath.isEmpty else { return nil }
        var head = ChunkHead(
            transactionID: transactionID,
            .response(code, comment: ByteString(code.comment))
        )
        // A SEND is answered to the previous hop alone, everything else to the far end.
        let firstEnd = fromPath.firstIndex(of: UInt8(ascii: " ")) ?? fromPath.count
        head.toPath = method == .send ? fromPath[0..<firstEnd] : fromPath
        head.fromPath = local
        return head
    }

    /// Whether the sender of this request wants to hear `code` (RFC 4975 §7.1.4, §7.2).
    package func wantsResponse(_ code: ResponseCode) -> Bool {
        switch failureReport {
        case .yes: true
        case .no: false
        case .partial: !code.isSuccess
        }
    }

    /// The report on bytes of the message this request is a part of (RFC 4975 §7.1.3, §7.1.4).
    ///
    /// - Returns: `nil` if the request does not say where it comes from or which message it is about.
    package func report(
        _ status: DeliveryStatus,
        range: ByteRange?,
        from local: ByteString,
        id: TransactionID
    ) -> ChunkHead? {
        guard let fromPath, let messageID else { return nil }
        var head = ChunkHead(transactionID: id.text, .request(.report))
        head.toPath = fromPath
        head.fromPath = local
        head.messageID = messageID
        head.byteRange = range
        head.status = status
        return head
    }
}
