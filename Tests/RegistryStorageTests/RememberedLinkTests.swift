import NIOCore
import NIOPosix
import RegistryCore
import Synchronization
import Testing

@testable import RegistryStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Whether this process may mount: root with the capability for it, which not every container has.
private let mayMount: Bool = {
    let folder = "/tmp/registry-storage-mount-\(getpid())"
    guard geteuid() == 0, mkdir(folder, 0o700) == 0 else { return false }
    defer { rmdir(folder) }
    guard mount("tmpfs", folder, "tmpfs", 0, "size=64k") == 0 else { return false }
    return umount(folder) == 0
}()

@Suite("links that are remembered, and what is done to them meanwhile")
struct RememberedLinkTests {
    private let link: StoragePath

    init() throws { link = try #require(StoragePath("/a/b/tags/latest/current/link")) }

    /// Runs a body with a store whose link is remembered.
    private func withRemembered(
        _ body: (FilesystemDriver, _ root: String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let driver = FilesystemDriver(root: "\(folder)/store", threadPool: .singleton)
            try await driver.put(ByteBuffer(string: "one"), at: link)
            try await remember(driver)
            try await body(driver, "\(folder)/store")
        }
    }

    /// Reads the link until it is remembered.
    private func remember(_ driver: FilesystemDriver) async throws {
        for _ in 0..<1_000 where driver.rememberedLinks.count == 0 {
            _ = try await driver.content(at: link, limit: 256)
            try await Task.sleep(for: .milliseconds(2))
        }
        try #require(driver.rememberedLinks.count == 1)
    }

    /// Has a link remembered, again and again: another test's mount makes all links be forgotten.
    private func untilRemembered(
        _ links: RememberedLinks,
        _ path: StoragePath,
        _ check: (String) -> Void
    ) async throws {
        for _ in 0..<100 {
            links.remember(path)
            if let link = links[path] { return check(String(buffer: link.content)) }
            try await Task.sleep(for: .milliseconds(1))
        }
        Issue.record("it was never remembered")
    }

    /// What the driver finds at the link; `nil` when there is nothing.
    private func content(_ driver: FilesystemDriver) async throws -> String? {
        do throws(StorageError) {
            return String(buffer: try await driver.content(at: link, limit: 256))
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    @Test("a link that was read twice is answered from memory: its content, its length, and whether it is too long")
    func remembered() async throws {
        try await withRemembered { driver, _ in
            let direct = try await FilesystemDriver(root: driver.root, threadPool: .singleton).metadata(at: link)
            try await untilRemembered(driver.rememberedLinks, link) { #expect($0 == "one") }
            #expect(try await content(driver) == "one")
            #expect(try await driver.metadata(at: link) == direct)
            await #expect(throws: StorageError(.tooLarge, at: link)) { try await driver.content(at: link, limit: 2) }
        }
    }

    /// Something that another process does to the link, and what is there afterwards.
    enum Change: CaseIterable {
        case rewritten, appended, cut, replaced, removed, moved, folderMoved, outerFolderMoved, outerFolderReplaced
        case treeRemoved, rewrittenByOtherName

        var result: String? {
            switch self {
            case .rewritten, .replaced, .outerFolderReplaced, .rewrittenByOtherName: "two"
            case .appended: "one two"
            case .cut: ""
            case .removed, .moved, .folderMoved, .outerFolderMoved, .treeRemoved: nil
            }
        }
    }

    private func write(_ text: String, to path: String, _ flags: CInt) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | flags, 0o666)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
    }

    private func make(_ change: Change, in root: String) throws {
        let (outer, file) = ("\(root)/a/b", "\(root)/a/b/tags/latest/current/link")
        /// Another tree of folders with another link.
        func other() throws -> String {
            var folder = "\(root)/other"
            try #require(mkdir(folder, 0o777) == 0)
            for name in ["tags", "latest", "current"] {
                folder += "/\(name)"
                try #require(mkdir(folder, 0o777) == 0)
            }
            try write("two", to: "\(folder)/link", 0)
            return "\(root)/other"
        }
        switch change {
        case .rewritten: try write("two", to: file, O_TRUNC)
        case .appended: try write(" two", to: file, O_APPEND)
        case .cut: try #require(truncate(file, 0) == 0)
        case .replaced:
            try write("two", to: "\(root)/new", 0)
            try #require(rename("\(root)/new", file) == 0)
        case .removed: try #require(unlink(file) == 0)
        case .moved: try #require(rename(file, "\(root)/away") == 0)
        case .folderMoved: try #require(rename("\(outer)/tags/latest/current", "\(root)/away") == 0)
        case .outerFolderMoved: try #require(rename(outer, "\(root)/away") == 0)
        case .outerFolderReplaced:
            let new = try other()
            try #require(rename(outer, "\(root)/away") == 0)
            try #require(rename(new, outer) == 0)
        case .rewrittenByOtherName:
            try #require(Glibc.link(file, "\(root)/other") == 0)
            try write("two", to: "\(root)/other", O_TRUNC)
        case .treeRemoved:
            try #require(unlink(file) == 0)
            for folder in ["/tags/latest/current", "/tags/latest", "/tags", ""] {
                try #require(rmdir(outer + folder) == 0)
            }
        }
    }

    @Test("whatever another process changes is seen at once", arguments: Change.allCases)
    func changed(change: Change) async throws {
        try await withRemembered { driver, root in
            try make(change, in: root)
            #expect(try await content(driver) == change.result)
            #expect(try await driver.exists(at: link) == (change.result != nil))
            guard change.result != nil else { return }
            try await remember(driver)
            #expect(try await content(driver) == change.result)
        }
    }

    @Test("what the driver itself changes is seen at once, and what is put back too")
    func changedByDriver() async throws {
        try await withRemembered { driver, _ in
            try await driver.put(ByteBuffer(string: "two"), at: link)
            #expect(try await content(driver) == "two")
            try await remember(driver)
            try await driver.deleteTree(at: .root.appending("a/b/tags"))
            #expect(try await content(driver) == nil)
            try await driver.put(ByteBuffer(string: "three"), at: link)
            #expect(try await content(driver) == "three")
            try await remember(driver)
            #expect(try await content(driver) == "three")
        }
    }

    @Test("a store that is moved away is away, and its links come back with it")
    func away() async throws {
        try await withRemembered { driver, root in
            try #require(rename(root, "\(root)-away") == 0)
            await #expect(throws: StorageError(.unavailable, at: link)) {
                try await driver.content(at: link, limit: 256)
            }
            await #expect(throws: StorageError(.unavailable, at: link)) { try await driver.metadata(at: link) }
            try #require(rename("\(root)-away", root) == 0)
            #expect(try await content(driver) == "one")
        }
    }

    /// What a writer has written so far.
    private final class Progress: Sendable {
        let written = Atomic(10_000)
        let isOver = Atomic(false)
    }

    @Test("nothing older than the last acknowledged write is ever read", arguments: [true, false])
    func neverBehind(isReplaced: Bool) async throws {
        try await withRemembered { driver, root in
            let file = "\(root)/a/b/tags/latest/current/link"
            try write("10000", to: file, O_TRUNC)
            let progress = Progress()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        var reads = 0
                        while !progress.isOver.load(ordering: .acquiring) {
                            let before = progress.written.load(ordering: .acquiring)
                            let text = try await content(driver)
                            // In place a file is empty for a moment, or holds a part.
                            if text?.utf8.count == 5 { try #require(Int(text ?? "") ?? 0 >= before) }
                            reads += 1
                            // What is answered from memory never suspends, and the writer needs a thread too.
                            await Task.yield()
                        }
                        return reads
                    }
                }
                for number in 10_001...13_000 {
                    if isReplaced {
                        try write("\(number)", to: "\(root)/new", O_TRUNC)
                        try #require(rename("\(root)/new", file) == 0)
                    } else {
                        let descriptor = open(file, O_WRONLY)
                        try #require(pwrite(descriptor, "\(number)", 5, 0) == 5)
                        close(descriptor)
                    }
                    progress.written.store(number, ordering: .releasing)
                    if number.isMultiple(of: 50) { try await Task.sleep(for: .milliseconds(3)) }
                }
                progress.isOver.store(true, ordering: .releasing)
                for try await reads in group { #expect(reads > 100) }
            }
            #expect(try await content(driver) == "13000")
        }
    }

