import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("Moments in the form of RFC 3339")
struct WallTimeTests {
    // As `date -u -d @SECONDS` has them.
    static let dates: [(text: String, seconds: Int64)] = [
        ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2000-02-29T00:00:00Z", 951_782_400),
        ("2000-03-01T00:00:00Z", 951_868_800), ("2001-09-09T01:46:40Z", 1_000_000_000),
        ("2023-12-31T23:59:59Z", 1_704_067_199), ("2024-02-29T12:30:45Z", 1_709_209_845),
        ("2038-01-19T03:14:08Z", 2_147_483_648), ("2100-02-28T23:59:59Z", 4_107_542_399),
        ("2100-03-01T00:00:00Z", 4_107_542_400), ("1900-01-01T00:00:00Z", -2_208_988_800),
        ("9999-12-31T23:59:59Z", 253_402_300_799), ("0000-01-01T00:00:00Z", -62_167_219_200),
    ]

    @Test("dates are written and read", arguments: dates)
    func table(text: String, seconds: Int64) {
        #expect(WallTime(seconds: seconds).rfc3339 == text)
        #expect(WallTime(rfc3339: text)?.seconds == seconds)
    }

    @Test(
        "offsets, fractions and a leap second are understood",
        arguments: [
            ("2001-09-09T03:46:40+02:00", 1_000_000_000), ("2001-09-08T20:16:40-05:30", 1_000_000_000),
            ("2001-09-09T01:46:40.999999999Z", 1_000_000_000), ("2001-09-09T03:46:40.5+02:00", 1_000_000_000),
            ("2001-09-09T01:46:40z", 1_000_000_000), ("2001-09-09T01:46:40+00:00", 1_000_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
        ]
    )
    func forms(text: String, seconds: Int64) { #expect(WallTime(rfc3339: text)?.seconds == seconds) }

    @Test(
        "what is no moment is refused",
        arguments: [
            "", "Z", "2001", "2001-09-09", "2001-09-09T01:46:40", "2001-09-09 01:46:40Z", "2001-9-09T01:46:40Z",
            "2001-13-09T01:46:40Z", "2001-00-09T01:46:40Z", "2001-09-00T01:46:40Z", "2001-09-31T01:46:40Z",
            "2001-02-29T01:46:40Z", "2100-02-29T01:46:40Z", "2001-09-09T24:00:00Z", "2001-09-09T01:60:00Z",
            "2001-09-09T01:46:61Z", "2001-09-09T01:46:40.Z", "2001-09-09T01:46:40+1:30", "2001-09-09T01:46:40+01",
            "2001-09-09T01:46:40++1:30", "2001-09-09T01:46:40+24:00", "2001-09-09T01:46:40+01:60",
            "2001-09-09T01:46:40ZZ", "-001-09-09T01:46:40Z", "20010-09-09T01:46:40Z", "２001-09-09T01:46:40Z",
            "2001-09-09T01:46:40+-1:30", "2001-09-09T01:46:40+01:30:00",
        ]
    )
    func malformed(text: String) { #expect(WallTime(rfc3339: text) == nil) }

    @Test("each moment is read as it was written, and later ones sort behind", arguments: 0..<4 as Range<UInt64>)
    func roundTrip(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            let moment = WallTime(
                seconds: Int64.random(in: -62_167_219_200...253_402_300_799, using: &generator)
            )
            #expect(WallTime(rfc3339: moment.rfc3339) == moment)
            let next = WallTime(seconds: moment.seconds + 1)
            #expect(moment < next && moment.rfc3339 < next.rfc3339 || next.seconds > 253_402_300_799)
        }
    }
}
