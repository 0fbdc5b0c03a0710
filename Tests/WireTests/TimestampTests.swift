import Testing
import Wire

@Suite("Time as RFC 3339 writes it")
struct TimestampTests {
    @Test(
        "zones, fractions, leap days and the leap second are read",
        arguments: [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
            ("2006-05-15T15:02:31-03:00", "2006-05-15T18:02:31.000Z"),
            ("2024-02-29t23:59:60+00:00", "2024-03-01T00:00:00.000Z"),
            ("2000-12-31T23:30:00.1259999999-01:30", "2001-01-01T01:00:00.125Z"),
            ("1969-12-31 23:59:59", "1969-12-31T23:59:59.000Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
        ]
    )
    func reading(_ text: String, _ utc: String) {
        #expect(Timestamp(parsing: text)?.description == utc)
    }

    @Test(
        "anything else is no time",
        arguments: [
            "", "2006", "2006-05-15", "2006-13-15T00:00:00Z", "2023-02-29T00:00:00Z", "2006-05-15T24:00:00Z",
            "2006-05-15T00:00:00.Z", "2006-05-15T00:00:00+1:00", "2006-05-15T00:00:00Zx",
            "+006-05-15T00:00:00Z",
            "2006-05-15T00:00:61Z", "1900-02-29T00:00:00Z", "20060-05-15T00:00:00Z",
        ]
    )
    func refused(_ text: String) { #expect(Timestamp(parsing: text) == nil) }

    @Test("what is written is read, to the millisecond")
    func roundTrip() {
        for _ in 0..<1000 {
            let time = Timestamp(microseconds: .random(in: -60_000_000_000_000...250_000_000_000_000) * 1000)
            #expect(Timestamp(parsing: time.description) == time)
        }
    }
}
