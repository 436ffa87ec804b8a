import NIOConcurrencyHelpers
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

@Suite("the write-ahead log")
struct WriteAheadLogTests {
    private let first: StoragePath
    private let second: StoragePath
    private let run = SystemRun("this one")

    init() throws {
        first = try #require(StoragePath("/blobs/aa/first/data"))
        second = try #require(StoragePath("/links/first/link"))
    }

    private func driver(
        _ root: String,
        _ calls: any SystemCalls,
        run: SystemRun? = nil,
        logRecord: Int = 128 << 10
    ) -> FilesystemDriver {
        FilesystemDriver(
            root: root,
            threadPool: .singleton,
            logSegment: 16 << 10,
            logRecord: logRecord,
            run: run ?? self.run,
            calls: calls
        )
    }

    private func objects(_ text: String) -> [StoredContent] {
        [first, second].map { StoredContent(ByteBuffer(string: text), at: $0) }
    }

    private func text(_ driver: FilesystemDriver, _ path: StoragePath) async throws -> String? {
        do {
            return String(decoding: try await driver.content(at: path, limit: 1 << 20).readableBytesView, as: UTF8.self)
        } catch  where error.code == .notFound {
            return nil
        }
    }

    /// What both objects have.
    private func texts(_ driver: FilesystemDriver) async throws -> [String?] {
        [try await text(driver, first), try await text(driver, second)]
    }