    @Test("an event loop looks once a turn, and what comes later is never answered by that look")
    func turns() async throws {
        try await withRemembered { driver, root in
            let file = "\(root)/a/b/tags/latest/current/link"
            let links = driver.rememberedLinks
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            @Sendable func text() -> String? { links[link].map { String(buffer: $0.content) } }
            for _ in 0..<100 {
                try write("one", to: file, O_TRUNC)
                links.remember(link)
                // What this turn is asked for was asked for before it looked.
                let (first, same, later) = try await loop.flatSubmit {
                    let first = text()
                    #expect(throws: Never.self) { try write("two", to: file, O_TRUNC) }
                    let same = text()
                    // As another thread would, which has made the change, or knows of it.
                    return loop.submit { (first, same, text()) }
                }.get()
                #expect(later == nil)
                #expect(try await content(driver) == "two")
                // Another test's mount makes all links be forgotten.
                guard first != nil else { continue }
                #expect(first == "one")
                #expect(same == "one")
                return
            }
            Issue.record("it was never remembered")
        }
    }

    /// What a loop has read.
    private final class Counts: Sendable {
        let found = Atomic(0)
        let stale = Atomic(0)
    }

    @Test("nothing older than the last acknowledged write is read on event loops")
    func neverBehindOnEventLoops() async throws {
        try await withRemembered { driver, root in
            let file = "\(root)/a/b/tags/latest/current/link"
            let links = driver.rememberedLinks
            // Two, so that one hears of what concerns the other.
            let loops = Array(MultiThreadedEventLoopGroup.singleton.makeIterator().prefix(2))
            let counts = Counts()
            for number in 10_000..<14_000 {
                try write("\(number)", to: file, O_TRUNC)
                if number.isMultiple(of: 8) { links.remember(link) }
                for place in 0..<8 {
                    loops[place % loops.count].execute {
                        guard let content = links[link]?.content else { return }
                        counts.found.add(1, ordering: .relaxed)
                        if Int(String(buffer: content)) ?? 0 < number { counts.stale.add(1, ordering: .relaxed) }
                    }
                }
            }
            for loop in loops { try await loop.submit {}.get() }
            #expect(counts.found.load(ordering: .relaxed) > 0)
            #expect(counts.stale.load(ordering: .relaxed) == 0)
        }
    }

