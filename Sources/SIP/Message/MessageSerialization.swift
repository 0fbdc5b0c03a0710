internal import Wire

extension Message {
    /// The message as it goes to the wire.
    ///
    /// `Content-Length` is written here and counts the body, whatever the list says: in its place if the list has
    /// one, otherwise last (RFC 3261 §18.3, §20.14).
    package func serialized() -> [UInt8] {
        var writer = ByteWriter(capacity: estimatedSize)
        writeStartLine(to: &writer)
        if !headers.write(to: &writer, length: body.count) { writer.appendContentLength(body.count) }
        writer.append("\r\n")
        writer.append(body)
        return writer.bytes
    }

    private func writeStartLine(to writer: inout ByteWriter) {
        switch startLine {
        case .request(let method, let uri):
            method.write(to: &writer)
            writer.append(UInt8(ascii: " "))
            writer.appendField(uri)
            writer.append(" SIP/2.0\r\n")
        case .response(let status, let reason):
            writer.append("SIP/2.0 ")
            writer.append(decimal: status.value)
            writer.append(UInt8(ascii: " "))
            writer.appendField(reason)
            writer.append("\r\n")
        }
    }

    /// The size of the message on the wire, or a little more.
    package var estimatedSize: Int {
        var size = 96 + body.count
        switch startLine {
        case .request(_, let uri): size += uri.count
        case .response(_, let reason): size += reason.count
        }
        return size + headers.estimatedSize
    }
}

extension ByteWriter {
    mutating func appendContentLength(_ count: Int) {
        append("Content-Length: ")
        append(decimal: UInt(count))
        append("\r\n")
    }
}
