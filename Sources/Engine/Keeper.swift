import Store

/// The store as the engine has it: opened when first needed, and done without when it cannot be used.
enum Keeper {
    case closed
    case open(Store)
    /// It could not be opened or written; the user has been told.
    case unavailable
}

/// The keys under which the store keeps what an account must remember from one run to the next.
enum StateKey {
    /// The last nonce, so that the next run need not be challenged.
    static let nonce = "nonce"
    /// The sequence numbers of the software card (TS 33.102 annex C).
    static let sequenceNumbers = "sqn"
    /// The UDP port of a registration that was left behind, so that the next run takes it up or takes it back.
    static let port = "port"
    /// What the user wants others to see of their presence.
    static let presence = "presence"
    /// The entity tag of what is published, which the next run changes (RFC 3903 §4.1).
    static let publication = "publication"
    /// Until when the server holds what was left behind; empty when the user was shown as gone.
    static let publicationEnd = "publication-end"
    /// Whether the buddies of the time before there was an XCAP server are on it.
    static let buddiesAdopted = "buddies-adopted"
    /// Whether the decisions about watchers of that time are there too.
    static let decisionsAdopted = "decisions-adopted"
    /// The URN of `+sip.instance` (RFC 5626 §4.1).
    static let instance = "instance"
}
