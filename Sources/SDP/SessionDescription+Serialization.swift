package import Wire

extension SessionDescription {
    /// The description as it is sent: every line in the order of RFC 4566 §5, each ended by CRLF.
    ///
    /// No value can end its line or begin another.
    package var text: ByteString {
        var writer = ByteWriter(capacity: 512)
        writer.appendLine("v", "0")
        writer.appendLine("o", origin.words)
        writer.appendLine("s", name.isEmpty ? "-" : name)
        writer.appendLine("i", information)
        writer.appendLine("u", uri)
        for email in emails { writer.appendLine("e", email) }
        for phone in phones { writer.appendLine("p", phone) }
        if let connection { writer.appendLine("c", connection.words) }
        for bandwidth in bandwidths { writer.appendLine("b", bandwidth) }
        for time in times {
            writer.appendLine("t", time.value)
            for repetition in time.repetitions { writer.appendLine("r", repetition) }
        }
        writer.appendLine("z", zones)
        writer.appendLine("k", key)
        for attribute in attributes { writer.append(attribute) }
        for medium in media { medium.write(to: &writer) }
        return writer.string
    }
}

extension SessionDescription: CustomStringConvertible {
    package var description: String { text.text }
}

extension MediaDescription {
    fileprivate func write(to writer: inout ByteWriter) {
        let ports = portCount.map { "\(port)/\($0)" } ?? "\(port)"
        writer.appendLine("m", [type, ByteString(ports), transport, formats])
        writer.appendLine("i", information)
        for connection in connections { writer.appendLine("c", connection.words) }
        for bandwidth in bandwidths { writer.appendLine("b", bandwidth) }
        writer.appendLine("k", key)
        for attribute in attributes { writer.append(attribute) }
    }
}

extension Origin {
    fileprivate var words: [ByteString] {
        [username, sessionID, ByteString(String(version))] + address.words
    }
}

extension Connection {
    fileprivate var words: [ByteString] { [network, type, address] }
}

extension ByteWriter {
    fileprivate mutating func appendLine(_ type: String, _ value: ByteString?) {
        guard let value else { return }
        append("\(type)=")
        appendField(value)
        append("\r\n")
    }

    fileprivate mutating func appendLine(_ type: String, _ words: [ByteString]) {
        append("\(type)=")
        for (index, word) in words.enumerated() {
            if index > 0 { append(UInt8(ascii: " ")) }
            appendField(word)
        }
        append("\r\n")
    }

    fileprivate mutating func append(_ attribute: Attribute) {
        append("a=")
        appendField(attribute.name)
        if let value = attribute.value {
            append(UInt8(ascii: ":"))
            appendField(value)
        }
        append("\r\n")
    }
}
