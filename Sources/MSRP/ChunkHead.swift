package import Wire

/// The start line and the header fields of a chunk, of a report or of a response (RFC 4975 §9).
///
/// The identifier is a piece of the bytes it came in and keeps those alive: whoever keeps it longer than the chunk
/// copies it. A field that is not what its grammar says leaves `defect` behind and no value: the frame around it is
/// whole, so the request can be answered with 400 and the connection goes on.
package struct ChunkHead: Sendable {
    package enum StartLine: Hashable, Sendable {
        case request(RequestMethod)
        case response(ResponseCode, comment: ByteString)
    }

    /// A header field this module has no use for, or that it reads on demand.
    package struct Field: Hashable, Sendable {
        package var name: ByteString
        package var value: ByteString

        package init(_ name: ByteString, _ value: ByteString) { (self.name, self.value) = (name, value) }
    }

    /// What the chunks of a message have in common: everything but the identifier and the range.
    fileprivate struct Values: Sendable {
        var startLine: StartLine
        var toPath: ByteString?
        var fromPath: ByteString?
        var messageID: ByteString?
        var successReport = false
        var failureReport = FailureReport.yes
        var status: DeliveryStatus?
        var contentType: ByteString?
        var otherFields: [Field] = []
        var defect: MSRPParseError?
    }

    /// Shared by the heads that are alike in all of it.
    private final class Common: Sendable {
        let values: Values

        init(_ values: Values) { self.values = values }
    }

    /// A head is handed on several times for each chunk: one reference for all of it makes that cheap.
    private final class Storage: Sendable {
        let transactionID: ByteString
        let byteRange: ByteRange?
        let common: Common

        init(_ transactionID: ByteString, _ byteRange: ByteRange?, _ common: Common) {
            (self.transactionID, self.byteRange, self.common) = (transactionID, byteRange, common)
        }
    }

    private var storage: Storage

    package init(transactionID: ByteString, _ startLine: StartLine) {
        storage = Storage(transactionID, nil, Common(Values(startLine: startLine)))
    }

    /// The head of a chunk that is like this one but for the identifier and the range.
    func like(_ transactionID: ByteString, _ byteRange: ByteRange?) -> ChunkHead {
        var head = self
        head.storage = Storage(transactionID, byteRange, storage.common)
        return head
    }

    /// What it has in common with the heads that are like it; keeping that keeps nothing else alive.
    package var common: ChunkHead { like(.empty, nil) }

    /// Whether this one was read as one that is like the other: paths and all fields are the same.
    package func isLike(_ other: ChunkHead) -> Bool { storage.common === other.storage.common }

    private var values: Values { storage.common.values }

    private mutating func change(_ body: (inout Values) -> Void) {
        var values = storage.common.values
        body(&values)
        storage = Storage(storage.transactionID, storage.byteRange, Common(values))
    }
}

extension ChunkHead {
    package var transactionID: ByteString {
        get { storage.transactionID }
        set { storage = Storage(newValue, storage.byteRange, storage.common) }
    }
    package var startLine: StartLine {
        get { values.startLine }
        set { change { $0.startLine = newValue } }
    }
    package var toPath: ByteString? {
        get { values.toPath }
        set { change { $0.toPath = newValue } }
    }
    package var fromPath: ByteString? {
        get { values.fromPath }
        set { change { $0.fromPath = newValue } }
    }
    package var messageID: ByteString? {
        get { values.messageID }
        set { change { $0.messageID = newValue } }
    }
    package var byteRange: ByteRange? {
        get { storage.byteRange }
        set { storage = Storage(storage.transactionID, newValue, storage.common) }
    }
    /// Whether the sender wants to hear when the message arrived (RFC 4975 §7.1.1: no, if it says nothing).
    package var successReport: Bool {
        get { values.successReport }
        set { change { $0.successReport = newValue } }
    }
    package var failureReport: FailureReport {
        get { values.failureReport }
        set { change { $0.failureReport = newValue } }
    }
    package var status: DeliveryStatus? {
        get { values.status }
        set { change { $0.status = newValue } }
    }
    package var contentType: ByteString? {
        get { values.contentType }
        set { change { $0.contentType = newValue } }
    }
    /// All other fields in their order.
    package var otherFields: [Field] {
        get { values.otherFields }
        set { change { $0.otherFields = newValue } }
    }
    /// The first thing wrong with the fields, if anything is.
    package var defect: MSRPParseError? {
        get { values.defect }
        set { change { $0.defect = newValue } }
    }

    package var method: RequestMethod? {
        guard case .request(let method) = startLine else { return nil }
        return method
    }

    package var responseCode: ResponseCode? {
        guard case .response(let code, _) = startLine else { return nil }
        return code
    }

