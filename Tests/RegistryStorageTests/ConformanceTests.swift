import NIOPosix
import RegistryStorage
import RegistryTesting
import Testing

@Suite("every driver keeps the contract")
struct ConformanceTests {
    @Test("the driver of the file system", arguments: StorageConformance.checks)
    func filesystem(check: StorageConformance.Check) async throws {
        try await withTemporaryFolder { folder in
            try await check.run(on: FilesystemDriver(root: folder, threadPool: .singleton))
        }
    }

    @Test("the driver of the file system, with every folder's names kept", arguments: StorageConformance.checks)
    func filesystemWithSmallFoldersKept(check: StorageConformance.Check) async throws {
        try await withTemporaryFolder { folder in
            let limits = FilesystemDriver.ListingCacheLimits(names: 10_000, folders: 3, smallest: 0)
            let calls = FaultySystemCalls(synchronizes: false)
            try await check.run(
                on: FilesystemDriver(root: folder, threadPool: .singleton, listingCache: limits, calls: calls)
            )
        }
    }

    @Test("the driver of the file system, with a log", arguments: StorageConformance.checks)
    func filesystemWithLog(check: StorageConformance.Check) async throws {
        try await withTemporaryFolder { folder in
            let calls = FaultySystemCalls(synchronizes: false)
            let driver = FilesystemDriver(root: folder, threadPool: .singleton, logSegment: 1 << 20, calls: calls)
            try driver.openLog()
            try await check.run(on: driver)
            try await driver.endLog()
        }
    }

    @Test("the driver in memory", arguments: StorageConformance.checks)
    func memory(check: StorageConformance.Check) async throws {
        try await check.run(on: MemoryDriver())
    }
}
