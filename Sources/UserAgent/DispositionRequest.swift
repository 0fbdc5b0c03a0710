import Wire

/// What the sender of a message asks to be told about it, `Disposition-Notification` (RFC 5438 §6.2).
package struct DispositionRequest: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let positiveDelivery = DispositionRequest(rawValue: 1 << 0)
    package static let negativeDelivery = DispositionRequest(rawValue: 1 << 1)
    package static let display = DispositionRequest(rawValue: 1 << 2)
    package static let processing = DispositionRequest(rawValue: 1 << 3)

    /// Whether it was delivered or not.
    package static let delivery: DispositionRequest = [.positiveDelivery, .negativeDelivery]

    private static let words: [(DispositionRequest, String)] = [
        (.positiveDelivery, "positive-delivery"), (.negativeDelivery, "negative-delivery"),
        (.display, "display"), (.processing, "processing"),
    ]

    /// Reads the value of the header; words and parameters of later documents are ignored (RFC 5438 §7.2.1).
    package init(parsing value: String) {
        self = []
        for element in value.split(separator: ",") {
            let word = ByteString(element.prefix { $0 != ";" }).trimmed
            for (request, name) in Self.words where word == name { insert(request) }
        }
    }

    /// The value of the header.
    package var headerValue: String {
        Self.words.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}
