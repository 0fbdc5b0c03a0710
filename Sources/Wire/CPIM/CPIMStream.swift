/// Takes the envelope off a CPIM message that comes piece by piece, so that content of any size passes through.
package struct CPIMStream: Sendable {
    private let limits: MIMELimits
    /// What came before the content was reached.
    private var head: [UInt8] = []
    private var blankLines = 0
    /// The message without its content, once that has been reached.
    package private(set) var envelope: CPIMMessage?
    /// The bytes before the content.
    package private(set) var envelopeSize = 0

    package init(limits: MIMELimits = MIMELimits()) { self.limits = limits }

    /// Takes the next bytes.
    ///
    /// - Returns: Those of them, and of the ones before, that are content.
    package mutating func receive(_ bytes: ByteString) throws(MIMEError) -> ByteString {
        guard envelope == nil else { return bytes }
        let scanned = head.count
        bytes.append(to: &head)
        for index in scanned..<head.count where isBlankLine(at: index) { blankLines += 1 }
        // Message headers and content headers each end with a blank line; who forgets one is read at the limit.
        return blankLines >= 2 || head.count > limits.headerByteCount ? try open() : .empty
    }

    /// Whether the byte there ends an empty line.
    private func isBlankLine(at index: Int) -> Bool {
        guard head[index] == .lineFeed, index > 0 else { return false }
        if head[index - 1] == .lineFeed { return true }
        return head[index - 1] == .carriageReturn && index > 1 && head[index - 2] == .lineFeed
    }

    /// Takes the end of the message.
    ///
    /// - Returns: The content that was still held back.
    package mutating func finish() throws(MIMEError) -> ByteString {
        guard envelope == nil, !head.isEmpty else { return .empty }
        return try open()
    }

    private mutating func open() throws(MIMEError) -> ByteString {
        var message = try CPIMMessage(parsing: ByteString(head), limits: limits)
        let content = message.content.body
        envelopeSize = head.count - content.count
        message.content.body = .empty
        envelope = message
        head = []
        return content
    }
}
