/// Why the file of an `m=` section is refused.
package enum FileRefusal: Error, Hashable, Sendable {
    /// The section is for messages, not for a file.
    case noFile
    /// A file is offered with no property but its name, or none is (RFC 5547 §8.2.1).
    case selector
    /// `a=file-transfer-id` is missing, or names another file than before (RFC 5547 §8.1).
    case transferID
    /// Neither `sendonly` nor `recvonly`: who sends is not said (RFC 5547 §8).
    case direction
    /// The range is not within the file.
    case range
}

/// Whether an offer asks for a transfer, by its identifier and its file (RFC 5547 §8.1, figure 3).
package enum FileTransferIdentity: Hashable, Sendable {
    case new
    /// A repetition: nothing starts.
    case same
    /// The identifier of one file names another.
    case error

    package init(_ offered: FileAttributes, after known: FileAttributes) {
        if offered.transferID != known.transferID {
            self = .new
        } else {
            self = offered.selector.mayBeSame(as: known.selector) ? .same : .error
        }
    }
}

extension FileAttributes {
    /// Checks an offer, in which the other side pushes a file to us or asks us for one (RFC 5547 §8.2).
    ///
    /// - Parameter direction: The direction the offer has.
    /// - Throws: `FileRefusal` if it breaks a rule without which no file can be transferred.
    package func validate(offeredWith direction: Direction) throws(FileRefusal) {
        guard !selector.isEmpty else { throw .selector }
        guard transferID != nil else { throw .transferID }
        guard direction == .sendonly || direction == .recvonly else { throw .direction }
        if let range, let size = selector.size {
            guard range.count(of: size) != nil else { throw .range }
        }
    }

    /// What the receiver of a pushed file answers (RFC 5547 §8.3.1).
    ///
    /// It says what the file is and which transfer, and nothing else of the offer. RFC 5547 has the answer repeat the
    /// range of the offer, if there is one; a narrower `wanted` asks a sender that knows of it to leave out what is here
    /// already, and the sizes of the messages tell whether it did.
    package func receiverAnswer(range wanted: FileRange? = nil) -> FileAttributes {
        var answer = FileAttributes(selector: selector, transferID: transferID)
        answer.range = wanted ?? range
        return answer
    }

    /// What the sender of a file that was asked for answers, with the properties of the chosen one (RFC 5547 §8.3.2).
    package func senderAnswer(_ file: FileSelector) -> FileAttributes {
        var answer = FileAttributes(selector: file, transferID: transferID)
        answer.range = range
        return answer
    }

    /// The range the sender of a pushed file is asked for: that of the answer, if it lies within the offered one.
    package func range(answeredBy answer: FileAttributes?) -> FileRange {
        let offered = range ?? .whole
        guard let asked = answer?.range else { return offered }
        var bounded = asked
        if bounded.end == nil { bounded.end = offered.end }
        return offered.contains(bounded) ? bounded : offered
    }
}
