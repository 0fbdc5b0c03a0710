import Testing
import Wire

@Suite("Character classes")
struct ByteSetTests {
    private static let digit = "0123456789"
    private static let hexadecimal = digit + "abcdefABCDEF"
    private static let alphanumeric = digit + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    private static let token = alphanumeric + "-.!%*_+`'~"
    private static let unreserved = alphanumeric + "-_.!~*'()"

    /// The characters of each class as RFC 3261 §25.1 lists them; the percent sign stands for `escaped`.
    static let classes: [(ByteSet, String)] = [
        (.digit, digit), (.hexadecimal, hexadecimal), (.token, token),
        (.word, token + "()<>:\\\"/[]?{}"),
        (.uriUser, unreserved + "%&=+$,;?/"),
        (.uriPassword, unreserved + "%&=+$,"),
        (.uriUserInformation, unreserved + "%&=+$,;?/:"),
        (.bareURIUserInformation, unreserved + "%&=+$/:"),
        (.uriParameter, unreserved + "%[]/:&+$"),
        (.uriHeader, unreserved + "%[]/?:+$&="),
        (.uri, unreserved + "%;/?:@&=+$,[]"),
        (.bareURI, unreserved + "%/:@&=+$[]"),
        (.uriScheme, alphanumeric + "+-."),
        (.hostName, alphanumeric + "-._"),
        (.addressReference, hexadecimal + ":."),
        (.genericValue, token + "[]:"),
        (.credentialValue, token + "/=:"),
        (.parameterName, token + unreserved + "[]/:&+$"),
        (.telephone, hexadecimal + "*#-.()+"),
        (.linearSpace, " \t"),
    ]

    @Test("a class has the characters of the grammar and no others", arguments: classes.indices)
    func members(_ index: Int) {
        let (set, characters) = Self.classes[index]
        for byte in UInt8.min...UInt8.max {
            #expect(set.contains(byte) == characters.utf8.contains(byte), "\(byte) of class \(index)")
        }
    }

    @Test(
        "a quoted string holds all but quotes, backslashes and control characters; every byte above 127 is no ASCII"
    )
    func quotable() {
        for byte in UInt8.min...UInt8.max {
            let isPlain = byte >= 0x20 && byte != 0x7F && byte != 0x22 && byte != 0x5C || byte == 9
            #expect(ByteSet.quotable.contains(byte) == isPlain)
            #expect(ByteSet.nonASCII.contains(byte) == (byte >= 0x80))
        }
    }

    @Test("a run ends at the first byte that is no member, wherever the run begins")
    func runs() {
        let bytes = Array("alice;x=1".utf8)
        #expect(bytes.span.endOfRun(of: .token, from: 0) == 5)
        #expect(bytes.span.endOfRun(of: .token, from: 5) == 5)
        #expect(bytes.span.endOfRun(of: [.token, .uri], from: 0) == 9)
        #expect(bytes.span.endOfRun(of: .token, from: 9) == 9)
    }
}
