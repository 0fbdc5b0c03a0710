package import Wire

/// `a=setup`: who opens the connection (RFC 4145 §4).
package enum Setup: String, Hashable, Sendable {
    case active, passive, actpass, holdconn

    /// What an answer says to an offer (RFC 4145 §4.1).
    ///
    /// Without `a=setup` the offerer connects, as RFC 4975 §8.5 has it. One that offers both is left to connect, unless
    /// connections cannot reach us (RFC 6135 §4.2).
    ///
    /// - Parameters:
    ///   - offered: The role in the offer.
    ///   - canListen: Whether the offerer can open a connection to us.
    /// - Returns: Our role; `nil` if the offer leaves only one that we cannot take.
    package static func answer(to offered: Setup?, canListen: Bool) -> Setup? {
        switch offered {
        case .active, nil: canListen ? .passive : nil
        case .passive: .active
        case .actpass: canListen ? .passive : .active
        case .holdconn: .holdconn
        }
    }

    /// Whether this role in an answer goes with the role in its offer (RFC 4145 §4.1).
    package func answers(_ offered: Setup?) -> Bool {
        switch offered {
        case .active, nil: self == .passive || self == .holdconn
        case .passive: self == .active || self == .holdconn
        case .actpass: self != .actpass
        case .holdconn: self == .holdconn
        }
    }
}

/// Which way media flow, as the one who writes it sees it (RFC 4566 §6).
package enum Direction: String, Hashable, Sendable, CaseIterable {
    case sendrecv, sendonly, recvonly, inactive

    package init(sends: Bool, receives: Bool) {
        self = sends ? (receives ? .sendrecv : .sendonly) : (receives ? .recvonly : .inactive)
    }

    package var sends: Bool { self == .sendrecv || self == .sendonly }
    package var receives: Bool { self == .sendrecv || self == .recvonly }

    /// The same flow as the other side sees it.
    package var mirrored: Direction { Direction(sends: receives, receives: sends) }

    /// What an answer says that would like `wanted`: no more than the offer leaves (RFC 3264 §6.1).
    package static func answer(to offered: Direction, wanted: Direction) -> Direction {
        Direction(sends: wanted.sends && offered.receives, receives: wanted.receives && offered.sends)
    }

    /// Whether this direction in an answer stays within the offer (RFC 3264 §6.1).
    package func answers(_ offered: Direction) -> Bool {
        Direction.answer(to: offered, wanted: self) == self
    }

    /// The direction that attributes name; `nil` if none does.
    init?(in attributes: AttributeList) {
        guard let found = Direction.allCases.first(where: { attributes.contains($0.rawValue) }) else {
            return nil
        }
        self = found
    }
}

/// A `format-list`: the media types someone takes, `*` and `text/*` among them (RFC 4975 §8.6).
package struct AcceptedTypes: Hashable, Sendable {
    /// The entries as written, in their order.
    package private(set) var entries: [ByteString]

    package init(_ entries: [String]) { self.entries = entries.map { ByteString($0) } }

    init(entries: [ByteString]) { self.entries = entries }

    init(parsing value: ByteString) { entries = value.words }

    package var isEmpty: Bool { entries.isEmpty }

    /// The value of the attribute.
    package var value: ByteString { entries.joined(by: UInt8(ascii: " ")) }

    /// Whether any type at all may be sent, and be refused then.
    package var isOpen: Bool { entries.contains("*") }

    /// Whether content of this type may be sent; parameters do not count (RFC 4975 §8.6).
    package func allows(_ type: MediaType) -> Bool { isOpen || lists(type) }

    /// Whether the type stands in the list, by itself or as one of all subtypes: such types are preferred (§8.6).
    package func lists(_ type: MediaType) -> Bool {
        entries.contains { entry in
            guard let listed = MediaType(parsing: entry) else { return false }
            return listed.matches(type) || listed.matches(type.type, "*")
        }
    }

    /// The types of `ours` that may be sent to who takes these: those that are listed first.
    package func choose(among ours: [MediaType]) -> [MediaType] {
        ours.filter(lists) + ours.filter { isOpen && !lists($0) }
    }

    /// Whether any type can be sent between two who take these and those.
    package func intersects(_ other: AcceptedTypes) -> Bool {
        if isOpen || other.isOpen { return !isEmpty && !other.isEmpty }
        return entries.contains { entry in
            guard let type = MediaType(parsing: entry) else { return false }
            return type.subtype == "*" ? other.holds(type.type) : other.lists(type)
        }
    }

    private func holds(_ type: String) -> Bool {
        entries.contains {
            MediaType(parsing: $0).map { ByteString($0.type).equalsIgnoringCase(type) } == true
        }
    }
}

extension [ByteString] {
    func joined(by separator: UInt8) -> ByteString {
        var writer = ByteWriter(capacity: 64)
        for (index, word) in enumerated() {
            if index > 0 { writer.append(separator) }
            writer.append(word)
        }
        return writer.string
    }
}
