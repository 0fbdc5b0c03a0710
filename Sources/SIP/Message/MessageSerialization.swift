internal import Wire

extension Message {
    /// The message as it goes to the wire.
    ///
    /// `Content-Length` is written here and counts the body, whatever the list says: in its place if the list has
    /// one, otherwise last (RFC 3261 §18.3, §20.14).
    package func serialized() -> [UInt8] {
        var writer = ByteWriter(capacity: estimatedSize)
        writeStartLine(to: &writer)
        var hasLength = false
        for header in headers {
            guard header.name != .contentLength else {
                if !hasLength { writeContentLength(to: &writer) }
                hasLength = true
                continue
            }
            header.write(to: &writer)
        }
        if !hasLength { writeContentLength(to: &writer) }
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

    private func writeContentLength(to writer: inout ByteWriter) {
        writer.append("Content-Length: ")
        writer.append(decimal: UInt(body.count))
        writer.append("\r\n")
    }

    /// The size of the message on the wire, or a little more.
    package var estimatedSize: Int {
        var size = 96 + body.count
        switch startLine {
        case .request(_, let uri): size += uri.count
        case .response(_, let reason): size += reason.count
        }
        for header in headers { size += header.estimatedSize }
        return size
    }
}
