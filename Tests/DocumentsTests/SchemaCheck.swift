import Foundation
import TestSupport
import Testing

/// Checks a document with xmllint, where there is one.
func expectValid(_ bytes: [UInt8], against schema: String) throws {
    let program = "/usr/bin/xmllint"
    guard FileManager.default.isExecutableFile(atPath: program) else { return }
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/Schemas")
    let check = try RunningProgram.ended(
        program,
        ["--nonet", "--noout", "--schema", folder.appending(path: schema).path, "-"],
        input: String(decoding: bytes, as: UTF8.self)
    )
    #expect(check.status == .status(0), Comment(rawValue: check.errors))
}
