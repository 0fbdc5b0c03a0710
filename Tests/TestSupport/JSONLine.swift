import Foundation

/// One object that `ims --json` printed.
package struct JSONLine: Sendable, CustomStringConvertible {
    private let members: [String: JSONValue]
    package let description: String

    package init(_ line: String) throws {
        members = try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))
        description = line
    }

    package var event: String? { self["event"] }

    /// The string of a member, or `nil` if there is none or it is something else.
    package subscript(_ name: String) -> String? {
        guard case .string(let text) = members[name] else { return nil }
        return text
    }

    package var names: Set<String> { Set(members.keys) }

    package func number(_ name: String) -> Double? {
        guard case .number(let number) = members[name] else { return nil }
        return number
    }

    package func flag(_ name: String) -> Bool? {
        guard case .bool(let value) = members[name] else { return nil }
        return value
    }

    /// The object that is the value of a member.
    package func object(_ name: String) -> JSONLine? {
        guard case .object(let inner) = members[name] else { return nil }
        return JSONLine(inner, in: description)
    }

    private init(_ members: [String: JSONValue], in line: String) {
        (self.members, description) = (members, line)
    }

    package func strings(_ name: String) -> [String]? {
        guard case .array(let values) = members[name] else { return nil }
        return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
}

/// A JSON value of any kind.
private enum JSONValue: Decodable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
