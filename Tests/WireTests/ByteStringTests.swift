import Testing
import Wire

@Suite("Byte strings")
struct ByteStringTests {
    @Test("a piece is equal to a string of its own with the same bytes, and hashes alike")
    func equality() {
        let whole = ByteString("sip:alice@example.com;transport=tcp")
        for length in 0...20 {
            let piece = whole[4..<4 + length]
            let copy = ByteString(piece.bytes)
            #expect(piece == copy)
            #expect(piece.hashValue == copy.hashValue)
            #expect(Set([piece, copy]).count == 1)
        }
        #expect(whole != "sip:alice@example.com;transport=tcq")
        #expect(whole[0..<3] == "sip")
    }

    @Test("case does not count for ASCII letters, and for nothing else")
    func ignoringCase() {
        #expect(ByteString("z9hG4bK-Ä").equalsIgnoringCase("Z9HG4BK-Ä"))
        #expect(!ByteString("ä").equalsIgnoringCase("Ä"))
        #expect(!ByteString("[").equalsIgnoringCase("{"))
        #expect(!ByteString("@").equalsIgnoringCase("`"))
        #expect(ByteString("Content-Length: 5").hasPrefixIgnoringCase("content-length"))
        #expect(!ByteString("Con").hasPrefixIgnoringCase("content-length"))
    }

    @Test("a number is digits alone and at most the limit")
    func decimal() {
        #expect(ByteString("00070").decimal(upTo: 255) == 70)
        #expect(ByteString("255").decimal(upTo: 255) == 255)
        for text in [
            "", "256", "-1", "+1", "1 ", " 1", "1x", "18446744073709551616", "99999999999999999999999",
        ] {
            #expect(ByteString(text).decimal(upTo: 255) == nil, "\(text)")
        }
        #expect(ByteString("18446744073709551615").decimal(upTo: .max) == .max)
    }

    @Test("quoting and unquoting are inverse; what would end the field becomes a space")
    func quoting() {
        for text in ["", "Alice", #"a "b" \c"#, "naïve\ttab", "\u{1}\u{7F}"] {
            #expect(ByteString(text).quoted.unquoted == ByteString(text))
        }
        #expect(ByteString("a\r\nb\u{0}").quoted == ByteString(#""a  b ""#))
        #expect(ByteString("token").unquoted == "token")
        #expect(ByteString(#""open"#).unquoted == "open")
        #expect(ByteString("\"").unquoted == "\"")
    }

    @Test("escapes are resolved where they are whole, and only once")
    func percentEncoding() {
        #expect(
            ByteString("%61%4A%00%zz%4").percentDecoded
                == ByteString([0x61, 0x4A, 0, 0x25, 0x7A, 0x7A, 0x25, 0x34])
        )
        #expect(ByteString("%2541").percentDecoded == "%41")
        let odd = ByteString("al ice@50%;x")
        #expect(odd.percentEncoded(except: .uriUser) == "al%20ice%4050%25;x")
        #expect(odd.percentEncoded(except: .uriUser).percentDecoded == odd)
    }

    @Test("the first byte looked for is found at every distance from the word boundary")
    func search() {
        for length in 0..<40 {
            for place in 0..<max(length, 1) {
                var bytes = [UInt8](repeating: 0x8D, count: length)
                if place < length { bytes[place] = 13 }
                let expected = place < length ? place : length
                #expect(bytes.span.firstLineBreak(from: 0) == expected)
                #expect(bytes.span.firstIndex(of: 13, from: 0) == expected)
                #expect(bytes.span.firstIndex(of: 13, from: place + 1) == length || length == 0)
            }
        }
        let tabs = Array("\t\u{1}\u{F}\t\t\t\t\t\n".utf8)
        #expect(tabs.span.firstLineBreak(from: 0) == 8)
    }

    @Test("bytes that are not UTF-8 are text with marks, and no valid text")
    func text() {
        #expect(ByteString([0x61, 0xFF]).text == "a\u{FFFD}")
        #expect(ByteString([0x61, 0xFF]).validatedText == nil)
        #expect(ByteString("ä").validatedText == "ä")
    }
}