    /// The value of the first field of this name among `otherFields`.
    package func first(_ name: String) -> ByteString? {
        otherFields.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    /// The seconds of `Expires`, `Min-Expires` or `Max-Expires` (RFC 4976 §4.6), or `nil` if there are none.
    package func seconds(_ name: String) -> Duration? {
        first(name)?.decimal(upTo: 1 << 32).map { .seconds(Int64($0)) }
    }
}

extension ChunkHead {
    /// Reads a head: the lines, the last one with its line end.
    ///
    /// - Parameters:
    ///   - text: The head.
    ///   - transactionID: Where its identifier is.
    ///   - range: Is told where the value of `Byte-Range` is.
    /// - Throws: `MSRPParseError` where the stream cannot be understood any more: in the start line, or where a line
    ///   is no field.
    init(
        parsing text: ByteString,
        transactionID: Range<Int>,
        range: inout Range<Int>?
    ) throws(MSRPParseError) {
        let span = text.span
        var lineEnd = span.firstIndex(of: .lineFeed, from: 0)
        let start = text[min(transactionID.upperBound + 1, lineEnd)..<max(lineEnd - 1, 0)]
        var reader = FieldReader(try Self.startLine(start, at: transactionID.upperBound + 1))
        while lineEnd + 1 < span.count {
            let lineStart = lineEnd + 1
            lineEnd = span.firstIndex(of: .lineFeed, from: lineStart)
            try reader.read(text, lineStart..<min(lineEnd, span.count) - 1)
        }
        range = reader.rangePlace
        storage = Storage(text[transactionID], reader.byteRange, Common(reader.values))
    }

    private static func startLine(_ rest: ByteString, at offset: Int) throws(MSRPParseError) -> StartLine {
        var scanner = ByteScanner(rest.span)
        let word = rest[scanner.run(while: \.isTokenCharacter)]
        guard let first = word.first else { throw MSRPParseError(.method, at: offset) }
        guard first.isDigit else {
            scanner.skipSpaces()
            guard scanner.isAtEnd else { throw MSRPParseError(.method, at: offset + scanner.position) }
            return .request(RequestMethod(text: word))
        }
        guard let code = ResponseCode(parsing: word), scanner.isAtEnd || scanner.skip(UInt8(ascii: " "))
        else {
            throw MSRPParseError(.statusCode, at: offset)
        }
        return .response(code, comment: rest[scanner.position...].trimmed)
    }
}

/// Reads the fields of one head.
private struct FieldReader {
    private(set) var values: ChunkHead.Values
    private(set) var byteRange: ByteRange?
    /// Where the value of `Byte-Range` is.
    private(set) var rangePlace: Range<Int>?

    init(_ startLine: ChunkHead.StartLine) { values = ChunkHead.Values(startLine: startLine) }

    mutating func read(_ text: ByteString, _ line: Range<Int>) throws(MSRPParseError) {
        let span = text.span
        var colon = line.lowerBound
        while colon < line.upperBound, span[colon] != UInt8(ascii: ":"), span[colon] > 32 { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, span[colon] == UInt8(ascii: ":") else {
            throw MSRPParseError(.fieldName, at: colon)
        }
        var (start, end) = (colon + 1, line.upperBound)
        while start < end, span[start].isLinearSpace { start += 1 }
        while end > start, span[end - 1].isLinearSpace { end -= 1 }
        let name = span.extracting(line.lowerBound..<colon)
        do throws(MSRPParseError) {
            guard try !set(name, text[start..<end], at: start) else { return }
            values.otherFields.append(ChunkHead.Field(text[line.lowerBound..<colon], text[start..<end]))
        } catch {
            values.defect = values.defect ?? error
        }
    }

    /// Sets a field this type knows.
    ///
    /// - Returns: Whether it is one.
    private mutating func set(
        _ name: Span<UInt8>,
        _ value: ByteString,
        at place: Int
    ) throws(MSRPParseError) -> Bool {
        switch name.count {
        case 6 where name.equalsIgnoringCase("Status"):
            try Self.assign(&values.status, DeliveryStatus(parsing: value))
        case 7 where name.equalsIgnoringCase("To-Path"): try Self.assign(&values.toPath, value)
        case 9 where name.equalsIgnoringCase("From-Path"): try Self.assign(&values.fromPath, value)
        case 10 where name.equalsIgnoringCase("Message-ID"):
            guard value.isIdentifier else { throw MSRPParseError(.messageID, at: 0) }
            try Self.assign(&values.messageID, value)
        case 10 where name.equalsIgnoringCase("Byte-Range"):
            try Self.assign(&byteRange, ByteRange(parsing: value))
            rangePlace = place..<place + value.count
        case 12 where name.equalsIgnoringCase("Content-Type"): try Self.assign(&values.contentType, value)
        case 14 where name.equalsIgnoringCase("Success-Report"):
            guard value.equalsIgnoringCase("yes") || value.equalsIgnoringCase("no") else {
                throw MSRPParseError(.successReport, at: 0)
            }
            values.successReport = value.count == 3
        case 14 where name.equalsIgnoringCase("Failure-Report"):
            guard let report = Self.failureReport(value) else { throw MSRPParseError(.failureReport, at: 0) }
            values.failureReport = report
        default: return false
        }
        return true
    }

    /// Sets a field that may stand once.
    private static func assign<Value>(_ place: inout Value?, _ value: Value) throws(MSRPParseError) {
        guard place == nil else { throw MSRPParseError(.duplicateField, at: 0) }
        place = value
    }

    private static func failureReport(_ value: ByteString) -> FailureReport? {
        if value.equalsIgnoringCase("yes") { return .yes }
        if value.equalsIgnoringCase("no") { return .no }
        return value.equalsIgnoringCase("partial") ? .partial : nil
    }
}

extension ByteString {
    /// Whether this can be a `transact-id` or a `Message-ID`: visible characters, and not too many.
    ///
    /// More than `ident` of RFC 4975 §9 allows, since peers in the field are generous.
    var isIdentifier: Bool {
        var scanner = ByteScanner(span)
        return !scanner.run { $0 > 32 && $0 < 127 }.isEmpty && scanner.isAtEnd
            && count <= MSRPLimits.identifierLength
    }
}
