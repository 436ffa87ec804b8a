import RegistryCore
import Testing

@Suite("Patterns for repositories")
struct RepositoryPatternTests {
    @Test(
        "a pattern matches what it says and nothing else",
        arguments: [
            ("*", ["a", "a/b", "a/b/c"], []), ("**", ["a", "a/b"], []), ("a", ["a"], ["b", "aa", "a/a"]),
            ("team/**", ["team/a", "team/a/b"], ["team", "teams/a", "x/team/a"]),
            ("team/*", ["team/a"], ["team", "team/a/b"]), ("*/a", ["b/a"], ["a", "b/b", "c/b/a"]),
            ("**/a", ["a", "b/a", "c/b/a"], ["a/b", "ba"]),
            ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a", "b", "a/bb"]),
            ("a*", ["a", "ab", "abc"], ["ba", "a/b"]), ("*a*b", ["ab", "xaxb", "aabb"], ["ba", "abx"]),
            ("a?c", ["abc", "a-c"], ["ac", "abbc", "a/c"]), ("**/x/**", ["x/a", "a/x/b"], ["x", "a/x", "xa/b"]),
            ("a/**/**/b", ["a/b", "a/c/b"], ["a"]),
        ] as [(String, [String], [String])]
    )
    func matches(_ text: String, _ those: [String], _ others: [String]) throws {
        let pattern = try #require(RepositoryPattern(text))
        for name in those { #expect(pattern.matches(name), "\(text) \(name)") }
        for name in others { #expect(!pattern.matches(name), "\(text) \(name)") }
    }

    @Test("what no repository's name can match is no pattern")
    func invalid() {
        for text in [
            "", "/", "/a", "a/", "a//b", "A", "a b", "a**", "**a", "a/***", "a:b", "é",
            String(repeating: "a", count: 256),
        ] {
            #expect(RepositoryPattern(text) == nil, "\(text)")
        }
    }

    @Test("a pattern of many stars takes no longer than its length says")
    func bounded() throws {
        let pattern = try #require(RepositoryPattern(String(repeating: "a*", count: 60) + "b"))
        #expect(!pattern.matches(String(repeating: "a", count: 250)))
        let deep = try #require(RepositoryPattern(Array(repeating: "**/a", count: 40).joined(separator: "/") + "/b"))
        #expect(!deep.matches(Array(repeating: "a", count: 120).joined(separator: "/")))
    }
}
