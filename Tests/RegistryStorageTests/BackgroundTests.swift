import NIOCore
import NIOPosix
import RegistryCore
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("work in the background")
struct BackgroundTests {
    /// A pool that is shut down when the body has ended.
    private func withPool<Value>(_ body: (NIOThreadPool) async throws -> Value) async throws -> Value {
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
        try await pool.shutdownGracefully()
        return try outcome.get()
    }

    @Test("the contract holds where calls run in the task that makes them", arguments: StorageConformance.checks)
    func contract(check: StorageConformance.Check) async throws {
        try await withTemporaryFolder { folder in
            try await withPool { pool in
                try await withTaskExecutorPreference(BackgroundTaskExecutor(pool)) {
                    try await check.run(on: FilesystemDriver(root: folder, threadPool: .singleton))
                }
            }
        }
    }

    @Test("a call changes no thread")
    func calls() async throws {
        try await withTemporaryFolder { folder in
            // A call that came to it would fail.
            let ended = NIOThreadPool(numberOfThreads: 1)
            ended.start()
            try await ended.shutdownGracefully()
            let driver = FilesystemDriver(root: folder, threadPool: ended)
            let path = StoragePath.root.appending("a")
            await #expect(throws: StorageError.self) { try await driver.put(ByteBuffer(string: "a"), at: path) }
            try await withPool { pool in
                try await withTaskExecutorPreference(BackgroundTaskExecutor(pool)) {
                    try await driver.put(ByteBuffer(string: "a"), at: path)
                    let content = try await driver.content(at: path, limit: 10)
                    let names = try await driver.list(.root, after: nil, limit: 10, holding: nil)
                    #expect(content == ByteBuffer(string: "a") && names.entries.count == 1)
                }
            }
        }
    }

    @Test("who gives way has a lower priority, and asks for the answers", arguments: [true, false])
    func givingWay(gives: Bool) async throws {
        let asked = Asked()
        try await withPool { pool in
            let count: @Sendable () -> Int = { asked.next() }
            let executor = BackgroundTaskExecutor(pool, givingWayTo: gives ? count : nil)
            let usual = niceness()
            await withTaskExecutorPreference(executor) {
                #expect(niceness() == usual + (gives ? 10 : 0))
                for _ in 0..<2 {
                    // Longer than a turn.
                    usleep(6_000)
                    BackgroundThread.current?.restIfDue()
                }
            }
            #expect(niceness() == usual)
        }
        #expect(asked.count == (gives ? 2 : 0))
    }

    @Test("a job that comes after the pool's end runs, on a thread that is not to wait")
    func late() async throws {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        try await pool.shutdownGracefully()
        let waits = await withTaskExecutorPreference(BackgroundTaskExecutor(pool)) { BackgroundThread.current != nil }
        #expect(!waits)
    }

    private func niceness() -> CInt { getpriority(.init(PRIO_PROCESS.rawValue), 0) }
}

/// Counts how often it was asked.
private final class Asked: Sendable {
    private let asked = Atomic(0)
    var count: Int { asked.load(ordering: .relaxed) }
    func next() -> Int { asked.wrappingAdd(1, ordering: .relaxed).newValue }
}
