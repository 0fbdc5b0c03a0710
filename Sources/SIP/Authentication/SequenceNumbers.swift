/// The sequence numbers a card has accepted, and the rule by which it accepts the next one (TS 33.102 annex C.2).
///
/// SQN of 48 bits is SEQ ‖ IND, with an index of 5 bits and an array of 32 as in the profiles of annex C.3: a challenge
/// is fresh if its SEQ is greater than the one last accepted for its index, so that vectors which overtake each other
/// are all accepted and none is accepted twice. There is no limit of age (C.2.2 leaves it to the operator).
package struct SequenceNumbers: Hashable, Sendable {
    /// SEQ last accepted for each index; `nil` where none was, so that a network that counts from 0 is accepted too.
    private var accepted: [UInt64?]

    package static let indexBits: UInt64 = 5
    /// Δ: how far ahead a challenge may be, lest a forged one use up the numbers (TS 33.102 annex C.3).
    package static let greatestJump: UInt64 = 1 << 28

    private static let slots = 1 << Int(indexBits)

    /// The state of a new card.
    package init() { accepted = Array(repeating: nil, count: Self.slots) }

    /// SQN_MS: the greatest number accepted so far, 0 on a new card.
    package var greatest: UInt64 {
        accepted.enumerated().reduce(0) { greatest, slot in
            guard let sequence = slot.element else { return greatest }
            return max(greatest, sequence << Self.indexBits | UInt64(slot.offset))
        }
    }

    /// Accepts `number` for good if it is fresh.
    package mutating func accept(_ number: UInt64) -> Bool {
        let index = Int(number & UInt64(Self.slots - 1))
        let sequence = number >> Self.indexBits
        if let last = accepted[index], sequence <= last { return false }
        // A card that has accepted nothing knows of no distance: the network's count may be based on the time.
        let isNew = accepted.allSatisfy { $0 == nil }
        let ahead = greatest >> Self.indexBits
        guard isNew || sequence <= ahead || sequence - ahead <= Self.greatestJump else { return false }
        accepted[index] = sequence
        return true
    }
}

extension SequenceNumbers: LosslessStringConvertible {
    /// The form the store keeps: the SEQ of each index in hexadecimal, `-` for none.
    package var description: String {
        accepted.map { $0.map { String($0, radix: 16) } ?? "-" }.joined(separator: " ")
    }

    package init?(_ description: String) {
        let fields = description.split(separator: " ")
        guard fields.count == Self.slots else { return nil }
        accepted = []
        for field in fields {
            if field == "-" {
                accepted.append(nil)
            } else if let sequence = UInt64(field, radix: 16), sequence < 1 << (48 - Self.indexBits) {
                accepted.append(sequence)
            } else {
                return nil
            }
        }
    }
}
