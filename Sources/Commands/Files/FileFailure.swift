package import Engine

/// Why a file command could not do its part.
package enum FileFailure: Error, Hashable, Sendable {
    /// A transfer ended without the file being where it belongs.
    case ended(FileTransfer, FileTransferEnd)
    /// The other side's client says what it can do, and image share is not among it.
    case noImageShare(String)
    case notAnImage(String, type: String)
    /// `-` names no file; `--name` does.
    case nameNeeded
    /// Nothing is known that a file could be found by.
    case selectorNeeded
    case badHash(String)
    case noTransfer(String?)
    case nothingReceived
    case notOpened(String)
}
