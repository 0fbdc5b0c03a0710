import Testing
import Wire

@Suite("Time as mail writes it")
struct MailDateTests {
    @Test(
        "day of the week, second and zone may be missing; zones of old are read",
        arguments: [
            ("Mon, 15 May 2006 15:01:31 +0300", "2006-05-15T12:01:31.000Z"),
            ("15 May 2006 15:01 -0330", "2006-05-15T18:31:00.000Z"),
            ("Sat, 13 Nov 2010 23:29:00 GMT", "2010-11-13T23:29:00.000Z"),
            ("1 jan 1970 0:00:00", "1970-01-01T00:00:00.000Z"),
            ("Thu,1 Feb 2024 07:08:09 PST", "2024-02-01T15:08:09.000Z"),
        ]
    )
    func reading(_ text: String, _ utc: String) {
        #expect(Timestamp(parsingMail: ByteString(text))?.description == utc)
    }

    @Test(
        "anything else is no time",
        arguments: [
            "", "Mon", "32 May 2006 15:01:31 +0300", "31 Feb 2006 15:01:31 +0300",
            "15 Mai 2006 15:01:31 +0300",
            "15 May 06 15:01:31 +0300", "15 May 2006 24:01:31 +0300", "15 May 2006 15 +0300",
            "15 May 2006 15:01:31 0300", "15 May 2006 15:01:31 +03", "15 May 2006 15::31 +0300",
        ]
    )
    func refused(_ text: String) { #expect(Timestamp(parsingMail: ByteString(text)) == nil) }

    @Test("what is written is read, to the second")
    func roundTrip() {
        for _ in 0..<1000 {
            let time = Timestamp(microseconds: .random(in: -60_000_000_000...250_000_000_000) * 1_000_000)
            #expect(Timestamp(parsingMail: ByteString(time.mailText)) == time)
        }
    }
}
