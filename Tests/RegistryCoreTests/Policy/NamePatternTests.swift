import RegistryCore
import Testing

@Suite("Patterns for names")
struct NamePatternTests {
    static let cases: [(pattern: String, name: String, fits: Bool)] = [
        ("a", "a", true), ("a", "b", false), ("a", "ab", false), ("a/b", "a/b", true),
        ("*", "a", true), ("*", "a/b", false), ("*", "", true), ("**", "a/b/c", true),
        ("team/*", "team/a", true), ("team/*", "team", false), ("team/*", "team/a/b", false),
        ("team/**", "team/a/b", true), ("team/**", "team", true), ("team/**", "teams", false),
        ("**/cache", "cache", true), ("**/cache", "a/b/cache", true), ("**/cache", "a/cached", false),
        ("a/**/z", "a/b/c/z", true), ("a/**/z", "a/z", false), ("a**z", "a/b/z", true),
        ("v?.?", "v1.2", true), ("v?.?", "v1.23", false), ("?", "/", false),
        ("v*", "v1", true), ("v*", "w1", false), ("*-rc*", "1.0-rc2", true), ("***", "a/b", true),
    ]

    @Test("a pattern fits a name as a whole", arguments: cases)
    func fits(pattern: String, name: String, fits: Bool) throws {
        #expect(try #require(NamePattern(pattern)).matches(name) == fits)
    }

    @Test("what no name can hold is no pattern", arguments: ["", "a b", "a[bc]", "ü", "a\\b", "{a,b}"])
    func refused(text: String) { #expect(NamePattern(text) == nil) }

    @Test("a pattern of many stars is no trap for time")
    func stars() throws {
        let pattern = try #require(NamePattern(String(repeating: "a*", count: 100) + "b"))
        #expect(!pattern.matches(String(repeating: "a", count: 255)))
    }
}
