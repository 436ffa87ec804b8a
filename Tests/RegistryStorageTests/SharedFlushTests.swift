import NIOConcurrencyHelpers
import NIOPosix
import Synchronization
import Testing

@testable import RegistryStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file of which it is known how much was written, and how much of that lasts.
private final class CountedFile: Sendable {
    private struct State {
        var written = 0
        var lasting = 0
        var flushes = 0
    }

    private let state = Mutex(State())

    var lasting: Int { state.withLock { $0.lasting } }
    var flushes: Int { state.withLock { $0.flushes } }

    /// Writes one more; its number.
    func write() -> Int {
        state.withLock { state in
            state.written += 1
            return state.written
        }
    }

    /// Makes what was written when it begins last, when it ends.
    func flush(during body: () -> Void = {}) {
        let written = state.withLock { $0.written }
        body()
        state.withLock { state in
            state.lasting = max(state.lasting, written)
            state.flushes += 1
        }
    }
}

@Suite("flushes that are shared")
struct SharedFlushTests {
    /// Runs a body with a pool, and ends that.
    private func withPool(_ threads: Int, _ body: (NIOThreadPool) async throws -> Void) async throws {
        let pool = NIOThreadPool(numberOfThreads: threads)
        // One without threads is never started, and takes no work, like one that was shut down.
        if threads > 0 { pool.start() }
        try await body(pool)
        try await pool.shutdownGracefully()
    }

    @Test(
        "what was written before a flush was asked for lasts when that has ended, whoever runs it",
        arguments: [0, 1, 4],
        [1, 4]
    )
    func coversWhatWasWritten(flushing: Int, writing: Int) async throws {
        try await withPool(flushing) { flushing in
            try await withPool(writing) { writing in
                let (file, flushes) = (CountedFile(), SharedFlushes(threads: flushing))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            for _ in 0..<50 {
                                try await writing.runIfActive {
                                    let number = file.write()
                                    let round = flushes.request { file.flush { sched_yield() } }
                                    try flushes.wait(for: round)
                                    #expect(file.lasting >= number)
                                }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect((1...400).contains(file.flushes))
            }
        }
    }

    @Test("a pool whose threads all wait for one goes on")
    func busyPool() async throws {
        try await withPool(1) { pool in
            let (file, flushes) = (CountedFile(), SharedFlushes(threads: pool))
            try await pool.runIfActive { try flushes.wait(for: flushes.request { file.flush() }) }
            #expect(file.flushes == 1)
        }
    }

    @Test("what is to be done after a flush is done once, after it, and may ask for another one", arguments: [0, 1])
    func after(flushing: Int) async throws {
        try await withPool(flushing) { pool in
            let (file, flushes) = (CountedFile(), SharedFlushes(threads: pool))
            let seen = Mutex<[Int]>([])
            for _ in 0..<2 {
                let number = file.write()
                let round = flushes.request { file.flush() }
                await withCheckedContinuation { done in
                    flushes.after(round) {
                        seen.withLock { $0.append(file.lasting) }
                        #expect(file.lasting >= number)
                        let next = file.write()
                        try? flushes.wait(for: flushes.request { file.flush() })
                        #expect(file.lasting >= next)
                        done.resume()
                    }
                }
                // One that has been made: at once.
                flushes.after(round) { seen.withLock { $0.append(file.lasting) } }
            }
            #expect(seen.withLock { $0 } == [1, 2, 3, 4])
        }
    }

    @Test("a thread that waits for what is done after a flush makes that, if nobody else can", .timeLimit(.minutes(1)))
    func onlyThread() async throws {
        try await withPool(1) { pool in
            let (file, flushes) = (CountedFile(), SharedFlushes(threads: pool))
            try await pool.runIfActive {
                let isDone = ConditionLock(value: false)
                flushes.after(flushes.request { file.flush() }) {
                    isDone.lock()
                    isDone.unlock(withValue: true)
                }
                flushes.makeWhatIsLeft()
                isDone.lock(whenValue: true)
                isDone.unlock()
            }
            #expect(file.flushes == 1)
        }
    }

    @Test("those who ask while one runs have the next one together")
    func next() async throws {
        try await withPool(1) { pool in
            let (file, flushes) = (CountedFile(), SharedFlushes(threads: pool))
            let (hasBegun, mayEnd) = (ConditionLock(value: false), ConditionLock(value: false))
            let first = flushes.request {
                file.flush {
                    hasBegun.lock()
                    hasBegun.unlock(withValue: true)
                    mayEnd.lock(whenValue: true)
                    mayEnd.unlock()
                }
            }
            hasBegun.lock(whenValue: true)
            hasBegun.unlock()
            let others = (0..<3).map { _ in flushes.request { file.flush() } }
            #expect(others.allSatisfy { $0 === others[0] && $0 !== first })
            mayEnd.lock()
            mayEnd.unlock(withValue: true)
            for round in [first] + others { try flushes.wait(for: round) }
            #expect(file.flushes == 2)
        }
    }

    @Test("what fails fails for those who wait for it, and not for who asks then")
    func failure() async throws {
        let flushes = SharedFlushes(threads: .singleton)
        let isBroken = NIOLockedValueBox(true)
        let flush = { @Sendable () throws(SystemFailure) in
            if isBroken.withLockedValue({ $0 }) { throw SystemFailure(EIO, "fdatasync") }
        }
        let round = flushes.request(flush)
        // What is to be done after it is done all the same, asked for before or, below, when it has failed.
        async let before: Void = withCheckedContinuation { done in flushes.after(round) { done.resume() } }
        for _ in 0..<2 {
            #expect(throws: SystemFailure.self) { try flushes.wait(for: round) }
        }
        await before
        await withCheckedContinuation { done in flushes.after(round) { done.resume() } }
        isBroken.withLockedValue { $0 = false }
        try flushes.wait(for: flushes.request(flush))
    }
}