    /// Runs a body with a driver whose log is open.
    private func logging(
        record: Int = 128 << 10,
        _ body: (FilesystemDriver, FaultySystemCalls, String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { root in
            let calls = FaultySystemCalls(synchronizes: false)
            let driver = driver(root, calls, logRecord: record)
            try driver.openLog()
            try await body(driver, calls, root)
            calls.heal()
            try await driver.endLog()
            #expect(try !names(in: root).contains(LogFile.name))
            #expect(calls.openFiles == 0)
        }
    }

    /// What a machine is left with that stopped: the log, and nothing of what was not settled.
    private func losing(_ paths: [StoragePath], from root: String) throws {
        for path in paths where unlink(root + path.description) != 0 { try #require(errno == ENOENT) }
    }

    @Test("objects last by one flush, and by their own files when they are settled")
    func flushes() async throws {
        try await logging { driver, calls, _ in
            let before = (calls.calls(of: .synchronizeBytes), calls.calls(of: .synchronizeFile))
            try await driver.put(inOrder: objects("content"))
            #expect(calls.calls(of: .synchronizeBytes) == before.0 + 1)
            #expect(calls.calls(of: .synchronizeFile) == before.1)
            #expect(driver.logHoldsObjects)
            #expect(try await texts(driver) == ["content", "content"])
            try await driver.settleLog()
            #expect(calls.calls(of: .synchronizeFile) == before.1 + 2)
            #expect(!driver.logHoldsObjects)
        }
    }

    @Test("what the machine has lost is put again in its next run, as it was last")
    func recovery() async throws {
        try await logging { driver, _, root in
            try await driver.put(inOrder: objects("old"))
            try await driver.put(inOrder: objects("new"))
            try losing([first, second], from: root)
            // The process that had the log is gone.
            driver.abandonLog()
            let next = self.driver(root, KernelCalls(), run: SystemRun("the next"))
            try await next.recoverWrites()
            #expect(try await texts(next) == ["new", "new"])
            #expect(try !names(in: root).contains(LogFile.name))
        }
    }

    /// Puts both objects, of which the log has the second one's bytes and that the first one's file was moved.
    ///
    /// - Returns: that file's path before it was moved.
    private func putMoved(
        _ driver: FilesystemDriver,
        _ calls: FaultySystemCalls,
        in root: String
    ) async throws -> String {
        let folder = "\(root)/blobs/aa/first"
        let found = Mutex<[String]>([])
        calls.beforeNext(.renameFile) { found.withLock { $0 = (try? names(in: folder)) ?? [] } }
        try await driver.put(inOrder: objects("content"))
        let name = try #require(found.withLock { $0.first { $0 != "data" } })
        return "\(folder)/\(name)"
    }

    @Test("a large object lasts by its file's bytes, and its name by the flush that it shares")
    func movedFileFlushes() async throws {
        try await logging(record: 7) { driver, calls, _ in
            // The folders above are there.
            try await driver.put(ByteBuffer(), at: .root.appending("blobs/aa/other/data"))
            try await driver.put(ByteBuffer(), at: .root.appending("links/other/link"))
            try await driver.settleLog()
            let steps: [FaultySystemCalls.Step] = [.synchronizeFile, .synchronizeFolder, .synchronizeBytes]
            let before = steps.map(calls.calls)
            try await driver.put(inOrder: objects("content"))
            #expect(zip(before, steps.map(calls.calls)).map { $1 - $0 } == [1, 0, 1])
            #expect(try await texts(driver) == ["content", "content"])
        }
    }

    @Test(
        "a large object whose move the machine has lost is moved again, over what was there before",
        arguments: [nil, "old"]
    )
    func movedFileRecovery(old: String?) async throws {
        try await logging(record: 7) { driver, calls, root in
            let file = try await putMoved(driver, calls, in: root)
            try #require(rename(root + first.description, file) == 0)
            if let old { try await self.driver(root, KernelCalls()).put(ByteBuffer(string: old), at: first) }
            driver.abandonLog()
            let next = self.driver(root, KernelCalls(), run: SystemRun("the next"), logRecord: 7)
            try await next.recoverWrites()
            #expect(try await texts(next) == ["content", "content"])
            #expect(try names(in: "\(root)/blobs/aa/first") == ["data"])
        }
    }

    @Test(
        "a large object whose move lasted stays where it is, and one that is gone is no error",
        arguments: [true, false]
    )
    func movedFileInItsPlace(isThere: Bool) async throws {
        try await logging(record: 7) { driver, calls, root in
            _ = try await putMoved(driver, calls, in: root)
            if !isThere { try losing([first], from: root) }
            driver.abandonLog()
            let next = self.driver(root, KernelCalls(), run: SystemRun("the next"), logRecord: 7)
            try await next.recoverWrites()
            #expect(try await texts(next) == [isThere ? "content" : nil, "content"])
        }
    }

    @Test("a large object whose folder goes before it is moved is written anew, and lasts by itself")
    func movedFileWithoutFolder() async throws {
        try await logging(record: 7) { driver, calls, root in
            let folder = "\(root)/blobs/aa/first"
            let before = calls.synchronizations(ofFoldersEndingIn: "/first")
            calls.beforeNext(.renameFile) {
                for name in (try? names(in: folder)) ?? [] { unlink("\(folder)/\(name)") }
                rmdir(folder)
            }
            try await driver.put(inOrder: objects("content"))
            #expect(calls.synchronizations(ofFoldersEndingIn: "/first") > before)
            #expect(try await texts(driver) == ["content", "content"])
        }
    }

    @Test("in the same run of the system nothing is put again: others may have removed it since")
    func sameRun() async throws {
        try await logging { driver, _, root in
            try await driver.put(inOrder: objects("content"))
            try losing([first], from: root)
            driver.abandonLog()
            let next = self.driver(root, KernelCalls())
            try await next.recoverWrites()
            #expect(try await texts(next) == [nil, "content"])
        }
    }

    @Test("what another program has put since the crash is left alone")
    func newerFile() async throws {
        try await logging { driver, _, root in
            try await driver.put(inOrder: objects("content"))
            driver.abandonLog()
            try await self.driver(root, KernelCalls()).put(ByteBuffer(string: "newer"), at: first)
            // Two minutes later, by its time.
            let later = time(nil) + 120
            var times = [timespec(tv_sec: later, tv_nsec: 0), timespec(tv_sec: later, tv_nsec: 0)]
            try #require(utimensat(AT_FDCWD, root + first.description, &times, 0) == 0)
            try losing([second], from: root)
            let next = self.driver(root, KernelCalls(), run: SystemRun("the next"))
            try await next.recoverWrites()
            #expect(try await texts(next) == ["newer", "content"])
        }
    }

    @Test("what a crash has left in the way is set aside")
    func obstacles() async throws {
        try await logging { driver, _, root in
            try await driver.put(inOrder: objects("content"))
            driver.abandonLog()
            // A folder in place of the first one, and a file in place of the second one's folder.
            try losing([first, second], from: root)
            try #require(mkdir(root + first.description, 0o777) == 0)
            let folder = try root + #require(second.parent).description
            try #require(rmdir(folder) == 0)
            let file = open(folder, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
            try #require(file >= 0)
            close(file)
            let next = self.driver(root, KernelCalls(), run: SystemRun("the next"))
            try await next.recoverWrites()
            #expect(try await texts(next) == ["content", "content"])
        }
    }

    @Test("what was deleted, moved or overwritten otherwise is in the log no more")
    func removals() async throws {
        let place = try #require(StoragePath("/elsewhere"))
        let large = ByteBuffer(repeating: 1, count: 20 << 10)
        let changes: [@Sendable (FilesystemDriver) async throws -> Void] = [
            { try await $0.delete(at: first) },
            { try await $0.deleteTree(at: .root.appending("blobs")) },
            { try await $0.move(from: first, to: place) },
            // It has no room in this log.
            { try await $0.put(large, at: first) },
        ]
        for change in changes {
            try await logging { driver, _, root in
                try await driver.put(inOrder: objects("content"))
                try await change(driver)
                #expect(!driver.logHoldsObjects)
                let expected = try await text(driver, first)
                driver.abandonLog()
                let next = self.driver(root, KernelCalls(), run: SystemRun("the next"))
                try await next.recoverWrites()
                #expect(try await text(next, first) == expected)
            }
        }
    }

    @Test("a process without the log waits before it tells of a removal until the other one has settled it")
    func otherProcess() async throws {
        try await logging { driver, calls, root in
            let other = self.driver(root, calls)
            try other.openLog()
            try await driver.put(inOrder: objects("content"))
            async let removed: Void = other.delete(at: first)
            // The other one's files last by themselves.
            try await other.put(ByteBuffer(string: "more"), at: .root.appending("more"))
            #expect(!other.logHoldsObjects && driver.logHoldsObjects)
            try await Task.sleep(for: .milliseconds(30))
            try await driver.settleLog()
            try await removed
            #expect(try await text(driver, first) == nil)
        }
    }

    @Test(
        "what can't be written, or not be put in its place, is taken back from the log",
        arguments: [.createFile, .makeFolder, .renameFile] as [FaultySystemCalls.Step]
    )
    func revocation(step: FaultySystemCalls.Step) async throws {
        try await logging { driver, calls, root in
            calls.fail(step, EIO)
            await #expect(throws: StorageError.self) { try await driver.put(inOrder: objects("content")) }
            calls.heal()
            driver.abandonLog()
            let next = self.driver(root, KernelCalls(), run: SystemRun("the next"))
            try await next.recoverWrites()
            #expect(try await texts(next) == [nil, nil])
        }
    }

    @Test("files are written while the log is flushed")
    func filesBesideFlush() async throws {
        try await withTemporaryFolder { root in
            let calls = FaultySystemCalls(synchronizes: false)
            let flushing = NIOThreadPool(numberOfThreads: 1)
            flushing.start()
            let driver = FilesystemDriver(
                root: root,
                threadPool: .singleton,
                logFlushes: flushing,
                run: run,
                calls: calls
            )
            try driver.openLog()
            let flushes = calls.calls(of: .synchronizeBytes)
            let isBeside = NIOLockedValueBox(false)
            calls.beforeNext(.createFile) {
                for _ in 0..<10_000 where calls.calls(of: .synchronizeBytes) == flushes { usleep(1_000) }
                isBeside.withLockedValue { $0 = calls.calls(of: .synchronizeBytes) > flushes }
            }
            try await driver.put(inOrder: objects("content"))
            #expect(isBeside.withLockedValue { $0 })
            try await driver.endLog()
            try await flushing.shutdownGracefully()
        }
    }

    @Test("files that took too long last by themselves: after a crash they would be taken for another program's")
    func lateFiles() async throws {
        try await withTemporaryFolder { root in
            let driver = driver(root, KernelCalls())
            try await driver.put(ByteBuffer(), at: first)
            let log = WriteAheadLog(
                place: driver.place,
                limits: WriteAheadLog.Limits(segment: 16 << 10, delay: -1),
                changes: driver.changes,
                threads: .singleton,
                flushing: .singleton,
                run: run
            )
            try log.open()
            let begun = try #require(log.begin([LogRecord.Object(path: first, content: .bytes([]))]))
            #expect(try !log.name(begun) { Issue.record("it was named") })
            // Nobody is waited for.
            try log.end()
        }
    }

    @Test("a tree that is discarded beside nothing leaves nothing in the log to wait for", .timeLimit(.minutes(1)))
    func nothingToPut() async throws {
        try await logging { driver, calls, root in
            try await driver.put(inOrder: objects("content"))
            try await driver.put(inOrder: [], discarding: first.parent)
            try await driver.settleLog()
            #expect(try await texts(driver) == [nil, "content"])
        }
    }

    @Test("a log that can't be written to is done without, and what it had is settled", arguments: [true, false])
    func brokenLog(isFlush: Bool) async throws {
        try await logging { driver, calls, root in
            try await driver.put(inOrder: objects("before"))
            if isFlush {
                calls.fail(.synchronizeBytes, EIO)
            } else {
                unlink("\(root)/\(LogFile.name)")
            }
            let before = calls.calls(of: .synchronizeFile)
            try await driver.put(inOrder: objects("after"))
            // Two of what was in the log, and two that went without it.
            #expect(calls.calls(of: .synchronizeFile) >= before + 4)
            #expect(try await text(driver, first) == "after")
            #expect(!driver.logHoldsObjects)
            #expect(try !names(in: root).contains(LogFile.name))
        }
    }

    private func putWithFailedSettlement(
        _ text: String,
        _ driver: FilesystemDriver,
        _ calls: FaultySystemCalls
    ) async throws {
        try await driver.put(inOrder: objects(text))
        calls.fail(.synchronizeFile, EIO, times: 1)
        await #expect(throws: StorageError.self) { try await driver.settleLog() }
    }

    @Test("bytes that could not be made durable in their place are written there again")
    func failedSettlement() async throws {
        try await logging { driver, calls, _ in
            try await putWithFailedSettlement("content", driver, calls)
            #expect(driver.logHoldsObjects)
            let created = calls.calls(of: .createFile)
            try await driver.settleLog()
            #expect(calls.calls(of: .createFile) == created + 2)
            #expect(!driver.logHoldsObjects)
            #expect(try await text(driver, first) == "content")
        }
    }

    @Test("what was removed, or put again, after a failed settlement is not undone by the next one")
    func failedSettlementBesideChanges() async throws {
        try await logging { driver, calls, _ in
            try await putWithFailedSettlement("old", driver, calls)
            try await driver.put(ByteBuffer(string: "new"), at: second)
            try await driver.delete(at: first)
            #expect(!driver.logHoldsObjects)
            #expect(try await texts(driver) == [nil, "new"])
        }
    }

    @Test("it is not made where the store was")
    func storeAway() async throws {
        try await withTemporaryFolder { root in
            let store = "\(root)/store"
            try #require(mkdir(store, 0o777) == 0)
            let driver = driver(store, KernelCalls())
            for path in [first, second] { try await driver.put(ByteBuffer(string: "content"), at: path) }
            try #require(rename(store, "\(root)/away") == 0 && mkdir(store, 0o777) == 0)
            #expect(throws: SystemFailure.self) { try driver.openLog() }
            #expect(try names(in: store).isEmpty)
        }
    }

    @Test("a full log is settled, and what finds no room meanwhile goes without it")
    func fullLog() async throws {
        try await logging { driver, _, _ in
            for number in 0..<40 {
                try await driver.put(ByteBuffer(string: "\(number)"), at: .root.appending("\(number % 7)/object"))
            }
            for number in 33..<40 {
                #expect(try await text(driver, .root.appending("\(number % 7)/object")) == "\(number)")
            }
        }
    }

    @Test("many at once share flushes, and come back all")
    func manyAtOnce() async throws {
        try await withTemporaryFolder { root in
            let calls = FaultySystemCalls()
            let threads = NIOThreadPool(numberOfThreads: 16)
            threads.start()
            let driver = FilesystemDriver(root: root, threadPool: threads, run: run, calls: calls)
            try driver.openLog()
            let before = calls.calls(of: .synchronizeBytes)
            // While the first one flushes the others come.
            calls.beforeNext(.synchronizeBytes) { usleep(100_000) }
            let paths = (0..<64).map { StoragePath.root.appending("\($0 % 5)/\($0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for path in paths {
                    group.addTask { try await driver.put(ByteBuffer(string: path.description), at: path) }
                }
                try await group.waitForAll()
            }
            #expect(calls.calls(of: .synchronizeBytes) <= before + 60)
            try losing(paths, from: root)
            driver.abandonLog()
            let next = FilesystemDriver(root: root, threadPool: .singleton, run: SystemRun("the next"), calls: calls)
            try await next.recoverWrites()
            for path in paths { #expect(try await text(next, path) == path.description) }
            try await threads.shutdownGracefully()
        }
    }

    @Test(
        "pushes to one path, and what settles them, come back where one thread does all",
        .timeLimit(.minutes(1)),
        arguments: [false, true]
    )
    func oneThread(ownFlushes: Bool) async throws {
        try await withTemporaryFolder { root in
            try await withPools { pool, other in
                let driver = FilesystemDriver(
                    root: root,
                    threadPool: pool,
                    logFlushes: ownFlushes ? other : nil,
                    logSegment: 16 << 10,
                    run: run,
                    calls: KernelCalls()
                )
                try driver.openLog()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<100 {
                        group.addTask { try await driver.put(inOrder: objects("\(number)")) }
                        if number.isMultiple(of: 10) { group.addTask { try await driver.settleLog() } }
                    }
                    try await group.waitForAll()
                }
                let texts = try await texts(driver)
                #expect(texts[0] != nil && texts[0] == texts[1])
                driver.abandonLog()
                let next = self.driver(root, KernelCalls(), run: SystemRun("next"))
                try losing([first, second], from: root)
                try await next.recoverWrites()
                let recovered = try await self.texts(next)
                #expect(recovered == texts || recovered == [nil, nil])
            }
        }
    }

    private func withPools(_ body: (NIOThreadPool, NIOThreadPool) async throws -> Void) async throws {
        let pools = (NIOThreadPool(numberOfThreads: 1), NIOThreadPool(numberOfThreads: 1))
        pools.0.start()
        pools.1.start()
        try await body(pools.0, pools.1)
        try await pools.0.shutdownGracefully()
        try await pools.1.shutdownGracefully()
    }

    @Test("it is opened when something is written, settles by itself, and is gone when its task is cancelled")
    func service() async throws {
        try await withTemporaryFolder { root in
            let driver = driver(root, KernelCalls())
            try await driver.put(inOrder: objects("old"))
            let service = Task { await driver.logWrites { Issue.record($0) } }
            for _ in 0..<1_000 {
                try await driver.put(inOrder: objects("new"))
                if try names(in: root).contains(LogFile.name), driver.logHoldsObjects { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(driver.logHoldsObjects)
            for _ in 0..<1_000 where driver.logHoldsObjects { try await Task.sleep(for: .milliseconds(10)) }
            #expect(!driver.logHoldsObjects)
            service.cancel()
            await service.value
            #expect(try names(in: root) == ["blobs", "links"])
        }
    }
}

@Suite("a record of the write-ahead log")
struct LogRecordTests {
    private func objects(_ random: inout SeededGenerator) throws -> [LogRecord.Object] {
        try (0..<Int.random(in: 1...4, using: &random)).map { number in
            let path = try #require(StoragePath("/a/\(number)/\(UInt64.random(in: 0 ... .max, using: &random))"))
            if number == 2 {
                return LogRecord.Object(path: path, content: .file(named: TemporaryName.make(for: "data")))
            }
            let parts = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                ByteBuffer(
                    bytes: (0..<Int.random(in: 0...3_000, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                )
            }
            return LogRecord.Object(path: path, content: .bytes(parts))
        }
    }

    private func bytes(_ objects: [LogRecord.Object], generation: UInt64) -> ByteBuffer {
        var bytes = LogRecord.head(of: objects, generation: generation, number: 3, time: 4)
        for part in objects.flatMap(\.content.parts) { bytes.writeImmutableBuffer(part) }
        return bytes
    }

    private func isFile(_ object: LogRecord.Object) -> Bool {
        if case .file = object.content { true } else { false }
    }

    private func content(_ object: LogRecord.Object) -> ByteBuffer {
        StoredContent(object.content.parts, at: object.path).content
    }

    @Test("comes back as it was written, and not at all when a byte of it has changed or is missing")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<100 {
            let objects = try objects(&random)
            let whole = bytes(objects, generation: 7)
            #expect(whole.readableBytes <= LogRecord.length(of: objects))
            var reading = whole
            let record = try #require(LogRecord(readingFrom: &reading, generation: 7))
            #expect(reading.readableBytes == 0 && record.number == 3 && record.time == 4)
            #expect(record.objects.map(\.path) == objects.map(\.path))
            #expect(record.objects.map(isFile) == objects.map(isFile))
            #expect(record.objects.map(content) == objects.map(content))
            var other = whole
            #expect(LogRecord(readingFrom: &other, generation: 8) == nil && other == whole)
            var cut = whole.getSlice(at: 0, length: Int.random(in: 0..<whole.readableBytes, using: &random)) ?? whole
            #expect(LogRecord(readingFrom: &cut, generation: 7) == nil)
            var changed = whole
            let place = Int.random(in: 0..<whole.readableBytes, using: &random)
            let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            changed.setInteger((whole.getInteger(at: place, as: UInt8.self) ?? 0) ^ bit, at: place)
            #expect(LogRecord(readingFrom: &changed, generation: 7) == nil)
        }
    }

    @Test(
        "a file that is moved has a name that only files have that are being written",
        arguments: ["", ".", "..", "data", "../\(TemporaryName.make(for: "data"))", String(repeating: "x", count: 60)]
    )
    func movedFileName(name: String) throws {
        let path = try #require(StoragePath("/a/data"))
        var reading = bytes([LogRecord.Object(path: path, content: .file(named: name))], generation: 7)
        #expect(LogRecord(readingFrom: &reading, generation: 7) == nil)
    }

    @Test("arbitrary bytes behind a right head are no record, and no trap")
    func arbitraryBytes() {
        var random = SeededGenerator(seed: 12)
        for length in [UInt64.max, 1 << 62, 5_000, 40, 0] {
            var bytes = LogRecord.head(of: [], generation: 7, number: 1, time: 1)
            bytes.setInteger(length, at: 32, endianness: .little)
            bytes.setInteger(UInt64.random(in: 0 ... .max, using: &random), at: 40, endianness: .little)
            bytes.writeBytes((0..<4_000).map { _ in UInt8.random(in: 0...255, using: &random) })
            #expect(LogRecord(readingFrom: &bytes, generation: 7) == nil)
        }
    }

    @Test("a segment's head comes back, and not when a byte of it has changed")
    func segmentHead() {
        let head = LogSegmentHead.fresh(SystemRun("0e8400e2-9b41-d4a7-1644-6655440000aa"))
        #expect(head.bytes.readableBytes == LogRecord.page)
        #expect(LogSegmentHead(head.bytes) == head)
        for place in 0..<(20 + head.run.text.utf8.count + 32) {
            var changed = head.bytes
            changed.setInteger((changed.getInteger(at: place, as: UInt8.self) ?? 0) ^ 1, at: place)
            #expect(LogSegmentHead(changed) == nil)
        }
        #expect(LogSegmentHead(ByteBuffer()) == nil)
    }
}
