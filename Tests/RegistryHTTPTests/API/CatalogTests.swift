import NIOCore
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import Testing

@Suite("The catalog")
struct CatalogTests {
    /// In the order of their bytes, which is not that of a walk through folders.
    static let ordered = [
        "a", "a-b", "a-b/c", "a-b/c-d/e", "a.b", "a.b/c", "a/b", "a/b-c", "a/b/c", "a/b0", "a0", "a0/b", "aa",
        "b/c/d/e/f", "b0",
    ]

    @Test("repositories are listed in the order of their bytes")
    func order() async throws {
        try await withRepositories(Self.ordered.reversed()) { registry in
            let answer = try await registry.send("GET", "/v2/_catalog")
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "application/json")
            #expect(try answer.texts("repositories") == Self.ordered)
            #expect(answer.headers["Link"] == nil)
        }
    }

    @Test("pages of every size lead through all repositories", arguments: 1...16)
    func pages(size: Int) async throws {
        try await withRepositories(Self.ordered) { registry in
            var names: [String] = []
            var next: String? = "/v2/_catalog?n=\(size)"
            while let page = next {
                let answer = try await registry.send("GET", page)
                let items = try answer.texts("repositories")
                next = try answer.nextPage
                if let next, let last = items.last {
                    #expect(next == "/v2/_catalog?last=\(last.replacing("/", with: "%2F"))&n=\(size)")
                }
                names += items
            }
            #expect(names == Self.ordered)
        }
    }

    @Test("an empty registry has an empty catalog")
    func empty() async throws {
        try await TestRegistry.run { registry in
            for query in ["", "?n=5", "?last=x", "?n=0"] {
                let answer = try await registry.send("GET", "/v2/_catalog\(query)")
                #expect(answer.status == 200)
                #expect(answer.text == #"{"repositories":[]}"# + "\n")
                #expect(answer.headers["Link"] == nil)
            }
        }
    }

    @Test("a page has 100 repositories where the client does not say, and the limit is the operator's")
    func defaults() async throws {
        let names = (100..<300).map { "r\($0)" }
        try await withRepositories(names) { registry in
            let answer = try await registry.send("GET", "/v2/_catalog")
            #expect(try answer.texts("repositories") == Array(names.prefix(100)))
            #expect(try answer.nextPage == "/v2/_catalog?last=r199&n=100")
        }
        var setup = TestRegistry.Setup()
        setup.responder.maximumCatalogEntries = 7
        try await withRepositories(names, setup) { registry in
            #expect(try await registry.send("GET", "/v2/_catalog").texts("repositories").count == 7)
            #expect(try await registry.send("GET", "/v2/_catalog?n=7").texts("repositories").count == 7)
            try expectRefusal(try await registry.send("GET", "/v2/_catalog?n=8"), 400, "PAGINATION_NUMBER_INVALID")
        }
    }

    @Test(
        "a number that is none or too large is refused, and no number at all is none",
        arguments: ["x", "-1", "1001", "99999999999999999999", "1.5"]
    )
    func invalidNumbers(number: String) async throws {
        try await withRepositories(["a"]) { registry in
            let answer = try await registry.send("GET", "/v2/_catalog?n=\(number)")
            try expectRefusal(answer, 400, "PAGINATION_NUMBER_INVALID")
            #expect(try await registry.send("GET", "/v2/_catalog?n=").texts("repositories") == ["a"])
        }
    }

    @Test("n=0 gives nothing, and no next page")
    func none() async throws {
        try await withRepositories(["a"]) { registry in
            let answer = try await registry.send("GET", "/v2/_catalog?n=0")
            #expect(try answer.texts("repositories") == [])
            #expect(answer.headers["Link"] == nil)
        }
    }

    @Test("a repository that has only uploads or layers is not listed")
    func withoutManifests() async throws {
        try await TestRegistry.run { registry in
            try await registry.pushBlob("x", to: "layers")
            _ = try await registry.beginUpload(in: "uploads")
            try await registry.pushImage(to: "whole")
            #expect(try await registry.send("GET", "/v2/_catalog").texts("repositories") == ["whole"])
        }
    }

    /// Runs a body on a registry that has repositories.
    private func withRepositories(
        _ names: some Sequence<String>,
        _ setup: TestRegistry.Setup = .init(),
        _ body: (TestRegistry) async throws -> Void
    ) async throws {
        var setup = setup
        let driver = MemoryDriver()
        setup.driver = driver
        let folder = StoragePath.root.appending("docker/registry/v2/repositories")
        for name in names {
            let link = folder.appending("\(name)/_manifests/revisions/sha256/\(digest(of: name).dropFirst(7))/link")
            try await driver.put(ByteBuffer(string: digest(of: name)), at: link)
        }
        try await TestRegistry.run(setup, body)
    }
}
