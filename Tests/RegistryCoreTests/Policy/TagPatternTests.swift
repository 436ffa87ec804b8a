import RegistryCore
import Testing

@Suite("Patterns for tags")
struct TagPatternTests {
    @Test(
        "a pattern matches a whole tag",
        arguments: [
            ("*", "latest", true), ("v*", "v1.2.3", true), ("v*", "rev1", false), ("v?", "v1", true),
            ("v?", "v12", false), ("*-rc*", "1.0-rc1", true), ("*-rc*", "1.0", false), ("latest", "latest", true),
            ("Latest", "latest", false), ("v*.*", "v1.0", true), ("v*.*", "v1", false),
        ]
    )
    func matching(text: String, tag: String, expected: Bool) throws {
        let pattern = try #require(TagPattern(text))
        #expect(pattern.matches(try #require(Tag(tag))) == expected)
    }

    @Test(
        "a pattern that no tag can match is none",
        arguments: ["", "a/b", "a b", "[ab]", String(repeating: "a", count: 129)]
    )
    func refused(text: String) { #expect(TagPattern(text) == nil) }
}
