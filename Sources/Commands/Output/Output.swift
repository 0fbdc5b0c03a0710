package import Documents
package import Engine
package import Store

/// Where a command and the engine's events are told: to people in text, or to programs in JSON.
package protocol Output: AnyObject {
    /// Tells what the engine has to say.
    func show(_ event: Event)

    /// Tells what a command has found or done.
    func show(_ result: CommandResult, account: String)

    /// Writes help, a completion script or whatever else is text by nature.
    func text(_ text: String)

    /// Tells a person what goes on; programs do not need it.
    func notice(_ text: String)

    /// Tells why something could not be done.
    func show(_ explanation: Explanation)

    func show(_ line: LogLine)
    func show(_ record: TraceRecord)
}

/// What a command has found or done.
package enum CommandResult: Sendable {
    case registered(RegistrationStatus)
    case unregistered(serviceOnly: Bool)
    case status(RegistrationStatus?, Account)
    case identities(RegistrationStatus)
    case chat(ChatEntry)
    case history(HistoryEntry)
    case capabilities(Capabilities)
    case presence(PresenceChange)
    case ownPresence(OwnPresenceStatus)
    case provisioned(Provisioning)
    case buddy(BuddyEntry)
    /// How the presence of the buddies is watched.
    case buddyWatch(BuddyWatchMode)
    /// Somebody who waits to be allowed or blocked.
    case watcherRequest(WatcherRequest)
    case document(XDMDocument)
    case documentState(DocumentReport)
    case transfer(FileTransfer, isOffered: Bool)
    /// A file is stored there.
    case received(path: String)
    /// One of the accounts in a list, or all there is to say about one.
    case account(Account, isDefault: Bool, isDetailed: Bool)
}

/// Why something could not be done, in words for people and in a code for programs.
package struct Explanation: Hashable, Sendable {
    /// A word that does not change, for programs.
    package var code: String
    /// What failed and why: one line.
    package var summary: String
    /// What to do next: one line, if there is something to do.
    package var advice: String?
    package var status: ExitStatus
    /// The final SIP status, if one came.
    package var sipStatus: UInt16?

    package init(
        _ code: String,
        _ summary: String,
        advice: String? = nil,
        status: ExitStatus,
        sipStatus: UInt16? = nil
    ) {
        self.code = code
        self.summary = summary
        self.advice = advice
        self.status = status
        self.sipStatus = sipStatus
    }
}
