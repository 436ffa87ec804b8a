import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("a store that disappears is away, not empty, and is there again when it comes back")
struct StoreAwayTests {
    private let object: StoragePath
    private let other: StoragePath

    init() throws {
        object = try #require(StoragePath("/a/object"))
        other = try #require(StoragePath("/b/other"))
    }

    /// Every call of the driver, each of which must say that the store is away.
    private func expectAway(_ driver: FilesystemDriver, _ comment: Comment) async throws {
        let away = StorageError(.unavailable, at: object)
        await #expect(throws: away, comment) { try await driver.content(at: object, limit: 100) }
        await #expect(throws: away, comment) { try await driver.metadata(at: object) }
        await #expect(throws: away, comment) { try await driver.metadata(at: .root) }
        await #expect(throws: away, comment) { try await driver.open(at: object) }
        await #expect(throws: away, comment) { try await driver.list(.root, after: nil, limit: 1) }
        await #expect(throws: away, comment) { try await driver.list(.root.appending("a"), after: nil, limit: 1) }
        await #expect(throws: away, comment) { try await driver.put(ByteBuffer(string: "lost"), at: other) }
        await #expect(throws: away, comment) { try await driver.putIfAbsent(ByteBuffer(string: "lost"), at: other) }
        await #expect(throws: away, comment) { try await driver.writer(at: other, resuming: false) }
        await #expect(throws: away, comment) { try await driver.writer(at: object, resuming: true) }
        await #expect(throws: away, comment) { try await driver.delete(at: object) }
        await #expect(throws: away, comment) { try await driver.deleteTree(at: object) }
    }

    private func withStore(
        _ body: (FilesystemDriver, _ root: String, _ elsewhere: String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let root = "\(folder)/store"
            let driver = FilesystemDriver(root: root, threadPool: .singleton)
            try await driver.put(ByteBuffer(string: "kept"), at: object)
            try await body(driver, root, "\(folder)/elsewhere")
        }
    }

    @Test("a folder that is moved away and back")
    func moved() async throws {
        try await withStore { driver, root, elsewhere in
            #expect(try await driver.exists(at: other) == false)
            try #require(rename(root, elsewhere) == 0)
            try await expectAway(driver, "moved away")
            #expect(access(root, F_OK) != 0, "it is not begun anew")
            try #require(rename(elsewhere, root) == 0)
            #expect(text(ofFile: "\(root)/a/object") == "kept")
            #expect(try await driver.content(at: object, limit: 100) == ByteBuffer(string: "kept"))
            try await driver.put(ByteBuffer(string: "new"), at: other)
            #expect(text(ofFile: "\(root)/b/other") == "new")
        }
    }

    @Test("an empty folder in its place, as a disk that is unmounted leaves it")
    func emptyInItsPlace() async throws {
        try await withStore { driver, root, elsewhere in
            _ = try await driver.content(at: object, limit: 100)
            try #require(rename(root, elsewhere) == 0 && mkdir(root, 0o777) == 0)
            try await expectAway(driver, "an empty folder")
            #expect(try names(in: root) == [])
            try #require(rmdir(root) == 0 && rename(elsewhere, root) == 0)
            #expect(try await driver.content(at: object, limit: 100) == ByteBuffer(string: "kept"))
            try await driver.put(ByteBuffer(string: "new"), at: other)
        }
    }

    /// A call that puts a name into a folder which is not there yet.
    enum Write: CaseIterable {
        case put, putInOrder, prepare, putPassing, putIfAbsent, writer, commit, move

        /// The first step that goes by the path of what is written.
        var firstStep: FaultySystemCalls.Step { self == .commit || self == .move ? .renameFile : .createFile }
    }

