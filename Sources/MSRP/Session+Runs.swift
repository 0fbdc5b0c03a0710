package import Wire

// Much of what comes is like what came before it: chunks in the middle of a message, and responses that confirm ours.
// They are taken in a row here, without an event for each part of each.
extension Session {
    /// The message that the next chunks are of, if they may be those of a run.
    package func runMessage(_ parser: ChunkParser) -> ByteString? {
        guard parser.isBetweenChunks, let head = parser.request?.head, head.method == .send,
            head.failureReport == .yes, knownPaths?.head.isLike(head) == true
        else { return nil }
        return head.messageID
    }

    /// Takes the whole chunks at the front of the input that go on with a streamed message, and queues their responses.
    ///
    /// - Parameters:
    ///   - parser: What has read up to here; it stays between two chunks.
    ///   - input: What was received; what is taken is taken away. The chunk with the end is left.
    ///   - messageID: What `runMessage` gave.
    ///   - take: Gets the bodies in their order; the run ends when it wants no more.
    package mutating func receiveRun(
        _ parser: ChunkParser,
        _ input: inout ByteString,
        of messageID: ByteString,
        _ take: (ByteString) -> Bool
    ) {
        guard let template = parser.request, let acceptance = knownPaths?.acceptance,
            let index = assembler.plainPlace(of: messageID)
        else { return }
        let whole = input
        var (place, goesOn) = (0, true)
        while goesOn, takesInput {
            let span = whole.span.extracting(place..<whole.count)
            guard let chunk = template.chunk(in: span), chunk.flag == .continued, let range = chunk.range,
                assembler.passOn(range, chunk.body.count, at: index)
            else { break }
            let piece = whole[place..<place + chunk.count]
            place += chunk.count
            answers.append { acceptance.write(to: &$0, answering: piece[chunk.transactionID]) }
            goesOn = take(piece[chunk.body])
        }
        input = whole[place...]
    }

    /// Takes the responses at the front of the input that confirm our requests in the order of those.
    ///
    /// - Parameters:
    ///   - parser: What has read up to here; it stays between two chunks.
    ///   - input: What was received; what is taken is taken away.
    ///   - events: Gets what becomes of messages; the run ends with the first.
    package mutating func receiveConfirmations(
        _ parser: ChunkParser,
        _ input: inout ByteString,
        into events: inout [SessionEvent]
    ) {
        guard parser.isBetweenChunks, let template = parser.response,
            let code = template.head.responseCode, code.isSuccess
        else { return }
        let whole = input
        var place = 0
        while events.isEmpty {
            let span = whole.span.extracting(place..<whole.count)
            guard let chunk = template.chunk(in: span),
                let entry = transactions.removeFirst(span, chunk.transactionID)
            else { break }
            place += chunk.count
            conclude(entry, code, into: &events)
        }
        input = whole[place...]
    }
}
