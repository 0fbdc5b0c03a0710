import Documents
import SIP
import Wire

extension LabCore {
    /// Where the XCAP server's documents are.
    private var documentRoot: String {
        documents.address.map { "http://\($0)\(LabXCAP.root)" } ?? LabXCAP.root
    }

    /// Which documents a user has, and their entity tags: what a subscription begins with (RFC 5875 §4.7).
    func documentList(of user: String) -> ByteString {
        let list = documents.paths(of: user).map { path in
            XCAPDifference.Document(selector: path, newETag: documents.document(at: path)?.entityTag)
        }
        return ByteString(XCAPDifference(root: documentRoot, documents: list).serialized())
    }

    /// Tells those who watch a document that it has changed.
    mutating func take(_ change: LabXCAP.Change, at now: Instant) {
        let what = change.newTag == nil ? "deleted" : change.previousTag == nil ? "created" : "changed"
        note("\(change.user) \(what) \(change.path)")
        applyPermissions(of: change.user, at: now)
        let document = XCAPDifference.Document(
            selector: change.path,
            newETag: change.newTag,
            previousETag: change.previousTag
        )
        let difference = XCAPDifference(root: documentRoot, documents: [document])
        for id in subscriptions(.documents, of: change.user) {
            notify(id, ByteString(difference.serialized()), at: now)
        }
    }
}
