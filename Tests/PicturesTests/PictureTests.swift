import Foundation
import Testing

@testable import Pictures

@Suite("Pictures")
struct PictureTests {
    /// An uncompressed BMP of one colour: what can be made here without a library.
    private func bitmap(
        width: Int,
        height: Int,
        red: UInt8 = 200,
        green: UInt8 = 30,
        blue: UInt8 = 40
    ) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(value >> ($0 * 8) & 0xFF) }
        }
        let row = (width * 3 + 3) / 4 * 4
        var bytes: [UInt8] = Array("BM".utf8) + little(54 + row * height, 4) + little(0, 4) + little(54, 4)
        bytes += little(40, 4) + little(width, 4) + little(height, 4) + little(1, 2) + little(24, 2)
        bytes += little(0, 4) + little(row * height, 4) + little(2835, 4) + little(2835, 4) + little(0, 8)
        let line =
            (0..<width).flatMap { _ in [blue, green, red] } + [UInt8](repeating: 0, count: row - width * 3)
        for _ in 0..<height { bytes += line }
        return bytes
    }

    @Test("the header tells format and size before anything is decoded")
    func headers() throws {
        let png: [UInt8] =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
            + [0, 0, 1, 0x2C, 0, 0, 0, 0xC8]
        let jpeg: [UInt8] =
            [
                0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xFF, 0xC4, 0, 2, 0xFF, 0xC2, 0, 11, 8, 0, 0xC8, 1,
                0x2C, 3, 0, 0,
            ]
        let gif = Array("GIF89a".utf8) + [0x2C, 1, 0xC8, 0]
        let webp = Array("RIFF....WEBPVP8X".utf8) + [10, 0, 0, 0, 0, 0, 0, 0, 0x2B, 1, 0, 0xC7, 0, 0]
        for (bytes, format) in [(png, PictureHeader.Format.png), (jpeg, .jpeg), (gif, .gif), (webp, .webp)] {
            let header = try #require(PictureHeader(bytes))
            #expect(header.format == format)
            #expect((header.width, header.height) == (300, 200))
            for count in 0..<bytes.count { _ = PictureHeader(Array(bytes[..<count])) }
        }
        #expect(PictureHeader(bitmap(width: 3, height: 2))?.format.mediaType == "image/bmp")
        #expect(PictureHeader(Array("hello".utf8)) == nil)
    }

    @Test("a picture larger than the limit is not decoded, however few its bytes")
    func bomb() {
        let png: [UInt8] =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
            + [0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 8, 2, 0, 0, 0]
        #expect(throws: PictureError.tooLarge(width: 65_535, height: 65_535)) {
            _ = try Picture(decoding: png, extent: 100)
        }
    }

    @Test("what is no picture is told as such, what is broken too", arguments: [0, 1, 30, 200])
    func broken(_ count: Int) {
        #expect(throws: PictureError.unknownFormat) {
            _ = try Picture(decoding: Array("text".utf8), extent: 9)
        }
        let whole = bitmap(width: 20, height: 20)
        #expect(throws: PictureError.self) { _ = try Picture(decoding: Array(whole[..<count]), extent: 9) }
    }

    @Test("a picture is shrunk in proportion, never enlarged")
    func shrunk() throws {
        let large = try Picture(decoding: bitmap(width: 400, height: 100), extent: 40)
        #expect((large.width, large.height) == (40, 10))
        #expect(Array(large.pixels[..<4]) == [200, 30, 40, 255])
        let small = try Picture(decoding: bitmap(width: 4, height: 2), extent: 40)
        #expect((small.width, small.height) == (4, 2))
        let line = try Picture(decoding: bitmap(width: 900, height: 1), extent: 10)
        #expect((line.width, line.height) == (10, 1))
    }

    @Test("a thumbnail is a JPEG of at most 5 KB")
    func thumbnail() throws {
        let thumbnail = try Thumbnail(of: bitmap(width: 1_200, height: 900))
        #expect(thumbnail.bytes.count <= Thumbnail.limit)
        let header = try #require(PictureHeader(thumbnail.bytes))
        #expect(header.format == .jpeg)
        #expect((header.width, header.height) == (160, 120))
        // It is a picture itself.
        #expect(try Picture(decoding: thumbnail.bytes, extent: 1_000).width == 160)
    }

    @Test("a noisy picture loses size until it fits")
    func noisy() throws {
        var noise = bitmap(width: 400, height: 400)
        var generator = SystemRandomNumberGenerator()
        for index in 54..<noise.count { noise[index] = .random(in: 0...255, using: &generator) }
        #expect(try Thumbnail(of: noise).bytes.count <= Thumbnail.limit)
    }

    @Test(
        "a terminal gets the form it has",
        arguments: [
            (["TERM=xterm-256color"], TerminalPicture.Form.blocks),
            (["TERM=xterm-256color", "COLORTERM=truecolor"], .blocks),
            (["TERM=xterm-kitty", "KITTY_PID=1"], .kitty),
            (["TERM=xterm-256color", "TERM_PROGRAM=iTerm.app", "LC_TERMINAL=iTerm2"], .iTerm),
            (["TERM=mlterm"], .sixel),
        ]
    )
    func terminal(environment: [String], form: TerminalPicture.Form) throws {
        let drawn = try TerminalPicture(
            of: bitmap(width: 80, height: 40),
            columns: 20,
            rows: 8,
            environment: environment
        )
        #expect(drawn.form == form)
        #expect(!drawn.text.isEmpty)
        if form == .blocks {
            #expect(drawn.text.split(separator: "\n").count <= 8)
            #expect(drawn.text.contains("\u{1B}["))
        }
    }
}
