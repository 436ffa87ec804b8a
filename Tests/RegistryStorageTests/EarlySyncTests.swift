import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@Suite("What is flushed before a file's end")
struct EarlySyncTests {
    private func append(_ megabytes: Int, to path: StoragePath, of driver: FilesystemDriver) async throws {
        let writer = try await driver.writer(at: path, resuming: false)
        for _ in 0..<megabytes { try await writer.append(ByteBuffer(repeating: 7, count: 1 << 20)) }
        try await writer.commit(to: .root.appending("\(megabytes)"))
    }

    @Test("a large file is flushed while it grows, a small one is not, and both are synchronised at their ends")
    func large() async throws {
        try await withTemporaryFolder { folder in
            let calls = FaultySystemCalls(synchronizes: false)
            let driver = FilesystemDriver(root: folder, threadPool: .singleton, writesDirectly: false, calls: calls)
            try await append(15, to: .root.appending("small"), of: driver)
            #expect(calls.calls(of: .synchronizeEarly) == 0)
            #expect(calls.calls(of: .synchronizeFile) == 1)
            try await append(40, to: .root.appending("large"), of: driver)
            #expect((1...2).contains(calls.calls(of: .synchronizeEarly)))
            #expect(calls.calls(of: .synchronizeFile) == 2)
        }
    }

    @Test("where no file lies, and where a folder does, nothing happens")
    func absent() async throws {
        try await withTemporaryFolder { folder in
            KernelCalls().synchronizeEarly("\(folder)/absent")
            KernelCalls().synchronizeEarly(folder)
            let found = try names(in: folder)
            #expect(found.isEmpty)
        }
    }
}
