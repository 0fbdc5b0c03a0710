/// What the outside may make this module hold or do at once.
package enum RuntimeLimits {
    /// The most bytes read from a descriptor at a time; also the largest datagram there can be.
    package static let readSlice = 65_536
    /// The most bytes read from a connection at a time while much comes.
    static let bulkSlice = 262_144
    /// Descriptors served before timers and work get their turn.
    static let eventsPerTurn = 64
    /// Datagrams read from one socket before the others get their turn.
    static let datagramsPerTurn = 32
    /// Connections accepted before the other descriptors get their turn.
    static let acceptsPerTurn = 16
    /// What is asked of the system for the buffers of a UDP socket, so that a burst is not lost.
    static let datagramBuffer: Int32 = 1 << 20
    /// The most bytes that wait to be sent on one connection.
    package static let writeQueue = 4 << 20
    /// How long a connection that we closed waits for the peer to close too.
    static let lingering = Duration.seconds(2)
    /// How long a listener rests when the process has no descriptor left.
    static let acceptPause = Duration.milliseconds(100)
    /// The most records of one DNS answer that are looked at.
    static let dnsRecords = 64
    /// The most certificates of a file that are taken as one chain.
    static let certificateChain = 8
    /// The most bytes of a line of input.
    package static let inputLine = 1 << 20
    /// The most bytes a command may print: a password, not a book.
    package static let commandOutput = 65_536
    /// How long a transfer by HTTP may take.
    package static let httpTransfer = Duration.seconds(30)
    /// The largest body of an HTTP response that is taken.
    package static let httpBody = 1 << 20
    /// The largest head of an HTTP response that is taken, interim ones included.
    static let httpHead = 65_536
}
