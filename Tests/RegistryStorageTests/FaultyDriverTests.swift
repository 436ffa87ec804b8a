import NIOCore
import RegistryCore
import RegistryStorage
import RegistryTesting
import Synchronization
import Testing

@Suite("a driver that fails on demand")
struct FaultyDriverTests {
    private let object = StoragePath.root.appending("a/object")

    @Test("without faults it keeps the contract", arguments: StorageConformance.checks.filter { !$0.isSlow })
    func conforms(check: StorageConformance.Check) async throws {
        try await check.run(on: FaultyDriver(MemoryDriver()))
    }

    @Test(
        "the suite notices a driver whose calls fail",
        arguments: FaultyDriver.Operation.allCases.filter { $0 != .redirect }
    )
    func suiteNotices(operation: FaultyDriver.Operation) async throws {
        let driver = FaultyDriver(MemoryDriver())
        driver.inject(.init(operation, .fail(.unavailable)))
        var failures = 0
        for check in StorageConformance.checks where !check.isSlow {
            do { try await check.run(on: driver) } catch { failures += 1 }
        }
        #expect(failures > 0)
    }

    @Test("a fault is for the calls that it names, and for no others")
    func narrowed() async throws {
        let driver = FaultyDriver(MemoryDriver())
        driver.inject(.init(.put, .fail(.noSpace), pathSuffix: "/object", skipping: 1, times: 1))
        try await driver.put(ByteBuffer(string: "1"), at: .root.appending("a/other"))
        try await driver.put(ByteBuffer(string: "1"), at: object)
        await #expect(throws: StorageError(.noSpace, at: object)) {
            try await driver.put(ByteBuffer(string: "2"), at: object)
        }
        #expect(try await driver.content(at: object, limit: 9) == ByteBuffer(string: "1"))
        try await driver.put(ByteBuffer(string: "3"), at: object)
        #expect(try await driver.content(at: object, limit: 9) == ByteBuffer(string: "3"))
        #expect(driver.calls(of: .put) == 4)
    }

    @Test("a fault after the effect loses the answer and not the object")
    func lostAnswer() async throws {
        let driver = FaultyDriver(MemoryDriver())
        driver.inject(.init(.commit, .fail(.unavailable), takesEffect: true))
        let writer = try await driver.writer(at: .root.appending("upload"), resuming: false)
        try await writer.append(ByteBuffer(string: "x"))
        await #expect(throws: StorageError(.unavailable, at: object)) { try await writer.commit(to: object) }
        #expect(try await driver.content(at: object, limit: 9) == ByteBuffer(string: "x"))
    }

    @Test("a test can step in between, and heal the driver")
    func stepsIn() async throws {
        let driver = FaultyDriver(MemoryDriver())
        let ran = Atomic(0)
        driver.inject(.init(nil, .run { ran.add(1, ordering: .relaxed) }))
        try await driver.put(ByteBuffer(string: "x"), at: object)
        let opened = try await driver.open(at: object)
        _ = try await opened.read(at: 0, count: 1)
        #expect(ran.load(ordering: .relaxed) == 3)
        driver.heal()
        _ = try await driver.metadata(at: object)
        #expect(ran.load(ordering: .relaxed) == 3)
    }
}
