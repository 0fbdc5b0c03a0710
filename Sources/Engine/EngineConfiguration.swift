/// What an engine needs to know before it starts.
package struct EngineConfiguration: Sendable {
    /// The product, as User-Agent names it.
    static let product = "ims"

    package var account: Account
    /// The SQLite database for history and what must outlive a run; `nil` keeps nothing.
    package var storePath: String?
    /// Where the certificate for message sessions is kept; `nil` makes one for this run.
    package var certificatePath: String?
    /// Whether messages are written to the store (`history`); what the account needs is kept there in any case.
    package var keepsHistory: Bool
    /// The public identity to send as and to register (`--as`); `nil` for the account's own.
    package var identity: String?
    /// How long one command may wait for the network (`--timeout`); `nil` leaves it to the protocol's timers.
    package var timeout: Duration?
    /// Whether the engine stays for a while: it then watches its registration and answers keep-alives.
    package var isLongLived: Bool
    /// Whether the buddies are watched as long as the account is registered.
    package var watchesBuddies = false
    /// What is done with invitations to a chat; a command that stays only for an answer takes none.
    package var chatPolicy = ChatPolicy.none
    /// The descriptor that gets the bytes of messages in chats, and nothing else; they are shown if `nil`.
    package var chatDescriptor: Int32?
    /// Which files are taken, and where they go.
    package var reception = ReceptionRules()
    /// Whether somebody is there who can be asked.
    package var canAsk = true
    /// The product's version, as User-Agent names it.
    package var version: String
    /// Takes every SIP message and every request for a document that passes, secrets redacted (`--trace`).
    package var trace: (@Sendable (TraceRecord) -> Void)?
    /// Takes every event as it happens, before whoever waits for it goes on.
    package var report: (@Sendable (Event) -> Void)?
    /// Takes what the engine has to say to whoever looks for a fault (`-v`).
    package var log: (@Sendable (LogLine) -> Void)?
    /// DNS servers to ask instead of the system's, `address:port`.
    package var nameServers: [String]

    package init(account: Account, version: String) {
        self.account = account
        self.version = version
        keepsHistory = true
        isLongLived = false
        nameServers = []
    }
}
