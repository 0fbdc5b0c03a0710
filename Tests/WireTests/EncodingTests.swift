import Testing
import Wire

@Suite("Hexadecimal and base 64")
struct EncodingTests {
    @Test(
        "the vectors of RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func base64(_ plain: String, _ coded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == coded)
        #expect(Base64.decode(coded) == Array(plain.utf8))
        #expect(Base64.decode(coded.replacing("=", with: "")) == Array(plain.utf8))
    }

    @Test("every byte survives both codings")
    func roundTrip() {
        let bytes = Array(UInt8.min...UInt8.max)
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        #expect(Hexadecimal.decode(Hexadecimal.encode(bytes)) == bytes)
        #expect(Hexadecimal.decode("00fFA0") == [0, 255, 160])
    }

    @Test(
        "other characters, odd lengths and misplaced padding are refused",
        arguments: ["A", "AA=", "A===", "AA*A", "=AAA", "AA=A", "AAAA="]
    )
    func badBase64(_ text: String) { #expect(Base64.decode(text) == nil) }

    @Test("odd digits and other characters are refused", arguments: ["0", "0g", "123", "é0"])
    func badHexadecimal(_ text: String) { #expect(Hexadecimal.decode(text) == nil) }
}

@Suite("Media types")
struct MediaTypeTests {
    @Test("a type is read with parameters, quoted or not")
    func parsing() throws {
        let type = try #require(MediaType("Multipart/Mixed ; boundary=\"a b;c\" ; Charset=UTF-8"))
        #expect(type.matches("multipart", "mixed"))
        #expect(type["BOUNDARY"] == "a b;c")
        #expect(type["charset"] == "UTF-8")
        #expect(MediaType(type.description) == type)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", "text", "text/", "/plain", "text/plain;", "text/plain;x", "text/plain;x=", "text/plain x",
            "text/plain;x=\"a",
        ]
    )
    func malformed(_ text: String) { #expect(MediaType(text) == nil) }

    @Test("a value that is no token is quoted, and cannot end the field")
    func writing() {
        let type = MediaType("text", "plain", parameters: [.init(name: "x", value: "a\"\r\nb")])
        #expect(type.description == #"text/plain;x="a\"  b""#)
    }
}

@Suite("Text for the terminal")
struct SafeTextTests {
    @Test(
        "controls, escapes, directions and invisible characters are shown as numbers",
        arguments: [
            ("\u{1B}[31mred", "\\u{1B}[31mred"), ("a\u{7}b", "a\\u{7}b"), ("\u{9B}31m", "\\u{9B}31m"),
            ("\u{7F}", "\\u{7F}"), ("\u{202E}cod.exe", "\\u{202E}cod.exe"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("\u{200E}\u{200F}", "\\u{200E}\\u{200F}"), ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("\u{200B}\u{FEFF}", "\\u{200B}\\u{FEFF}"), ("a\0b", "a\\u{0}b"), ("a\rb", "a\\u{D}b"),
        ]
    )
    func unsafe(_ text: String, _ shown: String) {
        #expect(text.safeForDisplay() == shown)
        #expect(text.safeForDisplay(multiline: true) == shown)
        #expect(shown.safeForDisplay() == shown)
    }

    @Test("a line feed stays where lines are wanted, and a tab is a space")
    func lines() {
        #expect("a\tb\r\nc\n".safeForDisplay(multiline: true) == "a b\nc\n")
        #expect("a\tb\r\nc".safeForDisplay() == "a b\\u{D}\\u{A}c")
    }

    @Test(
        "letters of every script and joined emoji are left alone",
        arguments: ["naïve", "你好", "שלום", "👩‍💻", "क्‍ष", ""]
    )
    func harmless(_ text: String) { #expect(text.safeForDisplay() == text) }
}
