import Foundation
import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    /// Files at the prompt of a terminal, as a person has them.
    @Suite struct FilePrompt {
        /// A picture that every image library reads: as many pixels, each red, green and blue in turn.
        private static func picture(width: Int, height: Int) -> Data {
            let row = (0..<width).flatMap {
                [[0, 0, 255], [0, 255, 0], [255, 0, 0]][$0 / 8 % 3] as [UInt8]
            }
            let rows = (0..<height).flatMap { _ in row + [UInt8](repeating: 0, count: width % 4) }
            func number(_ value: Int, _ count: Int) -> [UInt8] {
                (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            }
            var bytes = Array("BM".utf8) + number(54 + rows.count, 4) + number(0, 4) + number(54, 4)
            bytes += number(40, 4) + number(width, 4) + number(height, 4) + number(1, 2) + number(24, 2)
            bytes += number(0, 4) + number(rows.count, 4) + number(2835, 4) + number(2835, 4) + number(0, 8)
            return Data(bytes + rows)
        }

        /// Somebody at a prompt, whom the network has registered, with a folder for what is received.
        private func atPrompt(columns: UInt16) async throws -> (Person, RunningProgram) {
            let person = try await RealCore.shared().person()
            let file = "config/ims/ims.conf"
            let folder = person.home.path + "/got"
            try person.home.write(try person.home.read(file) + "downloads = \(folder)\n", to: file)
            let program = try person.startOnTerminal(columns: columns)
            try await program.text(upTo: "ims> ")
            try await waitUntilRegistered(person)
            return (person, program)
        }

        @Test(
            "an offered image is drawn with its sender, name and size, and is taken or refused",
            arguments: [80, 40]
        )
        func offered(columns: UInt16) async throws {
            let alice = try await RealCore.shared().person()
            let (bob, prompt) = try await atPrompt(columns: columns)
            let one = try alice.put(Self.picture(width: 120, height: 80), "holiday.bmp")
            let two = try alice.put(Self.picture(width: 80, height: 120), "other.bmp")
            let sender = try alice.start("share-image", bob.uri, one, two)
            let shown = try await prompt.text(upTo: "accept f1")
            // Blocks in colours, and then the words.
            #expect(shown.contains("\u{1B}[") && shown.contains { "▀▄█▌▐▏▎▍▋▊▉".contains($0) }, "\(shown)")
            let words = shown.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("\(alice.uri) offers holiday.bmp (image/bmp, 28.8 kB)"), "\(words)")
            prompt.write("accept f1\r")
            try await prompt.text(upTo: "received")
            try await prompt.text(upTo: "accept f2")
            prompt.write("reject f2\r")
            #expect(try await sender.exit() == .status(1), "\(sender.errors)")
            #expect(sender.errors.contains("other.bmp was not sent"), "\(sender.errors)")
            prompt.write("transfers\r")
            try await prompt.text(upTo: "no files")
            prompt.write("quit\r")
            #expect(try await prompt.exit() == .status(0), "\(prompt.output)")
            #expect(bob.received == ["holiday.bmp"])
        }

        @Test("Ctrl-C at the prompt ends the transfer, and not the program")
        func interrupted() async throws {
            let bob = try await RealCore.shared().person()
            let receiver = try await bob.receiving()
            let (alice, prompt) = try await atPrompt(columns: 80)
            let path = try alice.put(Data("x".utf8), "big.bin", enlargedTo: 2_000_000_000)
            prompt.write("send-file \(bob.uri) \(path)\r")
            _ = try await receiver.event("file_progress", within: .seconds(60))
            prompt.write("\u{3}")
            #expect(try await receiver.event("file_ended")["outcome"] == "peer")
            prompt.write("transfers\r")
            try await prompt.text(upTo: "no files")
            prompt.write("quit\r")
            #expect(try await prompt.exit() == .status(0), "\(prompt.output)")
        }
    }
}
