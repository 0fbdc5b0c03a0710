import Foundation
import Testing

/// Checks a document with xmllint, where there is one.
func expectValid(_ bytes: [UInt8], against schema: String) throws {
    let program = URL(filePath: "/usr/bin/xmllint")
    guard FileManager.default.isExecutableFile(atPath: program.path) else { return }
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/Schemas")
    let process = Process()
    let (input, errors) = (Pipe(), Pipe())
    process.executableURL = program
    process.arguments = ["--nonet", "--noout", "--schema", folder.appending(path: schema).path, "-"]
    process.standardInput = input
    process.standardError = errors
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(bytes))
    try input.fileHandleForWriting.close()
    let told = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, Comment(rawValue: String(decoding: told, as: UTF8.self)))
}
