package import Wire

/// `Session-Expires`: when a session is given up unless it is refreshed (RFC 4028 §4).
package struct SessionExpires: HeaderField {
    package static let name = HeaderName.sessionExpires

    package var seconds: UInt32
    package var parameters: Parameters

    package init(parsing value: ByteString) throws(SIPParseError) {
        (seconds, parameters) = try value.secondsWithParameters(.sessionExpires)
    }

    package func write(to writer: inout ByteWriter) {
        writer.append(decimal: seconds)
        writer.append(parameters.text)
    }
}

/// `Min-SE`: the shortest session interval that is taken (RFC 4028 §5).
package struct MinSE: HeaderField {
    package static let name = HeaderName.minSE

    package var seconds: UInt32
    package var parameters: Parameters

    package init(parsing value: ByteString) throws(SIPParseError) {
        (seconds, parameters) = try value.secondsWithParameters(.minSessionExpires)
    }

    package func write(to writer: inout ByteWriter) {
        writer.append(decimal: seconds)
        writer.append(parameters.text)
    }
}

extension ByteString {
    fileprivate func secondsWithParameters(
        _ element: SIPParseError.Element
    ) throws(SIPParseError) -> (UInt32, Parameters) {
        var scanner = ByteScanner(span)
        guard let seconds = scanner.decimal(upTo: UInt64(UInt32.max)) else {
            throw SIPParseError(element, at: scanner.position)
        }
        let parameters = Parameters(validated: self[try scanner.headerParameters()])
        guard scanner.isAtEnd else { throw SIPParseError(element, at: scanner.position) }
        return (UInt32(truncatingIfNeeded: seconds), parameters)
    }
}

/// `Replaces`: the dialog that a new one takes the place of (RFC 3891 §6.1).
package struct Replaces: HeaderField {
    package static let name = HeaderName.replaces

    package var callID: ByteString
    package var parameters: Parameters

    package var toTag: ByteString? { parameters["to-tag"] }
    package var fromTag: ByteString? { parameters["from-tag"] }

    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        try scanner.callID()
        callID = value[0..<scanner.position]
        parameters = Parameters(validated: value[try scanner.headerParameters()])
        guard scanner.isAtEnd else { throw SIPParseError(.replaces, at: scanner.position) }
    }

    package func write(to writer: inout ByteWriter) {
        writer.append(callID)
        writer.append(parameters.text)
    }
}

/// `RAck`: the provisional response that a PRACK acknowledges (RFC 3262 §7.2).
package struct RAck: HeaderField {
    package static let name = HeaderName.rack

    package var responseNumber: UInt32
    package var sequence: CSeq

    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        guard let number = scanner.decimal(upTo: UInt64(UInt32.max)), scanner.next?.isLinearSpace == true
        else {
            throw SIPParseError(.rack, at: scanner.position)
        }
        scanner.skipSpaces()
        responseNumber = UInt32(truncatingIfNeeded: number)
        sequence = try CSeq(parsing: value[scanner.position...])
    }

    package func write(to writer: inout ByteWriter) {
        writer.append(decimal: responseNumber)
        writer.append(UInt8(ascii: " "))
        sequence.write(to: &writer)
    }
}

/// `SIP-ETag`: the name of a published state (RFC 3903 §11.3.1).
package struct SIPETag: HeaderField {
    package static let name = HeaderName.sipETag

    package var tag: ByteString

    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        guard !scanner.run(of: .token).isEmpty, scanner.isAtEnd else {
            throw SIPParseError(.entityTag, at: scanner.position)
        }
        tag = value
    }

    package func write(to writer: inout ByteWriter) { writer.append(tag) }
}

/// `SIP-If-Match`: the published state that a PUBLISH changes (RFC 3903 §11.3.2).
package struct SIPIfMatch: HeaderField {
    package static let name = HeaderName.sipIfMatch

    package var tag: ByteString

    package init(_ tag: ByteString) { self.tag = tag }

    package init(parsing value: ByteString) throws(SIPParseError) { tag = try SIPETag(parsing: value).tag }

    package func write(to writer: inout ByteWriter) { writer.append(tag) }
}
