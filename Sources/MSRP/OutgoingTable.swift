internal import Wire

/// The messages of a session on their way out, by `Message-ID`.
///
/// A dictionary hands its values out as copies, and a message is looked at several times for each chunk: so they lie in
/// an array, and the dictionary says where.
struct OutgoingTable: Sendable {
    private var places: [ByteString: Int] = [:]
    /// What lies at a place that `place(of:)` gave; it may be changed where it lies.
    var entries: [OutgoingProgress] = []
    /// Places whose message is gone.
    private var vacant: [Int] = []

    /// Where a message lies, until it is taken out.
    func place(of messageID: ByteString) -> Int? { places[messageID] }

    /// A copy of what is known of a message; `nil` takes the message out.
    subscript(messageID: ByteString) -> OutgoingProgress? {
        get { places[messageID].map { entries[$0] } }
        set {
            guard let newValue else {
                _ = removeValue(forKey: messageID)
                return
            }
            if let place = places[messageID] {
                entries[place] = newValue
            } else if let place = vacant.popLast() {
                entries[place] = newValue
                places[messageID] = place
            } else {
                places[messageID] = entries.count
                entries.append(newValue)
            }
        }
    }

    var values: [OutgoingProgress] { places.values.map { entries[$0] } }

    mutating func removeValue(forKey messageID: ByteString) -> OutgoingProgress? {
        guard let place = places.removeValue(forKey: messageID) else { return nil }
        let progress = entries[place]
        entries[place] = .none
        vacant.append(place)
        return progress
    }
}

extension OutgoingProgress {
    /// What lies where no message does.
    fileprivate static let none = OutgoingProgress(
        OutgoingMessage(messageID: .empty, contentType: .empty, content: .streamed(size: nil)),
        order: 0
    )
}
