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

@Suite("a disk that fails leaves no half of anything")
struct FaultTests {
    private let object: StoragePath
    private let upload: StoragePath

    init() throws {
        object = try #require(StoragePath("/a/object"))
        upload = try #require(StoragePath("/a/upload"))
    }

    private func withFaults(
        _ body: (FilesystemDriver, FaultySystemCalls, String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let calls = FaultySystemCalls()
            let driver = FilesystemDriver(root: folder, threadPool: .singleton, calls: calls)
            try await body(driver, calls, folder)
            #expect(calls.openFiles == 0)
        }
    }

    private func text(_ driver: FilesystemDriver, _ path: StoragePath) async throws -> String {
        String(decoding: try await driver.content(at: path, limit: 1 << 20).readableBytesView, as: UTF8.self)
    }

    @Test(
        "each failing step of a put leaves the old object and no other file",
        arguments: [
            (FaultySystemCalls.Step.createFile, EMFILE, StorageError.Code.unavailable),
            (.createFile, EROFS, .readOnly), (.createFile, EACCES, .readOnly), (.createFile, ENOSPC, .noSpace),
            (.writeBytes, ENOSPC, .noSpace), (.writeBytes, EDQUOT, .noSpace), (.writeBytes, EIO, .failed),
            (.synchronizeFile, EIO, .failed), (.synchronizeFile, ENOSPC, .noSpace), (.renameFile, EIO, .failed),
            (.renameFile, ENOSPC, .noSpace), (.renameFile, ESTALE, .unavailable),
        ]
    )
    func put(step: FaultySystemCalls.Step, number: CInt, code: StorageError.Code) async throws {
        try await withFaults { driver, calls, folder in
            try await driver.put(ByteBuffer(string: "old"), at: object)
            calls.fail(step, number)
            let error = await #expect(throws: StorageError.self) {
                try await driver.put(ByteBuffer(string: "new"), at: object)
            }
            #expect(error?.code == code)
            #expect(error?.path == object)
            #expect(error?.message.isEmpty == false)
            calls.heal()
            #expect(try await text(driver, object) == "old")
            #expect(try names(in: "\(folder)/a") == ["object"])
            try await driver.put(ByteBuffer(string: "new"), at: object)
            #expect(try await text(driver, object) == "new")
        }
    }

    @Test("a failing step of a putIfAbsent leaves nothing", arguments: [FaultySystemCalls.Step.linkFile, .writeBytes])
    func putIfAbsent(step: FaultySystemCalls.Step) async throws {
        try await withFaults { driver, calls, folder in
            calls.fail(step, ENOSPC)
            await #expect(throws: StorageError(.noSpace, at: object)) {
                try await driver.putIfAbsent(ByteBuffer(string: "new"), at: object)
            }
            let left = try names(in: "\(folder)/a")
            #expect(left == [])
        }
    }

    @Test("a folder that can't be made durable fails the write that made it, and the next one makes it so")
    func folderNotDurable() async throws {
        try await withFaults { driver, calls, _ in
            let path = try #require(StoragePath("/x/y/z/object"))
            calls.fail(.synchronizeFolder, EIO, skipping: 1)
            await #expect(throws: StorageError(.failed, at: path)) {
                try await driver.put(ByteBuffer(string: "1"), at: path)
            }
            calls.heal()
            let before = calls.calls(of: .synchronizeFolder)
            try await driver.put(ByteBuffer(string: "2"), at: path)
            // The folder itself, and those above it whose names were left unsettled: y, x and the root.
            #expect(calls.calls(of: .synchronizeFolder) - before == 4)
            try await driver.put(ByteBuffer(string: "3"), at: path)
            #expect(calls.calls(of: .synchronizeFolder) - before == 5)
        }
    }

    @Test("writes that fall short are continued")
    func shortWrites() async throws {
        try await withFaults { driver, calls, _ in
            calls.limitWrites(to: 3)
            try await driver.put(ByteBuffer(string: "a small object"), at: object)
            #expect(try await text(driver, object) == "a small object")
            let writer = try await driver.writer(at: upload, resuming: false)
            try await writer.append(ByteBuffer(string: "a part and "))
            try await writer.append(ByteBuffer(string: "another part"))
            #expect(writer.size == 23)
            try await writer.commit(to: object)
            #expect(try await text(driver, object) == "a part and another part")
        }
    }

    @Test("an append that finds the disk full keeps the whole appends before it, and the upload can go on")
    func fullDisk() async throws {
        try await withFaults { driver, calls, folder in
            let writer = try await driver.writer(at: upload, resuming: false)
            try await writer.append(ByteBuffer(string: "12345"))
            calls.limitWrites(to: 2)
            calls.leaveRoom(for: 3)
            await #expect(throws: StorageError(.noSpace, at: upload)) {
                try await writer.append(ByteBuffer(string: "6789"))
            }
            #expect(writer.size == 5)
            #expect(RegistryStorageTests.text(ofFile: "\(folder)/a/upload") == "12345")
            calls.heal()
            try await writer.append(ByteBuffer(string: "67"))
            try await writer.close()
            let second = try await driver.writer(at: upload, resuming: true)
            #expect(second.size == 7)
            try await second.commit(to: object)
            #expect(try await text(driver, object) == "1234567")
        }
    }

    @Test("when what did fit can't be taken back, size tells the truth and the writer goes no further")
    func fullDiskWithoutUndo() async throws {
        try await withFaults { driver, calls, _ in
            let writer = try await driver.writer(at: upload, resuming: false)
            try await writer.append(ByteBuffer(string: "12345"))
            calls.leaveRoom(for: 3)
            calls.fail(.truncateFile, EIO)
            calls.limitWrites(to: 2)
            await #expect(throws: StorageError(.noSpace, at: upload)) {
                try await writer.append(ByteBuffer(string: "6789"))
            }
            #expect(writer.size == 8)
            await #expect(throws: StorageError(.failed, at: upload)) {
                try await writer.append(ByteBuffer(string: "x"))
            }
            await #expect(throws: StorageError.self) { try await writer.commit(to: object) }
            calls.heal()
            await #expect(throws: StorageError.self) { try await writer.close() }
            let metadata = try await driver.metadata(at: upload)
            #expect(metadata.size == 8)
        }
    }

    @Test(
        "bytes that could not be made durable once are never reported durable",
        arguments: ["flush", "commit", "close"]
    )
    func failedFsync(end: String) async throws {
        try await withFaults { driver, calls, _ in
            let writer = try await driver.writer(at: upload, resuming: false)
            try await writer.append(ByteBuffer(string: "durable"))
            try await writer.flush()
            try await writer.append(ByteBuffer(string: " lost"))
            calls.fail(.synchronizeFile, EIO, times: 1)
            await #expect(throws: StorageError(.failed, at: upload)) {
                switch end {
                case "flush": try await writer.flush()
                case "commit": try await writer.commit(to: object)
                default: try await writer.close()
                }
            }
            // The kernel would say yes now.
            if end != "close" {
                await #expect(throws: StorageError(.failed, at: upload)) { try await writer.flush() }
                await #expect(throws: StorageError(.failed, at: upload)) { try await writer.commit(to: object) }
                await #expect(throws: StorageError(.failed, at: upload)) { try await writer.close() }
            }
            #expect(try await driver.exists(at: object) == false)
            let second = try await driver.writer(at: upload, resuming: true)
            #expect(second.size == 7)
            try await second.cancel()
        }
    }

    @Test("a commit that fails leaves the object where it grew, and can be tried again")
    func commitFails() async throws {
        try await withFaults { driver, calls, folder in
            let writer = try await driver.writer(at: upload, resuming: false)
            try await writer.append(ByteBuffer(string: "bytes"))
            for step in [FaultySystemCalls.Step.renameFile, .makeFolder] {
                calls.fail(step, ENOSPC)
                let path = try #require(StoragePath("/new/\(step.rawValue)/object"))
                await #expect(throws: StorageError(.noSpace, at: upload)) { try await writer.commit(to: path) }
                calls.heal()
                #expect(RegistryStorageTests.text(ofFile: "\(folder)/a/upload") == "bytes")
            }
            try await writer.commit(to: object)
            #expect(try await text(driver, object) == "bytes")
        }
    }

    @Test("a writer that is let go closes its file")
    func letGo() async throws {
        try await withFaults { driver, _, _ in
            _ = try await driver.writer(at: upload, resuming: false)
        }
    }

    @Test("a tree that can't be removed says why, and the call can be repeated")
    func deleteTree() async throws {
        try await withFaults { driver, calls, _ in
            let folder = StoragePath.root.appending("a")
            try await driver.put(ByteBuffer(), at: object)
            try await driver.put(ByteBuffer(), at: upload)
            calls.fail(.removeFolder, EACCES, times: 1)
            await #expect(throws: StorageError(.readOnly, at: folder)) { try await driver.deleteTree(at: folder) }
            try await driver.deleteTree(at: folder)
            #expect(try await driver.exists(at: folder) == false)
        }
    }

    @Test("a pool that was shut down makes calls throw, not hang")
    func poolShutDown() async throws {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let driver = FilesystemDriver(root: "/nonexistent-root", threadPool: pool)
        #expect(try await driver.exists(at: object) == false)
        try await pool.shutdownGracefully()
        await #expect(throws: StorageError(.unavailable, at: object)) { try await driver.metadata(at: object) }
    }
}
