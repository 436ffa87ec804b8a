import RegistryConfiguration
import Testing

@Suite("Ages")
struct AgeTests {
    @Test(
        "are read in days, in Go's syntax, and in both",
        arguments: [
            ("30d", 30 * 86_400), ("720h", 720 * 3600), ("1d12h", 36 * 3600), ("1d0h30m", 86_400 + 1800), ("5s", 5),
            ("0d1h", 3600),
        ]
    )
    func valid(text: String, seconds: Int) {
        #expect(Age(text)?.duration == .seconds(seconds))
    }

    @Test(
        "are refused where they are none, or nothing",
        arguments: [
            "", "0", "0d", "0h", "30", "-30d", "d", "30d-1h", "1.5d", "30D", "1h30d", "30d5", "99999999999d", "+3d",
            " 3d",
        ]
    )
    func invalid(text: String) { #expect(Age(text) == nil) }
}
