import RegistryCore
import RegistryTesting
import Testing

@Suite("Repository names")
struct RepositoryNameTests {
    @Test(
        "a name that follows the grammar is kept as it is",
        arguments: [
            "a", "0", "library/alpine", "a/b/c/d/e/f/g", "a__b", "a_b", "a.b", "a-b", "a--b", "a----------b",
            "a-0/b.c/d__e",
            "a.b-c_d__e--f", String(repeating: "a", count: 255), String(repeating: "a/", count: 127) + "a", "v2/blobs",
            "tags/list", "blobs/uploads",
        ]
    )
    func valid(text: String) throws {
        let name = try RepositoryName(parsing: text)
        #expect(name.description == text)
        #expect(name.components.joined(separator: "/") == text)
        #expect(RepositoryName("\(text)?".dropLast()) == name)
    }

    @Test(
        "a name that breaks the grammar is refused",
        arguments: [
            "", "/", "a/", "/a", "a//b", "A", "aB", "a._b", "a_.b", "a..b", "a___b", "a_-b", "a-_b", "a.-b", "a-.b",
            "_a", "a_",
            "-a", "a-", ".a", "a.", ".", "..", "../a", "a/..", "a/../b", "a/./b", "a/_b", "a/b-/c", "_catalog",
            "a/_uploads",
            "a b", " a", "a ", "a\n", "a\0", "\0", "a%2fb", "a%2Fb", "%61", "a:b", "localhost:5000/a", "a@b", "a\\b",
            "a+b", "a~b",
            "é", "caf\u{E9}", "cafe\u{301}", "a\u{301}", "a/\u{301}b", "\u{FF41}", "а", "a\u{200B}", "a\r\n/b", "🐳",
            String(repeating: "a/", count: 128), String(repeating: "a", count: 256),
        ]
    )
    func invalid(text: String) {
        #expect(throws: NameError.self) { try RepositoryName(parsing: text) }
        #expect(RepositoryName(text) == nil)
    }

    @Test("an error tells the place, and that of a text that stops too early is its end")
    func places() {
        #expect(throws: NameError.invalidCharacter(at: 1, in: "aB")) { try RepositoryName(parsing: "aB") }
        #expect(throws: NameError.invalidCharacter(at: 2, in: "a/")) { try RepositoryName(parsing: "a/") }
        #expect(throws: NameError.invalidCharacter(at: 0, in: "")) { try RepositoryName(parsing: "") }
        #expect(throws: NameError.tooLong(limit: 255)) {
            try RepositoryName(parsing: String(repeating: "a", count: 256))
        }
        #expect(NameError.invalidCharacter(at: 2, in: "a/").description == "'a/' ends too early")
    }

    @Test("20 000 random texts are names exactly when the specification's expression matches them")
    func property() throws {
        let component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*"
        let reference = try Regex("\(component)(?:/\(component))*").matchingSemantics(.unicodeScalar)
        let alphabet = [
            "a", "z", "0", "9", "b", "a", ".", "_", "__", "-", "/", "A", "%", ":", "\u{E9}", "\0", "`", "{", "@",
        ]
        var generator = SeededGenerator(seed: 1)
        var accepted = 0
        for round in 0..<20_000 {
            // Every other text is of the grammar's own letters, so that enough of them are names.
            let text = generator.text(of: round.isMultiple(of: 2) ? Array(alphabet.prefix(11)) : alphabet, upTo: 9)
            let expected = text.wholeMatch(of: reference) != nil
            try #require((RepositoryName(text) != nil) == expected, "\(text.debugDescription)")
            if expected { accepted += 1 }
        }
        #expect(accepted > 2000)
    }

    @Test("names are ordered byte by byte")
    func order() {
        let names = ["a-b", "a/b", "a", "ab", "a.b", "a_b", "a0"].compactMap { RepositoryName($0) }
        #expect(names.sorted().map(\.description) == ["a", "a-b", "a.b", "a/b", "a0", "a_b", "ab"])
    }
}