    @Test(
        "a disk that goes while something is written does not have a store begun on its mount point",
        arguments: Write.allCases,
        [false, true]
    )
    func unmountedMeanwhile(write: Write, isLater: Bool) async throws {
        let step = isLater ? .makeFolder : write.firstStep
        try await withTemporaryFolder { folder in
            let (root, elsewhere) = ("\(folder)/store", "\(folder)/elsewhere")
            let calls = FaultySystemCalls(synchronizes: false)
            let driver = FilesystemDriver(root: root, threadPool: .singleton, calls: calls)
            try await driver.put(ByteBuffer(string: "kept"), at: object)
            let writer = try await driver.writer(at: StoragePath.root.appending("a/upload"), resuming: false)
            _ = try await driver.content(at: object, limit: 100)

            calls.beforeNext(step) {
                guard rename(root, elsewhere) == 0, mkdir(root, 0o777) == 0 else { preconditionFailure() }
            }
            let bytes = ByteBuffer(string: "lost")
            let failure = await #expect(throws: StorageError.self) {
                switch write {
                case .put: try await driver.put(bytes, at: other)
                case .putInOrder: try await driver.put(inOrder: [StoredContent(bytes, at: other)], discarding: nil)
                case .prepare: _ = try await driver.prepare([StoredContent(bytes, at: other)])
                case .putPassing: try await driver.putPassing(bytes, at: other, within: StoragePath.root.appending("b"))
                case .putIfAbsent: _ = try await driver.putIfAbsent(bytes, at: other)
                case .writer: _ = try await driver.writer(at: other, resuming: false)
                case .commit: try await writer.commit(to: other)
                case .move: try await driver.move(from: object, to: other)
                }
            }
            #expect([.unavailable, .notFound].contains(failure?.code), "\(String(describing: failure))")
            #expect(try names(in: root) == [])
            try await expectAway(driver, "an empty folder")

            try #require(rmdir(root) == 0 && rename(elsewhere, root) == 0)
            #expect(text(ofFile: "\(root)/a/object") == "kept")
            try await driver.put(ByteBuffer(string: "new"), at: other)
            #expect(text(ofFile: "\(root)/b/other") == "new")
        }
    }

    @Test("what is prepared in an empty store and not wanted does not take the store's folder with it")
    func cancelledInEmptyStore() async throws {
        try await withTemporaryFolder { folder in
            let root = "\(folder)/store"
            let driver = FilesystemDriver(root: root, threadPool: .singleton)
            try await driver.put(ByteBuffer(string: "gone"), at: .root.appending("first"))
            try await driver.delete(at: .root.appending("first"))
            let place = StoragePath.root.appending("second")
            await (try await driver.prepare([StoredContent(ByteBuffer(string: "unwanted"), at: place)])).cancel()
            #expect(try names(in: root) == [])
            try await driver.put(ByteBuffer(string: "kept"), at: place)
            #expect(try await driver.content(at: place, limit: 100) == ByteBuffer(string: "kept"))
        }
    }

    @Test("a driver that only ever read knows the store too")
    func onlyRead() async throws {
        try await withStore { writer, root, elsewhere in
            let driver = FilesystemDriver(root: root, threadPool: .singleton)
            _ = try await driver.content(at: object, limit: 100)
            try #require(rename(root, elsewhere) == 0 && mkdir(root, 0o777) == 0)
            try await expectAway(driver, "an empty folder")
            try #require(rmdir(root) == 0 && rename(elsewhere, root) == 0)
        }
    }

    @Test(
        "another folder with content in its place is taken for the store: a disk has another number after it was mounted"
    )
    func restored() async throws {
        try await withStore { driver, root, elsewhere in
            _ = try await driver.content(at: object, limit: 100)
            try #require(rename(root, elsewhere) == 0)
            let copy = FilesystemDriver(root: root, threadPool: .singleton)
            try await copy.put(ByteBuffer(string: "copied"), at: object)
            #expect(try await driver.content(at: object, limit: 100) == ByteBuffer(string: "copied"))
            try await driver.put(ByteBuffer(string: "new"), at: other)
        }
    }

    @Test("a store that is emptied in its own folder is empty, and goes on")
    func emptied() async throws {
        try await withStore { driver, root, _ in
            try await driver.deleteTree(at: .root)
            #expect(try await driver.exists(at: object) == false)
            try await driver.put(ByteBuffer(string: "new"), at: object)
            #expect(text(ofFile: "\(root)/a/object") == "new")
        }
    }

    @Test("an upload whose store goes away is not published, and goes on when it is back")
    func upload() async throws {
        try await withStore { driver, root, elsewhere in
            let upload = StoragePath.root.appending("a/upload")
            let writer = try await driver.writer(at: upload, resuming: false)
            try await writer.append(ByteBuffer(string: "half"))
            try #require(rename(root, elsewhere) == 0)
            await #expect(throws: StorageError(.unavailable, at: upload)) { try await writer.commit(to: other) }
            #expect(access(root, F_OK) != 0)
            try? await writer.close()
            try #require(rename(elsewhere, root) == 0)
            let second = try await driver.writer(at: upload, resuming: true)
            #expect(second.size == 4)
            try await second.commit(to: other)
            #expect(text(ofFile: "\(root)/b/other") == "half")
        }
    }
}
