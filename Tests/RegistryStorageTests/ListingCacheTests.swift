import NIOCore
import NIOPosix
import RegistryCore
import RegistryTesting
import Testing

@testable import RegistryStorage

@Suite("names that are kept in memory are those of this moment")
struct ListingCacheTests {
    private let folder = StoragePath.root.appending("f")

    private func allNames(_ driver: FilesystemDriver, by limit: Int = 1_000) async throws -> [String] {
        var all: [String] = []
        while true {
            let page = try await driver.list(folder, after: all.last, limit: limit)
            all += page.entries.map(\.name)
            if !page.hasMore { return all }
        }
    }

    @Test("changes by another driver are seen at once, also within a tick of the clock")
    func otherDriver() async throws {
        try await withTemporaryFolder { root in
            let limits = FilesystemDriver.ListingCacheLimits(smallest: 0)
            let reader = FilesystemDriver(root: root, threadPool: .singleton, listingCache: limits)
            let writer = FilesystemDriver(root: root, threadPool: .singleton)
            try await writer.put(ByteBuffer(), at: folder.appending("0"))
            for round in 0..<400 {
                // Straight to the disk: a change must not be slowed down by making it durable.
                let old = folder.appending("\(round)")
                let new = folder.appending("\(round + 1)")
                try KernelCalls().renameFile(root + old.description, to: root + new.description)
                #expect(try await allNames(reader) == ["\(round + 1)"])
                if round.isMultiple(of: 50) { try await waitUntilKept(reader) }
            }
        }
    }

    /// Lists until the names are kept, so that the next change is one of a kept folder.
    private func waitUntilKept(_ driver: FilesystemDriver) async throws {
        let stamp = try driver.place.status(of: folder).stamp
        while driver.listings.names(in: folder.description, stamp) == nil {
            _ = try await driver.list(folder, after: nil, limit: 1)
            await Task.yield()
        }
    }

    @Test("a folder that was replaced by another of the same name is read again")
    func replacedFolder() async throws {
        try await withTemporaryFolder { root in
            let limits = FilesystemDriver.ListingCacheLimits(smallest: 0)
            let driver = FilesystemDriver(root: root, threadPool: .singleton, listingCache: limits)
            let other = FilesystemDriver(root: root, threadPool: .singleton)
            try await driver.put(ByteBuffer(), at: folder.appending("old"))
            try await waitUntilKept(driver)
            try await other.deleteTree(at: folder)
            await #expect(throws: StorageError(.notFound, at: folder)) { try await allNames(driver) }
            try await other.put(ByteBuffer(), at: folder.appending("new"))
            #expect(try await allNames(driver) == ["new"])
        }
    }

    @Test("the pages of a large folder are the folder, read once")
    func largeFolder() async throws {
        try await withTemporaryFolder { root in
            let driver = FilesystemDriver(root: root, threadPool: .singleton)
            try await driver.put(ByteBuffer(), at: folder.appending("x"))
            let calls = KernelCalls()
            for index in 0..<5_000 { calls.closeFile(try calls.createFile("\(root)/f/\(index &* 7_919 % 100_003)")) }
            try await waitUntilKept(driver)
            let wanted = ((0..<5_000).map { "\($0 &* 7_919 % 100_003)" } + ["x"]).sorted()
            #expect(try await allNames(driver, by: 37) == wanted)
        }
    }

    @Test("a stamp is trusted only when it lies behind the clock by more than a tick")
    func settled() {
        let now: Int64 = 1_700_000_000_500_000_000
        func stamp(_ age: Int64) -> FolderStamp {
            FolderStamp(
                identity: FileIdentity(device: 1, inode: 2),
                links: 2,
                size: 0,
                modified: now - age,
                changed: now - age
            )
        }
        #expect(!stamp(0).isSettled(at: now))
        #expect(!stamp(-5_000_000_000).isSettled(at: now))
        #expect(!stamp(10_000_000).isSettled(at: now))
        #expect(stamp(20_000_001).isSettled(at: now))
        // Whole seconds: the file system may count no finer.
        #expect(!stamp(1_500_000_000).isSettled(at: now))
        #expect(stamp(3_500_000_000).isSettled(at: now))
    }

    @Test("the cache keeps within its limits, and drops what was not used for longest")
    func limits() throws {
        let cache = ListingCache(limits: .init(names: 10, folders: 2, smallest: 2))
        let identity = FileIdentity(device: 1, inode: 2)
        let stamp = FolderStamp(identity: identity, links: 2, size: 0, modified: 0, changed: 0)
        cache.keep(try table(["a", "b"]), of: "/1", stamp)
        cache.keep(try table(["a", "b"]), of: "/2", stamp)
        #expect(cache.names(in: "/1", stamp)?.count == 2)
        cache.keep(try table(["a", "b", "c"]), of: "/3", stamp)
        #expect(cache.names(in: "/1", stamp) != nil)
        #expect(cache.names(in: "/2", stamp) == nil)
        cache.keep(try table(["a"]), of: "/1", stamp)
        #expect(cache.names(in: "/1", stamp) == nil)
        cache.keep(try table((10..<21).map(String.init)), of: "/4", stamp)
        #expect(cache.names(in: "/4", stamp) == nil)
        cache.keep(try table((10..<20).map(String.init)), of: "/5", stamp)
        #expect(cache.names(in: "/5", stamp)?.count == 10)
        #expect(cache.names(in: "/3", stamp) == nil)
        var later = stamp
        later.changed = 1
        #expect(cache.names(in: "/5", later) == nil)
    }

    @Test("a table of names is sorted byte by byte and finds where to go on")
    func nameTable() throws {
        let names = ["b", "a", "ab", "aaaaaaaa", "aaaaaaaab", "aaaaaaaaa", "aaaaaaa", "Z", "-", "a\u{0}"]
        let table = try table(names)
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect((0..<table.count).map { table.name(at: $0) } == sorted)
        for (index, name) in sorted.enumerated() { #expect(table.firstIndex(after: name) == index + 1) }
        #expect(table.firstIndex(after: "") == 0)
        #expect(table.firstIndex(after: "zz") == names.count)
        #expect(table.firstIndex(after: "aaaaaaaaaa") == sorted.firstIndex(of: "aaaaaaaab"))
    }

    private func table(_ names: [String]) throws -> NameTable {
        var builder = NameTableBuilder()
        for var name in names { #expect(name.withUTF8 { builder.add($0, isFolder: false) }) }
        return builder.sorted()
    }
}
