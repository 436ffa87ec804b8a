import NIOCore
import NIOPosix
import RegistryCore
import RegistryTesting
import Testing

@testable import RegistryStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

private enum DirectWriting {
    /// Whether temporary files lie on a file system that large files are written to so.
    static var isPossible: Bool {
        let path = "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/registry-direct-\(getpid())"
        guard let descriptor = try? KernelCalls().createFile(path) else { return false }
        defer {
            close(descriptor)
            unlink(path)
        }
        return (try? FilesystemKind(of: descriptor))?.takesDirectWrites == true
            && KernelCalls().bypassCache(true, descriptor)
    }
}

@Suite("What is written past the kernel's memory", .enabled(if: DirectWriting.isPossible, "the file system can't"))
struct DirectWriteTests {
    private static let large = Int(DirectWrites.Kind.growing.smallest)

    private let upload = StoragePath.root.appending("upload")
    private let blob = StoragePath.root.appending("blob")

    private func withDriver(
        writesDirectly: Bool = true,
        largeFiles: NIOThreadPool? = nil,
        _ body: (FilesystemDriver, FaultySystemCalls) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let calls = FaultySystemCalls()
            let driver = FilesystemDriver(
                root: folder,
                threadPool: .singleton,
                largeFiles: largeFiles,
                writesDirectly: writesDirectly,
                calls: calls
            )
            try await body(driver, calls)
            #expect(calls.openFiles == 0)
        }
    }

    private func bytes(_ count: Int, _ random: inout SeededGenerator) -> ByteBuffer {
        var bytes = ByteBufferAllocator().buffer(capacity: count + 8)
        while bytes.readableBytes < count { bytes.writeInteger(random.next()) }
        return bytes.getSlice(at: 0, length: count) ?? ByteBuffer()
    }

    private func content(of path: StoragePath, _ driver: FilesystemDriver) async throws -> ByteBuffer {
        try await driver.content(at: path, limit: 16 << 20)
    }

    @Test(
        "appended in any lengths, over flushes and over writers that resume, the bytes are those that were appended",
        arguments: UInt64(0)..<24
    )
    func content(seed: UInt64) async throws {
        try await withDriver { driver, calls in
            var random = SeededGenerator(seed: seed)
            if seed.isMultiple(of: 3) { calls.limitWrites(to: Int.random(in: 1000...100_000, using: &random)) }
            var all = ByteBuffer()
            var writer = try await driver.writer(at: upload, resuming: false)
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                writer.expect(Int64(Self.large))
                let lengths = [0, 1, 4095, 4096, 4097, 65_536, Int.random(in: 1...(2 << 20), using: &random)]
                let parts = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                    bytes(lengths.randomElement(using: &random) ?? 0, &random)
                }
                try await writer.append(parts)
                for part in parts { all.writeImmutableBuffer(part) }
                #expect(writer.size == Int64(all.readableBytes))
                switch Int.random(in: 0..<5, using: &random) {
                case 0:
                    try await writer.flush()
                    let flushed = try await content(of: upload, driver)
                    #expect(flushed == all)
                case 1:
                    try await writer.close()
                    writer = try await driver.writer(at: upload, resuming: true)
                    #expect(writer.size == Int64(all.readableBytes))
                default: break
                }
            }
            try await writer.commit(to: blob)
            let published = try await content(of: blob, driver)
            #expect(published == all)
            #expect(calls.calls(of: .bypassCache) >= 2)
        }
    }

    @Test("only what is expected to be large, or has become it, is written so")
    func size() async throws {
        try await withDriver { driver, calls in
            let part = ByteBuffer(repeating: 1, count: Self.large / 4)
            var writer = try await driver.writer(at: upload, resuming: false)
            writer.expect(Int64(Self.large - 1))
            try await writer.append(part)
            try await writer.cancel()
            #expect(calls.calls(of: .bypassCache) == 0)
            writer = try await driver.writer(at: upload, resuming: false)
            try await writer.append((0..<4).map { _ in part })
            #expect(calls.calls(of: .bypassCache) == 0)
            try await writer.append(part)
            #expect(calls.calls(of: .bypassCache) == 1)
            try await writer.cancel()
        }
    }

    @Test("nothing is where the owner of the driver said so")
    func off() async throws {
        try await withDriver(writesDirectly: false) { driver, calls in
            let writer = try await driver.writer(at: upload, resuming: false)
            writer.expect(Int64(Self.large))
            try await writer.append(ByteBuffer(repeating: 1, count: 1 << 20))
            try await writer.commit(to: blob)
            #expect(calls.calls(of: .bypassCache) == 0)
        }
    }

    @Test(
        "a full disk leaves the bytes of the appends before, and the writer goes on where there is room again",
        arguments: [(5_000_003, 1_300_000), (10_000_003, 5_000_000), (10_000_003, (4 << 20) + 100 * 4096)]
    )
    func fullDisk(length: Int, room: Int) async throws {
        try await withDriver { driver, calls in
            var random = SeededGenerator(seed: 1)
            let (first, second) = (bytes(1_000_001, &random), bytes(length, &random))
            let writer = try await driver.writer(at: upload, resuming: false)
            writer.expect(Int64(Self.large))
            try await writer.append(first)
            calls.leaveRoom(for: room)
            let error = await #expect(throws: StorageError.self) { try await writer.append(second) }
            #expect(error?.code == .noSpace)
            #expect(writer.size == Int64(first.readableBytes))
            calls.heal()
            try await writer.append(second)
            try await writer.commit(to: blob)
            var all = first
            all.writeImmutableBuffer(second)
            let published = try await content(of: blob, driver)
            #expect(published == all)
        }
    }

    @Test("where the last bytes can't be written, the file goes back to what is durable")
    func fullAtTheEnd() async throws {
        try await withDriver { driver, calls in
            var random = SeededGenerator(seed: 2)
            let first = bytes(5000, &random)
            var writer = try await driver.writer(at: upload, resuming: false)
            try await writer.append(first)
            try await writer.close()
            writer = try await driver.writer(at: upload, resuming: true)
            writer.expect(Int64(Self.large))
            try await writer.append(bytes(5000, &random))
            calls.fail(.writeBytes, ENOSPC)
            let error = await #expect(throws: StorageError.self) { try await writer.commit(to: blob) }
            #expect(error?.code == .noSpace)
            calls.heal()
            try? await writer.close()
            let left = try await content(of: upload, driver)
            #expect(left == first)
        }
    }

    @Test("another writer that goes on with the file is noticed")
    func overtaken() async throws {
        try await withDriver { driver, _ in
            let first = try await driver.writer(at: upload, resuming: false)
            first.expect(Int64(Self.large))
            try await first.append(ByteBuffer(repeating: 1, count: 5000))
            let second = try await driver.writer(at: upload, resuming: true)
            try await second.append(ByteBuffer(repeating: 2, count: 5000))
            let error = await #expect(throws: StorageError.self) {
                try await first.append(ByteBuffer(repeating: 1, count: 5000))
            }
            #expect(error?.code == .closed)
            try? await first.close()
            try await second.close()
        }
    }

    @Test("a disk that is slow is written to by way of the kernel's memory, and is not tried by the next file")
    func slowDisk() async throws {
        try await withDriver { driver, calls in
            let whole = ByteBuffer(repeating: 1, count: DirectRun.bytesOfCall)
            calls.slowWrites(by: 10_000)
            let slow = try await driver.writer(at: upload, resuming: false)
            slow.expect(Int64(Self.large))
            for _ in 0..<12 { try await slow.append(whole) }
            #expect(calls.calls(of: .bypassCache) == 1)
            try await slow.append(whole)
            #expect(calls.calls(of: .bypassCache) == 2)
            try await slow.commit(to: blob)
            let size = try await driver.metadata(at: blob).size
            #expect(size == 13 * Int64(DirectRun.bytesOfCall))
            let next = try await driver.writer(at: upload, resuming: false)
            next.expect(Int64(Self.large))
            try await next.append(whole)
            #expect(calls.calls(of: .bypassCache) == 2)
            try await next.cancel()
        }
    }

    @Test("put as a whole, the bytes are those that were put, in whatever parts they lie", arguments: UInt64(0)..<24)
    func whole(seed: UInt64) async throws {
        try await withDriver { driver, calls in
            var random = SeededGenerator(seed: seed)
            if seed.isMultiple(of: 3) { calls.limitWrites(to: Int.random(in: 1000...100_000, using: &random)) }
            var parts = [bytes(Int(DirectWrites.Kind.whole.smallest), &random)]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let lengths = [0, 1, 4095, 4096, 4097, 65_536, Int.random(in: 1...(1 << 20), using: &random)]
                parts.append(bytes(lengths.randomElement(using: &random) ?? 0, &random))
            }
            parts.shuffle(using: &random)
            let object = StoredContent(parts, at: blob)
            try await driver.put(inOrder: [object, StoredContent(ByteBuffer(string: "link"), at: upload)])
            #expect(try await content(of: blob, driver) == object.content)
            #expect(try await content(of: upload, driver) == ByteBuffer(string: "link"))
            #expect(calls.calls(of: .bypassCache) >= 2)
        }
    }

    @Test(
        "put as a whole, what is less than half a mebibyte is not written so, nor where the owner said so",
        arguments: [true, false]
    )
    func smallWhole(writesDirectly: Bool) async throws {
        try await withDriver(writesDirectly: writesDirectly) { driver, calls in
            let count = Int(DirectWrites.Kind.whole.smallest) - (writesDirectly ? 1 : 0)
            let object = StoredContent(ByteBuffer(repeating: 1, count: count), at: blob)
            try await driver.put(inOrder: [object])
            #expect(calls.calls(of: .bypassCache) == 0)
            #expect(try await content(of: blob, driver) == object.content)
        }
    }

    @Test("of what a full disk can't take as a whole nothing is left", arguments: [0, 700_000, (1 << 20) + 1])
    func fullDiskWhole(room: Int) async throws {
        try await withDriver { driver, calls in
            var random = SeededGenerator(seed: 3)
            let object = StoredContent(bytes((1 << 20) + 5000, &random), at: blob)
            calls.leaveRoom(for: room)
            let error = await #expect(throws: StorageError.self) { try await driver.put(inOrder: [object]) }
            #expect(error?.code == .noSpace)
            #expect(try names(in: driver.root) == [])
            calls.heal()
            try await driver.put(inOrder: [object])
            #expect(try await content(of: blob, driver) == object.content)
        }
    }

    @Test("a disk that is slow is found out by what is put as a whole")
    func slowDiskWhole() async throws {
        try await withDriver { driver, calls in
            let object = StoredContent(ByteBuffer(repeating: 1, count: DirectRun.bytesOfWholeCall), at: blob)
            calls.slowWrites(by: 10_000)
            for _ in 0..<12 { try await driver.put(inOrder: [object]) }
            #expect(calls.calls(of: .bypassCache) == 24)
            try await driver.put(inOrder: [object])
            #expect(calls.calls(of: .bypassCache) == 24)
            #expect(try await content(of: blob, driver) == object.content)
        }
    }

    @Test("memory that is given back is not missed")
    func spareMemory() async throws {
        try await withDriver { driver, calls in
            let object = StoredContent(ByteBuffer(repeating: 2, count: DirectRun.bytesOfWholeCall), at: blob)
            for _ in 0..<3 {
                try await driver.put(inOrder: [object])
                let writer = try await driver.writer(at: upload, resuming: false)
                writer.expect(Int64(Self.large))
                driver.releaseSpareMemory()
                try await writer.append(ByteBuffer(repeating: 3, count: 5000))
                driver.releaseSpareMemory()
                try await writer.commit(to: blob)
                #expect(try await content(of: blob, driver) == ByteBuffer(repeating: 3, count: 5000))
            }
            #expect(calls.calls(of: .bypassCache) == 12)
        }
    }

    @Test("what is written so is appended by the threads that are there for it, and nothing else is")
    func threads() async throws {
        // It was not started, and refuses whatever it is given.
        try await withDriver(largeFiles: NIOThreadPool(numberOfThreads: 1)) { driver, calls in
            let bytes = ByteBuffer(repeating: 1, count: 5000)
            let small = try await driver.writer(at: blob, resuming: false)
            for _ in 0..<3 { try await small.append(bytes) }
            try await small.close()
            let large = try await driver.writer(at: upload, resuming: false)
            large.expect(Int64(Self.large))
            try await large.append(bytes)
            #expect(calls.calls(of: .bypassCache) == 1)
            let error = await #expect(throws: StorageError.self) { try await large.append(bytes) }
            #expect(error?.code == .unavailable)
            try await large.cancel()
        }
    }

    @Test("no more than four files are written so at a time")
    func limit() async throws {
        try await withDriver { driver, calls in
            var writers: [any StorageWriter] = []
            for number in 0..<6 {
                let writer = try await driver.writer(at: .root.appending("\(number)"), resuming: false)
                writer.expect(Int64(Self.large))
                try await writer.append(ByteBuffer(repeating: 1, count: 5000))
                writers.append(writer)
            }
            #expect(calls.calls(of: .bypassCache) == 4)
            for writer in writers { try await writer.cancel() }
            let writer = try await driver.writer(at: upload, resuming: false)
            writer.expect(Int64(Self.large))
            try await writer.append(ByteBuffer(repeating: 1, count: 5000))
            #expect(calls.calls(of: .bypassCache) == 5)
            try await writer.cancel()
        }
    }
}
