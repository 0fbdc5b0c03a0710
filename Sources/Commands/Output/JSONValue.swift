/// A value of JSON (RFC 8259), as far as the output needs it: members keep their order.
package enum JSONValue: Hashable, Sendable {
    case string(String)
    case number(Int64)
    case boolean(Bool)
    case array([JSONValue])
    case object([Member])

    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: JSONValue
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value on one line, without blanks.
    package var description: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .string(let string): Self.write(string, to: &text)
        case .number(let number): text += String(number)
        case .boolean(let boolean): text += boolean ? "true" : "false"
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.write(member.name, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    /// Writes a string; what could steer a terminal is escaped like the control characters that must be
    /// (RFC 8259 §7), and is the same string to whoever parses it.
    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case " "..."~": text.unicodeScalars.append(scalar)
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator: text += escape(scalar)
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
        text += "\""
    }

    /// The `\uXXXX` form; a scalar outside the first plane takes two.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}

/// Members in the order they are added; what is `nil` is left out.
struct JSONMembers {
    private(set) var members: [JSONValue.Member] = []

    mutating func add(_ name: String, _ value: JSONValue?) {
        if let value { members.append(JSONValue.Member(name: name, value: value)) }
    }

    mutating func add(_ name: String, _ value: String?) { add(name, value.map(JSONValue.string)) }
    mutating func add(_ name: String, _ value: Bool?) { add(name, value.map(JSONValue.boolean)) }
    mutating func add(_ name: String, _ value: (some BinaryInteger)?) {
        add(name, value.map { .number(Int64(clamping: $0)) })
    }
    mutating func add(_ name: String, _ values: [String]) { add(name, .array(values.map(JSONValue.string))) }
}
