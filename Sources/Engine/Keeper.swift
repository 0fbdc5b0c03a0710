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
    /// The URN of `+sip.instance` (RFC 5626 §4.1).
    static let instance = "instance"
}
