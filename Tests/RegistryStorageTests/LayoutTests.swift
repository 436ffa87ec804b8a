import NIOCore
import NIOPosix
import RegistryCore
import Testing

@testable import RegistryStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("the store on disk is the peer's")
struct LayoutTests {
    @Test("an object's path is its path below the root, and its bytes are the file's")
    func paths() async throws {
        try await withTemporaryFolder { root in
            let driver = FilesystemDriver(root: root + "///", threadPool: .singleton)
            let link = "sha256:" + String(repeating: "0a", count: 32)
            let below = "/docker/registry/v2/repositories/a/b/_manifests/tags/latest/current/link"
            try await driver.put(ByteBuffer(string: link), at: try #require(StoragePath(below)))
            #expect(text(ofFile: root + below) == link)
            #expect(driver.root == root)
        }
    }

    @Test("a root that isn't there is made, with what is above it; until then it is empty")
    func rootIsMade() async throws {
        try await withTemporaryFolder { folder in
            let driver = FilesystemDriver(root: "\(folder)/not/yet", threadPool: .singleton)
            #expect(try await driver.list(.root, after: nil, limit: 1).entries == [])
            #expect(try await driver.metadata(at: .root).kind == .folder)
            #expect(try names(in: folder) == [])
            try await driver.put(ByteBuffer(string: "x"), at: .root.appending("object"))
            #expect(text(ofFile: "\(folder)/not/yet/object") == "x")
        }
    }

    @Test("an upload is a plain file that grows, and the commit moves it")
    func uploads() async throws {
        try await withTemporaryFolder { root in
            let driver = FilesystemDriver(root: root, threadPool: .singleton)
            let writer = try await driver.writer(at: .root.appending("up/data"), resuming: false)
            try await writer.append(ByteBuffer(string: "12345"))
            #expect(text(ofFile: "\(root)/up/data") == "12345")
            try await writer.close()
            let resumed = try await driver.writer(at: .root.appending("up/data"), resuming: true)
            try await resumed.commit(to: .root.appending("blobs/data"))
            #expect(text(ofFile: "\(root)/blobs/data") == "12345")
            #expect(try names(in: "\(root)/up") == [])
            #expect(try names(in: "\(root)/blobs") == ["data"])
        }
    }

    @Test("what the peer is writing, or left when it crashed, is not listed")
    func temporaryFiles() async throws {
        try await withTemporaryFolder { root in
            let driver = FilesystemDriver(root: root, threadPool: .singleton)
            try await driver.put(ByteBuffer(), at: .root.appending("f/link"))
            let calls = KernelCalls()
            for name in [
                "link.0a1b2c3d-0000-4000-8000-0123456789ab.tmp", "name with spaces", "...", "ünïcödé",
                TemporaryName.make(for: "link"),
            ] { calls.closeFile(try calls.createFile("\(root)/f/\(name)")) }
            #expect(try await driver.list(.root.appending("f"), after: nil, limit: 10).entries.map(\.name) == ["link"])
            try await driver.deleteTree(at: .root.appending("f"))
            #expect(try names(in: root) == [])
        }
    }

    @Test("a temporary name is the target's with a version 4 UUID")
    func temporaryName() throws {
        var seen: Set<String> = []
        for _ in 0..<100 {
            let name = TemporaryName.make(for: "/a/link")
            #expect(
                try #/\/a\/link\.[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.tmp/#
                    .wholeMatch(in: name) != nil
            )
            #expect(StoragePath(name) != nil)
            seen.insert(name)
        }
        #expect(seen.count == 100)
    }

    @Test("files and folders get the modes 0666 and 0777, less the umask")
    func modes() async throws {
        try await withTemporaryFolder { root in
            let driver = FilesystemDriver(root: root, threadPool: .singleton)
            try await driver.put(ByteBuffer(), at: .root.appending("f/object"))
            let writer = try await driver.writer(at: .root.appending("f/upload"), resuming: false)
            try await writer.close()
            let mask = umask(0)
            umask(mask)
            for (path, mode) in [("f", 0o777), ("f/object", 0o666), ("f/upload", 0o666)] as [(String, mode_t)] {
                var info = stat()
                #expect(stat("\(root)/\(path)", &info) == 0)
                #expect(info.st_mode & 0o777 == mode & ~mask)
            }
        }
    }

    @Test("links that an operator made lead on, and a removal does not follow them")
    func symbolicLinks() async throws {
        try await withTemporaryFolder { root in
            let driver = FilesystemDriver(root: "\(root)/store", threadPool: .singleton)
            try await driver.put(ByteBuffer(), at: .root.appending("f/object"))
            try #require(mkdir("\(root)/elsewhere", 0o777) == 0)
            try #require(symlink("\(root)/elsewhere", "\(root)/store/f/link") == 0)
            try await driver.put(ByteBuffer(string: "x"), at: .root.appending("f/link/object"))
            #expect(text(ofFile: "\(root)/elsewhere/object") == "x")
            let page = try await driver.list(.root.appending("f"), after: nil, limit: 10, holding: "object")
            #expect(page.entries == [.init(name: "link", kind: .folder)])
            try await driver.deleteTree(at: .root.appending("f"))
            #expect(text(ofFile: "\(root)/elsewhere/object") == "x")
        }
    }
}
