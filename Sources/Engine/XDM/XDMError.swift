package import Documents

/// Why a document could not be read from the XCAP server, or not be written to it.
package enum XDMError: Error, Hashable, Sendable {
    /// The account has no `xcap-root`.
    case notConfigured
    /// libcurl is not installed.
    case noLibrary
    /// No connection, or no whole answer; `detail` is in words of the system.
    case unreachable(server: String, detail: String)
    case noAnswer(server: String)
    case tls(TLSFailure)
    case authentication(AuthenticationFailure)
    /// What was done before the server could be asked: the secret could not be read.
    case engine(EngineError)
    /// There is no such document, or no such node in it.
    case notFound(String)
    /// Somebody else has changed the document since it was read, or has made it (412).
    case changedElsewhere(document: String)
    /// The server does not want the change, and says why if it does (409).
    case conflict(document: String, XCAPErrorDocument?)
    case refused(document: String, status: UInt16)
    /// What the server sent is no such document, or what is to be sent is none.
    case malformed(document: String, detail: String)
    case tooLarge(document: String, limit: Int)
    /// The store is needed and cannot be used.
    case store(String)
    /// Nobody on the buddy list is called that.
    case noBuddy(String)
    /// Another buddy is called that already.
    case nicknameTaken(String, by: String)
}
