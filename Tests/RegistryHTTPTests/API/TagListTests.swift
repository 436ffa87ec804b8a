import NIOCore
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import Testing

@Suite("Lists of tags")
struct TagListTests {
    /// In the order of their bytes.
    static let ordered = [
        "0", "1.10", "1.2", "A", "B", "Z-1", "_", "_x", "a", "a-1", "a.1", "a0", "aA", "a_1", "aa", "b",
    ]

    @Test("tags are listed in the order of their bytes")
    func order() async throws {
        try await withTags(Self.ordered.reversed()) { registry in
            let answer = try await registry.send("GET", "/v2/a/b/tags/list")
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "application/json")
            #expect(answer.headers["Link"] == nil)
            #expect(try answer.json["name"]?.string == "a/b")
            #expect(try answer.texts("tags") == Self.ordered)
            let head = try await registry.send("HEAD", "/v2/a/b/tags/list")
            #expect(head.headers["Content-Length"] == "\(answer.body.count)")
        }
    }

    @Test("pages of every size lead through all tags", arguments: 1...17)
    func pages(size: Int) async throws {
        try await withTags(Self.ordered) { registry in
            var tags: [String] = []
            var next: String? = "/v2/a/b/tags/list?n=\(size)"
            while let page = next {
                let answer = try await registry.send("GET", page)
                let items = try answer.texts("tags")
                next = try answer.nextPage
                #expect(items.count == size || next == nil)
                if let next { #expect(next == "/v2/a/b/tags/list?last=\(items.last ?? "")&n=\(size)") }
                tags += items
            }
            #expect(tags == Self.ordered)
        }
    }

    @Test(
        "a list begins after any text, which need not be a tag",
        arguments: ["", "0", "1.", "1.3", "a", "a%2F", "a-", "zzz", "%00", "%7f", "a b", "Z", "_"]
    )
    func last(last: String) async throws {
        try await withTags(Self.ordered) { registry in
            let text = last.replacing("%2F", with: "/").replacing("%00", with: "\0").replacing("%7f", with: "\u{7f}")
            let expected = Self.ordered.filter { text.isEmpty || text.utf8.lexicographicallyPrecedes($0.utf8) }
            let path = "/v2/a/b/tags/list?last=\(last.replacing(" ", with: "+"))"
            let all = try await registry.send("GET", path)
            #expect(try all.texts("tags") == expected)
            let page = try await registry.send("GET", "\(path)&n=2")
            #expect(try page.texts("tags") == Array(expected.prefix(2)))
            #expect((page.headers["Link"] != nil) == (expected.count > 2))
        }
    }

    @Test("no tags are given for n=0, without a next page")
    func none() async throws {
        try await withTags(Self.ordered) { registry in
            let answer = try await registry.send("GET", "/v2/a/b/tags/list?n=0")
            #expect(answer.status == 200)
            #expect(try answer.texts("tags") == [])
            #expect(answer.headers["Link"] == nil)
            try expectRefusal(try await registry.send("GET", "/v2/unknown/tags/list?n=0"), 404, "NAME_UNKNOWN")
        }
    }

    @Test("a number that is none is refused", arguments: ["x", "-1", "1.5", "%2B1", "1e3", "0x10", "1%202", "٣"])
    func invalidNumbers(number: String) async throws {
        try await withTags(["x"]) { registry in
            let answer = try await registry.send("GET", "/v2/a/b/tags/list?n=\(number)")
            try expectRefusal(answer, 400, "PAGINATION_NUMBER_INVALID")
        }
    }

    @Test("a number that is too large counts as the largest", arguments: ["6", "1001", "99999999999999999999"])
    func largeNumbers(number: String) async throws {
        var setup = TestRegistry.Setup()
        setup.responder.maximumTags = 5
        try await withTags(Self.ordered, setup) { registry in
            let answer = try await registry.send("GET", "/v2/a/b/tags/list?n=\(number)")
            #expect(try answer.texts("tags") == Array(Self.ordered.prefix(5)))
            #expect(try answer.nextPage == "/v2/a/b/tags/list?last=B&n=5")
        }
    }

    @Test("a repository that is not there, and one that only has others below it, has no list")
    func unknown() async throws {
        try await withTags(["x"]) { registry in
            for name in ["a", "a/b/c", "b"] {
                let answer = try await registry.send("GET", "/v2/\(name)/tags/list")
                try expectRefusal(answer, 404, "NAME_UNKNOWN")
                let detail = try #require(try answer.json["errors"]?.array?.first?.object?["detail"]?.object)
                #expect(detail["name"]?.string == name)
            }
        }
    }

    @Test("a repository whose manifests have no tags has an empty list")
    func untagged() async throws {
        try await TestRegistry.run { registry in
            try await registry.pushImage(to: "a")
            let answer = try await registry.send("GET", "/v2/a/tags/list")
            #expect(answer.status == 200)
            #expect(try answer.texts("tags") == [])
        }
    }

    @Test("10,000 tags are walked through by pages of 100, and given at once")
    func many() async throws {
        let tags = (0..<10_000).map { "v\($0)" }
        let ordered = tags.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        try await withTags(tags) { registry in
            var walked: [String] = []
            var next: String? = "/v2/a/b/tags/list?n=100"
            var pages = 0
            while let page = next {
                let answer = try await registry.send("GET", page)
                walked += try answer.texts("tags")
                next = try answer.nextPage
                pages += 1
            }
            #expect(walked == ordered)
            #expect(pages == 100)
            let all = try await registry.send("GET", "/v2/a/b/tags/list")
            #expect(try all.texts("tags") == ordered)
            #expect(all.headers["Link"] == nil)
        }
    }

    /// Runs a body on a registry whose repository `a/b` has tags.
    private func withTags(
        _ tags: some Sequence<String>,
        _ setup: TestRegistry.Setup = .init(),
        _ body: (TestRegistry) async throws -> Void
    ) async throws {
        var setup = setup
        let driver = MemoryDriver()
        setup.driver = driver
        // Pushes of 10,000 manifests would take longer than all other tests.
        let folder = StoragePath.root.appending("docker/registry/v2/repositories/a/b/_manifests/tags")
        for tag in tags {
            try await driver.put(ByteBuffer(string: digest(of: tag)), at: folder.appending("\(tag)/current/link"))
        }
        try await TestRegistry.run(setup, body)
    }
}
