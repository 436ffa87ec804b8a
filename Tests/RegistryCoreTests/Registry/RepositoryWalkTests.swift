import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("The walk through repositories")
struct RepositoryWalkTests {
    @Test(
        "random names, in pages of random sizes from random texts on, come as a sorted list has them",
        arguments: 0..<15 as Range<UInt64>
    )
    func randomSets(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let names = Set((0..<Int.random(in: 0...40, using: &generator)).map { _ in Self.randomName(&generator) })
        let driver = MemoryDriver()
        for name in names {
            try await driver.put(ByteBuffer(string: "x"), at: Self.marker(name))
        }
        let ordered = names.filter { RepositoryName($0) != nil }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let registry = Registry(driver: driver)

        #expect(try await Self.walk(registry, pages: 1000, from: nil) == ordered)
        for _ in 0..<20 {
            let size = Int.random(in: 1...7, using: &generator)
            let last = Self.randomStart(ordered, &generator)
            let expected = ordered.filter { last.isEmpty || last.utf8.lexicographicallyPrecedes($0.utf8) }
            #expect(try await Self.walk(registry, pages: size, from: last) == expected, "after '\(last)' of \(ordered)")
        }
    }

    @Test("folders of more repositories than a page of the store are walked through")
    func largeFolders() async throws {
        let driver = MemoryDriver()
        var names: [String] = []
        for number in 0..<300 {
            names += ["r\(number)", "r\(number)-x/y", "deep/r\(number)"]
        }
        for name in names { try await driver.put(ByteBuffer(string: "x"), at: Self.marker(name)) }
        names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try await Self.walk(Registry(driver: driver), pages: 170, from: nil) == names)
    }

    @Test("files and folders that are no repositories are passed over")
    func strangers() async throws {
        let driver = MemoryDriver()
        let base = StoragePath.root.appending("docker/registry/v2/repositories")
        for path in [
            "file", "a/file", "Upper/_manifests/x", "_own/a/_manifests/x", "a/_layers/x", "a--b/_manifests/x",
            "b/_manifests/x",
        ] {
            try await driver.put(ByteBuffer(string: "x"), at: base.appending(path))
        }
        #expect(try await Self.walk(Registry(driver: driver), pages: 10, from: nil) == ["a--b", "b"])
        for last in ["file", "file/x", "a/file/x", "fil"] {
            #expect(try await Self.walk(Registry(driver: driver), pages: 10, from: last) == (last < "b" ? ["b"] : []))
        }
    }

    private static func marker(_ name: String) -> StoragePath {
        StoragePath.root.appending("docker/registry/v2/repositories/\(name)/_manifests/x")
    }

    private static func walk(_ registry: Registry, pages: Int, from start: String?) async throws -> [String] {
        var names: [String] = []
        var last = start
        while true {
            let page = try await registry.repositories(after: last, limit: pages)
            names += page.items.map(\.description)
            guard page.hasMore else { return names }
            try #require(page.items.count == pages)
            last = names.last
        }
    }

    /// A name of few letters, so that names begin alike and `-`, `.` and digits stand beside `/`.
    private static func randomName(_ generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 1...4, using: &generator)).map { _ in
            let parts = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                ["a", "b", "0", "aa"].randomElement(using: &generator) ?? "a"
            }
            return parts.joined(separator: ["-", ".", "_", "__", "--", ""].randomElement(using: &generator) ?? "-")
        }.joined(separator: "/")
    }

    private static func randomStart(_ names: [String], _ generator: inout SeededGenerator) -> String {
        let name = names.randomElement(using: &generator) ?? "a"
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return name
        case 1: return String(name.prefix(Int.random(in: 0...name.count, using: &generator)))
        case 2:
            return name + (["/", "-", "0", "//", "/a", "z", ".", "\u{0}", "_"].randomElement(using: &generator) ?? "")
        case 3: return randomName(&generator)
        case 4: return String(name.prefix(3)) + (["Z", "?", "é", "..", "/../b"].randomElement(using: &generator) ?? "")
        default: return ["/", "..", "_", "zz", "A", " ", "a/", "-"].randomElement(using: &generator) ?? ""
        }
    }
}
