/// Several contents in one body, `multipart/…` (RFC 2046 §5.1).
package struct Multipart: Hashable, Sendable {
    package var parts: [MIMEEntity]

    package init(parts: [MIMEEntity]) { self.parts = parts }

    /// Reads a body whose parts `boundary` separates.
    ///
    /// The last delimiter may be missing, or lack the hyphens that mark it as the last, as in the example of RFC 5438.
    package init(
        parsing body: ByteString,
        boundary: String,
        limits: MIMELimits = MIMELimits()
    ) throws(MIMEError) {
        parts = []
        let delimiter = ByteString("--" + boundary)
        // Where the part that is being read begins; `nil` before the first delimiter and after the last.
        var start: Int?
        var position = 0
        while position < body.count {
            let lineEnd = body.firstIndex(of: .lineFeed, from: position) ?? body.count
            if let isLast = Self.isLast(body[position..<lineEnd], delimiter) {
                if let start {
                    try append(body[start..<Self.beforeLineBreak(position, in: body, from: start)], limits)
                }
                start = isLast ? nil : min(lineEnd + 1, body.count)
                if isLast { return }
            }
            position = lineEnd + 1
        }
        if let start, start < body.count { try append(body[start...], limits) }
    }

    /// Whether a line is the last delimiter, or `nil` if it is none.
    private static func isLast(_ line: ByteString, _ delimiter: ByteString) -> Bool? {
        guard line.count >= delimiter.count, line[0..<delimiter.count] == delimiter else { return nil }
        var rest = line[delimiter.count...]
        if !rest.isEmpty, rest[rest.count - 1] == .carriageReturn { rest = rest[0..<(rest.count - 1)] }
        if rest.trimmed.isEmpty { return false }
        return rest.trimmed == "--" ? true : nil
    }

    /// The line break before a delimiter belongs to it, not to the part (RFC 2046 §5.1.1).
    private static func beforeLineBreak(_ position: Int, in body: ByteString, from start: Int) -> Int {
        var end = position
        if end > start, body[end - 1] == .lineFeed { end -= 1 }
        if end > start, body[end - 1] == .carriageReturn { end -= 1 }
        return end
    }

    private mutating func append(_ bytes: ByteString, _ limits: MIMELimits) throws(MIMEError) {
        guard parts.count < limits.partCount else { throw .tooManyParts }
        var reader = HeaderReader(bytes: bytes, limits: limits)
        parts.append(try reader.entity())
    }
}

extension Multipart {
    /// The body as it is sent, its parts separated by `boundary`, which must not occur in them.
    package func serialized(boundary: String) -> ByteString {
        var writer = ByteWriter(capacity: parts.reduce(256) { $0 + $1.body.count + 256 })
        for part in parts {
            writer.append("--\(boundary)\r\n")
            for header in part.headers {
                writer.appendField(ByteString(header.name))
                writer.append(": ")
                writer.appendField(header.value)
                writer.append("\r\n")
            }
            writer.append("\r\n")
            writer.append(part.body)
            writer.append("\r\n")
        }
        writer.append("--\(boundary)--\r\n")
        return writer.string
    }
}
