import RegistryCore
import RegistryTesting
import Testing

@Suite("Upload identifiers and paths")
struct UploadIDTests {
    @Test("a new identifier is a version 4 UUID in lower case, and another each time")
    func fresh() throws {
        let uuid = try Regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
        var generator = SeededGenerator(seed: 5)
        var seen: Set<UploadID> = []
        for _ in 0..<500 {
            let id = UploadID(using: &generator)
            #expect(try uuid.wholeMatch(in: id.description) != nil)
            #expect(UploadID(id.description) == id)
            seen.insert(id)
        }
        #expect(seen.count == 500)
        #expect(UploadID() != UploadID())
    }

    /// Gives two numbers, in turn.
    private struct Alternating: RandomNumberGenerator {
        var numbers: (UInt64, UInt64)

        mutating func next() -> UInt64 {
            defer { numbers = (numbers.1, numbers.0) }
            return numbers.0
        }
    }

    @Test("each of its digits is where RFC 9562 has it, but for those of the version and the variant")
    func digits() {
        var generator = Alternating(numbers: (0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210))
        #expect(UploadID(using: &generator).description == "01234567-89ab-4def-bedc-ba9876543210")
        generator.numbers = (0, .max)
        #expect(UploadID(using: &generator).description == "00000000-0000-4000-bfff-ffffffffffff")
        generator.numbers = (.max, 0)
        #expect(UploadID(using: &generator).description == "ffffffff-ffff-4fff-8000-000000000000")
    }

    @Test(
        "an identifier of another server's making is taken as long as it is one component of a path",
        arguments: [
            "0190b3c4-7a1b-7c2d-8e3f-0123456789ab", "ABC", "a.b", "..a", "_", "-", String(repeating: "a", count: 128),
        ]
    )
    func valid(text: String) {
        #expect(UploadID(text)?.description == text)
    }

    @Test(
        "what can't be one component of a path is refused",
        arguments: [
            "", ".", "..", "...", "a/b", "/", "../a", "a\\b", "a\0", "a b", "a%2f", "é", "a\u{301}", "a=", "a:b", "a\n",
            String(repeating: "a", count: 129),
        ]
    )
    func invalid(text: String) {
        #expect(UploadID(text) == nil)
    }

    @Test(
        "a path is made of components, each after a slash",
        arguments: ["", "/a", "/a/b", "/docker/registry/v2", "/a.b/_c/-d/..e"]
    )
    func validPaths(text: String) {
        #expect(StoragePath(text)?.description == text)
    }

    @Test(
        "a path that could lead elsewhere is refused",
        arguments: [
            "/", "a", "a/b", "//a", "/a/", "/a//b", "/.", "/..", "/a/..", "/a/../b", "/...", "/a b", "/a\0", "/a:b",
            "/a%2e",
            "/é", "/\u{301}a", "/a/\u{301}b", "/a\u{301}/b", "\u{301}/a", "/a\\b", "/a\n", "/~", "/*",
        ]
    )
    func invalidPaths(text: String) {
        #expect(StoragePath(text) == nil)
    }

    @Test("a child's parent is the path that it was made of")
    func steps() throws {
        let path = try #require(StoragePath("/a/b"))
        #expect(path.appending("c").description == "/a/b/c")
        #expect(path.appending("c").parent == path)
        #expect(path.lastComponent == "b")
        #expect(StoragePath.root.appending("a").parent == .root)
        #expect(StoragePath.root.parent == nil)
        #expect(StoragePath.root.lastComponent.isEmpty)
    }
}