    @Test("what could change unheard is not remembered: a link on the way over a symbolic one")
    func unheard() async throws {
        try await withTemporaryFolder { folder in
            let root = "\(folder)/store"
            let driver = FilesystemDriver(root: root, threadPool: .singleton)
            try await driver.put(ByteBuffer(string: "one"), at: link)
            try #require(rename("\(root)/a", "\(root)/real") == 0)
            try #require(symlink("\(root)/real", "\(root)/a") == 0)
            for _ in 0..<10 {
                #expect(try await content(driver) == "one")
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(driver.rememberedLinks.count == 0)
        }
    }

    @Test("when too many folders are watched the links are forgotten, and answered all the same")
    func tooMany() async throws {
        try await withTemporaryFolder { root in
            let links = RememberedLinks(FilesystemRoot(root), mostWatches: 12, lifetime: .zero)
            let driver = FilesystemDriver(root: root, threadPool: .singleton)
            for number in 0..<40 {
                let path = StoragePath.root.appending("tags/\(number)/link")
                try await driver.put(ByteBuffer(string: "\(number)"), at: path)
                #expect(!links.wasRead(path, size: 1))
                #expect(links.wasRead(path, size: 1))
                try await untilRemembered(links, path) { #expect($0 == "\(number)") }
                #expect(links.count <= 12)
            }
            #expect(!links.wasRead(.root.appending("tags/1/data"), size: 1))
            #expect(!links.wasRead(.root.appending("tags/1/link"), size: 100_000))
        }
    }

    @Test("a file system that is mounted over a folder hides what was there", .enabled(if: mayMount))
    func mountedOver() async throws {
        try await withRemembered { driver, root in
            try #require(mount("tmpfs", "\(root)/a/b", "tmpfs", 0, "size=64k") == 0)
            let hidden = try await content(driver)
            try #require(umount("\(root)/a/b") == 0)
            #expect(hidden == nil)
            #expect(try await content(driver) == "one")
        }
    }
}
