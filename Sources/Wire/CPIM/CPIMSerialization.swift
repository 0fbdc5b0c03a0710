extension CPIMMessage {
    /// The message as it is sent: strict, whatever was read (RFC 3862 §2.2).
    ///
    /// A namespace is declared before its first use. A header whose name is none, such as one that was read with a
    /// prefix nobody declared, is left out.
    package func serialized() -> ByteString {
        var writer = ByteWriter(capacity: content.body.count + 512)
        var prefixes = Prefixes()
        for header in headers where header.name.isWritable { header.write(to: &writer, &prefixes) }
        writer.append("\r\n")
        for header in content.headers {
            writer.appendField(ByteString(header.name))
            writer.append(": ")
            writer.appendField(header.value)
            writer.append("\r\n")
        }
        writer.append("\r\n")
        writer.append(content.body)
        return writer.string
    }
}

/// The prefixes the writer has given to namespaces.
private struct Prefixes {
    private var names: [String: String] = [CPIMName.coreNamespace: ""]

    /// Declares the namespace of `name` if that is not done yet, and gives the name as it is to be written.
    mutating func written(_ name: CPIMName, to writer: inout ByteWriter) -> String {
        if let prefix = names[name.namespace] {
            return prefix.isEmpty ? name.local : "\(prefix).\(name.local)"
        }
        let prefix = name.namespace == CPIMName.notificationNamespace ? "imdn" : "ns\(names.count)"
        names[name.namespace] = prefix
        writer.append("NS: \(prefix) <\(name.namespace)>\r\n")
        return "\(prefix).\(name.local)"
    }
}

extension CPIMHeader {
    fileprivate func write(to writer: inout ByteWriter, _ prefixes: inout Prefixes) {
        if name == .require {
            let names = requiredNames.filter(\.isWritable).map { prefixes.written($0, to: &writer) }
            guard !names.isEmpty else { return }
            writer.append("Require: \(names.joined(separator: ","))\r\n")
            return
        }
        writer.append(prefixes.written(name, to: &writer))
        writer.append(":")
        if let language, !language.isEmpty, language.utf8.allSatisfy(CPIMName.isInName) {
            writer.append(";lang=\(language)")
        }
        writer.append(" ")
        writer.appendField(value)
        writer.append("\r\n")
    }
}
