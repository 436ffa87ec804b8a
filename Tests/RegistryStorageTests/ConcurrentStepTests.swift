import NIOPosix
import Synchronization
import Testing

@testable import RegistryStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How often each step was had.
private final class Tally: Sendable {
    private let had = Mutex<[Int: Int]>([:])

    var all: [Int: Int] { had.withLock { $0 } }

    func have(_ step: Int) { had.withLock { $0[step, default: 0] += 1 } }
}

@Suite("Waits for the disk that are had at once")
struct ConcurrentStepTests {
    @Test("each is had once, whether or not there are threads that are free", arguments: [0, 1, 2, 8], [1, 3])
    func eachOnce(steps: Int, threads: Int) async throws {
        let pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
        let waits = ConcurrentSteps(threads: pool)
        let tally = Tally()
        // More callers than threads, all of which are threads of the pool.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<10 {
                group.addTask {
                    try await pool.runIfActive {
                        let places = (caller * 100)..<(caller * 100 + steps)
                        try waits.run(
                            places.map { place in
                                {
                                    tally.have(place)
                                    return nil
                                }
                            }
                        )
                        #expect(places.allSatisfy { tally.all[$0] == 1 })
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(tally.all.count == 10 * steps)
        #expect(tally.all.values.allSatisfy { $0 == 1 })
        try await pool.shutdownGracefully()
    }

    @Test("of those that fail the first one is told, and the others are had all the same")
    func failures() throws {
        let tally = Tally()
        let numbers: [CInt?] = [nil, ENOSPC, nil, EIO]
        let steps = numbers.enumerated().map { place, number -> ConcurrentSteps.Step in
            {
                tally.have(place)
                return number.map { SystemFailure($0, "fsync") }
            }
        }
        let failure = #expect(throws: ConcurrentSteps.Failure.self) {
            try ConcurrentSteps(threads: .singleton).run(steps)
        }
        #expect(failure?.place == 1)
        #expect(failure?.failure.number == ENOSPC)
        #expect(tally.all == [0: 1, 1: 1, 2: 1, 3: 1])
    }
}
