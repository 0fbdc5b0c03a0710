package import Wire

/// The `CSeq` header field: orders the requests of one dialog (RFC 3261 §20.16).
package struct CSeq: HeaderField {
    package static let name = HeaderName.cseq

    /// The sequence number; ours stay below 2³¹ (RFC 3261 §8.1.1.5), a peer's may fill 32 bits.
    package var number: UInt32
    /// The method of the request this transaction was created by.
    package var method: Method

    package init(number: UInt32, method: Method) { (self.number, self.method) = (number, method) }

    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        guard let number = scanner.decimal(upTo: UInt64(UInt32.max)) else {
            throw SIPParseError(.cseq, at: scanner.position)
        }
        let digitsEnd = scanner.position
        scanner.skipSpaces()
        let token = scanner.run(of: .token)
        guard token.lowerBound > digitsEnd, !token.isEmpty, scanner.isAtEnd else {
            throw SIPParseError(.cseq, at: scanner.position)
        }
        self.number = UInt32(truncatingIfNeeded: number)
        method = Method(value, at: token)
    }

    package func write(to writer: inout ByteWriter) {
        writer.append(decimal: number)
        writer.append(UInt8(ascii: " "))
        method.write(to: &writer)
    }
}
