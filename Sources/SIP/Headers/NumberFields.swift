package import Wire

/// `Max-Forwards`: how many more hops the request may take (RFC 3261 §20.22).
package struct MaxForwards: HeaderField {
    package static let name = HeaderName.maxForwards

    /// From 0 to 255.
    package var hops: UInt8

    package init(_ hops: UInt8 = 70) { self.hops = hops }

    package init(parsing value: ByteString) throws(SIPParseError) {
        guard let hops = value.decimal(upTo: 255) else { throw SIPParseError(.maxForwards, at: 0) }
        self.hops = UInt8(truncatingIfNeeded: hops)
    }

    package func write(to writer: inout ByteWriter) { writer.append(decimal: hops) }
}

/// `Expires`: for how long a registration, subscription or message stays valid (RFC 3261 §20.19).
package struct Expires: HeaderField {
    package static let name = HeaderName.expires

    package var seconds: UInt32

    package init(seconds: UInt32) { self.seconds = seconds }

    package var duration: Duration { .seconds(seconds) }

    package init(parsing value: ByteString) throws(SIPParseError) {
        seconds = try value.deltaSeconds(.expires)
    }

    package func write(to writer: inout ByteWriter) { writer.append(decimal: seconds) }
}

/// `Min-Expires`: the shortest lifetime the server grants, beside a 423 (RFC 3261 §20.23).
package struct MinExpires: HeaderField {
    package static let name = HeaderName.minExpires

    package var seconds: UInt32

    package init(seconds: UInt32) { self.seconds = seconds }

    package var duration: Duration { .seconds(seconds) }

    package init(parsing value: ByteString) throws(SIPParseError) {
        seconds = try value.deltaSeconds(.minExpires)
    }

    package func write(to writer: inout ByteWriter) { writer.append(decimal: seconds) }
}

/// `Flow-Timer`: how long a server keeps a flow without a keep-alive (RFC 5626 §10).
package struct FlowTimer: HeaderField {
    package static let name = HeaderName.flowTimer

    package var seconds: UInt32

    package init(seconds: UInt32) { self.seconds = seconds }

    package init(parsing value: ByteString) throws(SIPParseError) {
        seconds = try value.deltaSeconds(.number)
    }

    package func write(to writer: inout ByteWriter) { writer.append(decimal: seconds) }
}

extension ByteString {
    /// Reads `delta-seconds`: at most 2³²−1 (RFC 3261 §20.19).
    func deltaSeconds(_ element: SIPParseError.Element) throws(SIPParseError) -> UInt32 {
        guard let seconds = decimal(upTo: UInt64(UInt32.max)) else { throw SIPParseError(element, at: 0) }
        return UInt32(truncatingIfNeeded: seconds)
    }
}
