import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("The collector's lease")
struct CollectionLeaseTests {
    private let clock = MovedClock()
    private let driver = MemoryDriver()

    private func lease(_ holder: String) async throws -> CollectionLease {
        let clock = clock
        return try await CollectionLease(driver, holder: holder, seconds: 300, now: { clock.now })
    }

    @Test("is held by one, who is named to the others, until he is done")
    func oneHolder() async throws {
        let first = try await lease("one")
        let until = WallTime(seconds: clock.now.seconds + 300)
        await #expect(throws: CollectionError.busy(holder: "one", until: until)) { try await lease("two") }
        await first.release()
        let second = try await lease("two")
        #expect(try #require(second.number) == #require(first.number) + 1)
    }

    @Test("passes to another when its holder gives no sign, who stops when he comes back")
    func deadHolder() async throws {
        var first = try await lease("one")
        clock.advance(200)
        try await first.renewIfDue()
        clock.advance(200)
        await #expect(throws: CollectionError.self) { try await lease("two") }
        clock.advance(200)
        let second = try await lease("two")
        await #expect(throws: CollectionError.leaseLost) { try await first.renewIfDue() }
        // What the first one says at its end takes nothing from the second.
        await first.release()
        await #expect(throws: CollectionError.self) { try await lease("three") }
        await second.release()
        _ = try await lease("three")
    }

    @Test("goes to one of many who ask at once")
    func race() async throws {
        let clock = clock
        let won = await withTaskGroup(of: Int.self) { group in
            for number in 0..<32 {
                group.addTask { [driver] in
                    let taken = try? await CollectionLease(
                        driver,
                        holder: "\(number)",
                        seconds: 300,
                        now: { clock.now }
                    )
                    return taken == nil ? 0 : 1
                }
            }
            return await group.reduce(0, +)
        }
        #expect(won == 1)
    }

    @Test("keeps a second collection from beginning, and a dry run from nothing")
    func collections() async throws {
        let clock = clock
        let store = CollectedStore(on: driver, clock: clock)
        _ = try await lease("somebody")
        await #expect(throws: CollectionError.self) { try await store.collect() }
        _ = try await store.collect { $0.isDryRun = true }
        clock.advance(301)
        let summary = try await store.collect()
        #expect(summary.phase == .done)
        #expect(try await store.registry.lastCollection() == summary.json)
    }

    @Test("a grace period that a push may outlast is refused")
    func shortGrace() async throws {
        let store = CollectedStore(on: driver, clock: clock)
        await #expect(throws: CollectionError.graceTooShort(seconds: 100, least: 120)) {
            try await store.collect(grace: 100)
        }
    }
}
