import Synchronization
import Testing

@testable import RegistryCore

@Suite("The lock by key")
struct KeyedLockTests {
    /// Begins work that holds a key until it is told to end.
    private func holding(
        _ key: String,
        of lock: KeyedLock<String>,
        _ body: (_ release: @escaping @Sendable () -> Void) async throws -> Void
    ) async throws {
        let (held, holds) = AsyncStream.makeStream(of: Void.self)
        let (released, releases) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await lock.withLock(key) {
                    holds.finish()
                    for await _ in released {}
                }
            }
            for await _ in held {}
            try await body { releases.finish() }
            releases.finish()
            try await group.waitForAll()
        }
    }

    /// Waits until a condition holds that other tasks bring about.
    private func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }

    @Test("work on one key runs in the order in which it came, and never two at once")
    func order() async throws {
        let lock = KeyedLock<String>()
        let order = Shared<[Int]>([])
        try await holding("a", of: lock) { release in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await lock.withLock("a") {
                            order.withLock { $0.append(number) }
                            await Task.yield()
                            #expect(order.withLock { $0.last } == number)
                        }
                    }
                    await until { lock.waitingCount(for: "a") == number + 1 }
                }
                #expect(order.withLock { $0.isEmpty })
                release()
                try await group.waitForAll()
            }
        }
        #expect(order.withLock { $0 } == Array(0..<20))
        #expect(lock.isIdle)
    }

    @Test("work on another key does not wait")
    func otherKeys() async throws {
        let lock = KeyedLock<String>()
        try await holding("a", of: lock) { _ in
            let result = try await lock.withLock("b") { 1 }
            #expect(result == 1)
        }
        #expect(lock.isIdle)
    }

    @Test("a waiter that is cancelled leaves at once, and those behind it get their turn")
    func cancellation() async throws {
        let lock = KeyedLock<String>()
        let ran = Shared(0)
        try await holding("a", of: lock) { release in
            await withTaskGroup(of: Void.self) { waiting in
                waiting.addTask {
                    await #expect(throws: CancellationError.self) {
                        try await lock.withLock("a") { ran.withLock { $0 += 100 } }
                    }
                }
                await until { lock.waitingCount(for: "a") == 1 }
                await withTaskGroup(of: Void.self) { behind in
                    behind.addTask { try? await lock.withLock("a") { ran.withLock { $0 += 1 } } }
                    await until { lock.waitingCount(for: "a") == 2 }
                    waiting.cancelAll()
                    await waiting.waitForAll()
                    #expect(lock.waitingCount(for: "a") == 1)
                    release()
                    await behind.waitForAll()
                }
            }
        }
        #expect(ran.withLock { $0 } == 1)
        #expect(lock.isIdle)
    }

    @Test("cancellations at any moment leave nothing behind and let nobody in twice")
    func cancellationStorm() async {
        let lock = KeyedLock<Int>()
        let inside = Shared<[Int: Int]>([:])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    await withTaskGroup(of: Void.self) { own in
                        own.addTask {
                            try? await lock.withLock(number % 3) {
                                let count = inside.withLock { counts in
                                    counts[number % 3, default: 0] += 1
                                    return counts[number % 3, default: 0]
                                }
                                #expect(count == 1)
                                await Task.yield()
                                inside.withLock { $0[number % 3, default: 0] -= 1 }
                            }
                        }
                        for _ in 0..<(number % 5) { await Task.yield() }
                        if number.isMultiple(of: 2) { own.cancelAll() }
                    }
                }
            }
        }
        #expect(lock.isIdle)
    }

    @Test("work that wants a free key is let in when it is free, and turned away when it is not")
    func ifFree() async throws {
        let lock = KeyedLock<String>()
        try await holding("a", of: lock) { _ in
            #expect(await lock.withLockIfFree("a") { 1 } == nil)
            #expect(await lock.withLockIfFree("b") { 1 } == 1)
        }
        #expect(await lock.withLockIfFree("a") { await lock.withLockIfFree("a") { 1 } } == .some(nil))
        #expect(lock.isIdle)
    }

    @Test("the key is free again after work that threw")
    func failure() async throws {
        struct Failure: Error {}
        let lock = KeyedLock<String>()
        await #expect(throws: Failure.self) { try await lock.withLock("a") { throw Failure() } }
        await #expect(throws: Failure.self) { try await lock.withLockIfFree("a") { throw Failure() } }
        #expect(lock.isIdle)
    }
}

/// What several tasks write to, in a class so that closures within closures can share it.
private final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { value in
            var copy = value
            let result = body(&copy)
            value = copy
            return result
        }
    }
}
