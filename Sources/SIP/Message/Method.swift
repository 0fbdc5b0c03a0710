package import Wire

/// What a request asks for (RFC 3261 §7.1).
///
/// Methods are compared with regard to case.
package struct Method: Sendable {
    /// The methods this program knows by number.
    enum Known: UInt8, CaseIterable, Sendable {
        case invite, ack, bye, cancel, register, options, message, subscribe, notify, publish, refer, info,
            update
        case prack

        var text: String {
            switch self {
            case .invite: "INVITE"
            case .ack: "ACK"
            case .bye: "BYE"
            case .cancel: "CANCEL"
            case .register: "REGISTER"
            case .options: "OPTIONS"
            case .message: "MESSAGE"
            case .subscribe: "SUBSCRIBE"
            case .notify: "NOTIFY"
            case .publish: "PUBLISH"
            case .refer: "REFER"
            case .info: "INFO"
            case .update: "UPDATE"
            case .prack: "PRACK"
            }
        }
    }

    private enum Storage: Hashable, Sendable {
        case known(Known)
        case other(ByteString)
    }

    private let storage: Storage

    private init(_ known: Known) { storage = .known(known) }

    private static let table = TokenTable(
        Known.allCases.map { ($0.text, $0.rawValue) },
        isCaseSensitive: true
    )

    /// The method written at `range` of `value`, a token.
    init(_ value: ByteString, at range: Range<Int>) {
        if let number = Self.table.value(of: value.span, at: range), let known = Known(rawValue: number) {
            storage = .known(known)
        } else {
            storage = .other(value[range])
        }
    }

    /// Whether this program knows the method by name, which does not mean that it accepts it.
    package var isKnown: Bool {
        if case .known = storage { true } else { false }
    }

    /// The method as written.
    package var text: ByteString {
        switch storage {
        case .known(let known): ByteString(known.text)
        case .other(let text): text
        }
    }

    func write(to writer: inout ByteWriter) {
        switch storage {
        case .known(let known): writer.append(known.text)
        case .other(let text): writer.appendField(text)
        }
    }

    package static var invite: Method { Method(.invite) }
    package static var ack: Method { Method(.ack) }
    package static var bye: Method { Method(.bye) }
    package static var cancel: Method { Method(.cancel) }
    package static var register: Method { Method(.register) }
    package static var options: Method { Method(.options) }
    package static var message: Method { Method(.message) }
    package static var subscribe: Method { Method(.subscribe) }
    package static var notify: Method { Method(.notify) }
    package static var publish: Method { Method(.publish) }
    package static var refer: Method { Method(.refer) }
    package static var info: Method { Method(.info) }
    package static var update: Method { Method(.update) }
    package static var prack: Method { Method(.prack) }
}

extension Method: Hashable, RawRepresentable, CustomStringConvertible {
    package init(rawValue: String) {
        let text = ByteString(rawValue)
        self.init(text, at: 0..<text.count)
    }

    package var rawValue: String {
        switch storage {
        case .known(let known): known.text
        case .other(let text): text.text
        }
    }

    package var description: String { rawValue }

    package static func == (lhs: Self, rhs: Self) -> Bool { lhs.storage == rhs.storage }

    package func hash(into hasher: inout Hasher) { hasher.combine(storage) }
}
