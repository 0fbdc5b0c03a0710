internal import Wire

extension Message {
    /// Begins the answer to this request as RFC 3261 §8.2.6.2 asks.
    ///
    /// Every `Via`, `From`, `To`, `Call-ID` and `CSeq` are copied as they came. `Record-Route` is copied into the
    /// responses that may make a dialog (§12.1.1), `Timestamp` into a 100 (§8.2.6.1). `toTag` is added to `To` if
    /// there is no tag yet and the response is not a 100.
    package func response(_ status: StatusCode, reason: String? = nil, toTag: String? = nil) -> Message {
        var response = Message(status: status, reason: reason)
        let makesDialog =
            status.value > 100 && status.value < 300 && (method.map(Self.mayMakeDialog) ?? false)
        for header in headers {
            switch header.name.wellKnown {
            case .via, .from, .callID, .cseq:
                response.headers.append(header)
            case .to:
                response.headers.append(status == .trying ? header : Self.tagged(header, toTag))
            case .recordRoute where makesDialog:
                response.headers.append(header)
            case .timestamp where status == .trying:
                response.headers.append(header)
            default:
                break
            }
        }
        return response
    }

    private static func mayMakeDialog(_ method: Method) -> Bool {
        method == .invite || method == .subscribe || method == .refer || method == .notify
    }

    private static func tagged(_ header: Header, _ tag: String?) -> Header {
        guard let tag, let to = try? To(parsing: header.value), to.tag == nil else { return header }
        var writer = ByteWriter(capacity: header.value.count + 32)
        writer.append(header.value)
        writer.append(";tag=")
        writer.append(tag)
        return Header(.to, writer.string)
    }
}
