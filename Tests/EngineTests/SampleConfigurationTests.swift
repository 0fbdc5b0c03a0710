import Foundation
import Testing

@testable import Engine

/// The sample and the manual are written by hand; these rules keep them in step with the parser.
@Suite struct SampleConfigurationTests {
    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The settings of the sample by section, those that are commented out too.
    private func settings() throws -> (global: [String], account: [String]) {
        var (global, account): ([String], [String]) = ([], [])
        var isInAccount = false
        for line in try text("Config/ims.conf").split(separator: "\n") {
            if line.hasPrefix("[account") { isInAccount = true }
            let setting = line.hasPrefix("#") ? line.dropFirst() : line[...]
            guard let key = setting.split(separator: " = ").first, setting.contains(" = "), !key.contains(" ")
            else {
                continue
            }
            if isInAccount { account.append(String(setting)) } else { global.append(String(setting)) }
        }
        return (global, account)
    }

    @Test("the sample is a configuration")
    func parses() throws {
        #expect(try configuration(text("Config/ims.conf")).account(nil).name == "alice")
    }

    @Test("every account in the README is a configuration, and its comments stand on lines of their own")
    func readme() throws {
        var accounts: [String] = []
        for part in try text("README.md").components(separatedBy: "[account ").dropFirst() {
            let lines = part.split(separator: "\n", omittingEmptySubsequences: false)
            let section = lines.prefix { !$0.hasPrefix("```") && $0 != "END" }
            accounts.append("[account " + section.joined(separator: "\n") + "\n")
        }
        #expect(accounts.count == 3)
        for account in accounts {
            #expect(throws: Never.self) { try configuration(account) }
            #expect(!account.contains(" #"), "\(account)")
        }
    }

    @Test("the sample shows every key there is, and no other")
    func complete() throws {
        let (global, account) = try settings()
        let key: (String) -> String = { String($0.prefix { $0 != " " }) }
        #expect(Set(global.map(key)) == Set(GlobalKey.allCases.map(\.rawValue)))
        #expect(Set(account.map(key)) == Set(AccountKey.allCases.map(\.rawValue)))
    }

    @Test("the manual explains every key there is, and no other")
    func manual() throws {
        let items = try text("man/ims.conf.5").split(separator: "\n").filter { $0.hasPrefix(".It Cm ") }
        let keys = items.map { String($0.dropFirst(".It Cm ".count)) }
        #expect(Set(keys) == Set(GlobalKey.allCases.map(\.rawValue) + AccountKey.allCases.map(\.rawValue)))
        #expect(Set(keys).count == keys.count)
    }

    @Test("every setting that the sample comments out is valid")
    func examples() throws {
        let (global, account) = try settings()
        for setting in global {
            _ = try configuration(setting + "\n[account alice]\npublic-identity = sip:alice@ims.test\n")
        }
        for setting in account where !setting.hasPrefix("public-identity") {
            var text = "[account alice]\npublic-identity = sip:alice@ims.test\n\(setting)\n"
            if setting.hasPrefix("aka-"), !setting.hasPrefix("aka-k-file") { text += "aka-k-file = k\n" }
            if setting.hasPrefix("aka-"), !setting.hasPrefix("aka-op") { text += "aka-opc-file = opc\n" }
            #expect(throws: Never.self) { try configuration(text) }
        }
    }
}
