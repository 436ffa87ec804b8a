import RegistryCore
import RegistryTesting
import Testing

@Suite("Tags and references")
struct TagTests {
    @Test(
        "a tag that follows the grammar is kept as it is",
        arguments: [
            "a", "A", "0", "_", "__", "latest", "v1.0.0", "V1-alpha_2", "_.", "a..", "a-", "a.-_", "sha256-abc",
            "1.2.3-rc.1",
            String(repeating: "t", count: 128),
        ]
    )
    func valid(text: String) throws {
        #expect(try Tag(parsing: text).description == text)
        #expect(try Reference(parsing: text) == .tag(Tag(parsing: text)))
        #expect(try Reference(parsing: text).description == text)
    }

    @Test(
        "a tag that breaks the grammar is refused",
        arguments: [
            "", ".", "..", "-", ".a", "-a", "a/b", "a b", " a", "a\0", "a%20", "a+b", "a@b", "a\n", "a~", "a!", "é",
            "a\u{301}",
            "a\u{200B}", "\u{FF41}", "🐳", String(repeating: "t", count: 129),
        ]
    )
    func invalid(text: String) {
        #expect(throws: NameError.self) { try Tag(parsing: text) }
        #expect(Tag(text) == nil)
        #expect(throws: ReferenceError.self) { try Reference(parsing: text) }
    }

    @Test("20 000 random texts are tags exactly when the specification's expression matches them")
    func property() throws {
        let reference = try Regex("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}").matchingSemantics(.unicodeScalar)
        let alphabet = ["a", "Z", "0", "_", ".", "-", "@", "[", "`", "{", "/", ":", " ", "\0", "\u{E9}", "\u{301}"]
        var generator = SeededGenerator(seed: 2)
        var accepted = 0
        for round in 0..<20_000 {
            let text = generator.text(of: round.isMultiple(of: 2) ? Array(alphabet.prefix(6)) : alphabet, upTo: 6)
            let expected = text.wholeMatch(of: reference) != nil
            try #require((Tag(text) != nil) == expected, "\(text.debugDescription)")
            if expected { accepted += 1 }
        }
        #expect(accepted > 2000)
    }

    @Test("a colon makes a reference a digest, well formed or not")
    func references() throws {
        let digest = try #require(Digest("sha256:" + String(repeating: "0", count: 64)))
        #expect(try Reference(parsing: digest.description) == .digest(digest))
        #expect(throws: ReferenceError.digest(.malformed("a:b!"))) { try Reference(parsing: "a:b!") }
        #expect(throws: ReferenceError.digest(.unsupportedAlgorithm("md5:00"))) { try Reference(parsing: "md5:00") }
        #expect(throws: ReferenceError.tag(.tooLong(limit: 128))) {
            try Reference(parsing: String(repeating: "a", count: 129))
        }
    }

    @Test("tags are ordered byte by byte")
    func order() {
        let tags = ["b", "B", "a", "_", "1", "1.0", "1-0", "10"].compactMap { Tag($0) }
        #expect(tags.sorted().map(\.description) == ["1", "1-0", "1.0", "10", "B", "_", "a", "b"])
    }
}
