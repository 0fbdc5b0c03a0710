/// Why a command about documents could not do its part.
package enum DocumentFailure: Error, Hashable, Sendable {
    /// Somebody else has changed the document; what the user wrote is in the file `mine`, what there is in `theirs`.
    case conflict(document: String, mine: String, theirs: String?)
    /// A conflict of before has not been settled.
    case unmerged(mine: String, theirs: String)
    case notWritable(file: String, detail: String)
    /// The folder holds documents of another server or identity.
    case otherOrigin(folder: String, origin: String)
    /// The folder was not made by `xdm pull`.
    case notPulled(folder: String)
    case badDocument(String)
    case badNode(String)
}
