import NIOCore
import NIOPosix
import RegistryCore
import RegistryTesting
import Testing

@testable import RegistryStorage

@Suite(
    "What the kernel has in memory is answered where it is asked for",
    .enabled(if: CachedAccess(place: FilesystemRoot("/")).status(of: .root) != nil)
)
struct CachedAccessTests {
    /// Runs `prepare` with threads and `body` with none.
    private func withoutThreads(
        _ prepare: (FilesystemDriver) async throws -> Void,
        then body: (FilesystemDriver) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let pool = NIOThreadPool(numberOfThreads: 1)
            pool.start()
            let driver = FilesystemDriver(root: "\(folder)/store", threadPool: pool)
            do { try await prepare(driver) } catch {
                try await pool.shutdownGracefully()
                throw error
            }
            try await pool.shutdownGracefully()
            try await body(driver)
        }
    }

    private let object = StoragePath.root.appending("a/object")
    private let absent = StoragePath.root.appending("a/absent")

    @Test("an object that was written: its content, what it is, and the object to read from")
    func present() async throws {
        try await withoutThreads { driver in
            try await driver.put(ByteBuffer(string: "content"), at: object)
            _ = try await driver.content(at: object, limit: 100)
        } then: { (driver) async throws in
            #expect(try await driver.content(at: object, limit: 100) == ByteBuffer(string: "content"))
            #expect(try await driver.metadata(at: object).size == 7)
            #expect(try await driver.open(at: object).size == 7)
            // To open it for writing may have to wait for the disk, and there is no thread for that.
            await #expect(throws: StorageError(.unavailable, at: object)) {
                try await driver.writer(at: object, resuming: true)
            }
        }
    }

    @Test("that an upload has no bytes yet, once that was looked for")
    func absentUpload() async throws {
        try await withoutThreads { driver in
            try await driver.put(ByteBuffer(string: "content"), at: object)
            await #expect(throws: StorageError(.notFound, at: absent)) {
                try await driver.writer(at: absent, resuming: true)
            }
        } then: { (driver) async throws in
            await #expect(throws: StorageError(.notFound, at: absent)) {
                try await driver.writer(at: absent, resuming: true)
            }
            // One that is new has to be made, and who finds nothing else has to look at the store first.
            let unavailable = StorageError(.unavailable, at: absent)
            await #expect(throws: unavailable) { try await driver.writer(at: absent, resuming: false) }
            await #expect(throws: unavailable) { try await driver.content(at: absent, limit: 100) }
        }
    }
}
