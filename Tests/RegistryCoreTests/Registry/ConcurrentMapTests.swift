import Synchronization
import Testing

@testable import RegistryCore

@Suite("A transformation of several elements at a time")
struct ConcurrentMapTests {
    private struct Failure: Error {}

    @Test("the results have the order of the elements", arguments: [0, 1, 2, 7, 8, 9, 100])
    func order(count: Int) async throws {
        let results = try await Array(0..<count).mapConcurrently(atMost: 8) { number in
            for _ in 0..<((count - number) % 7) { await Task.yield() }
            return number * 2
        }
        #expect(results == (0..<count).map { $0 * 2 })
    }

    @Test("results that are nil are kept")
    func optionals() async throws {
        let results = try await [1, 2, 3].mapConcurrently(atMost: 2) { $0 == 2 ? nil : $0 }
        #expect(results == [1, nil, 3])
    }

    @Test("no more run at once than are allowed", arguments: [1, 3, 8])
    func width(width: Int) async throws {
        let running = Mutex((now: 0, most: 0))
        _ = try await Array(0..<50).mapConcurrently(atMost: width) { _ in
            running.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            for _ in 0..<5 { await Task.yield() }
            running.withLock { $0.now -= 1 }
        }
        #expect(running.withLock { $0.most } <= width)
        #expect(running.withLock { $0.now } == 0)
    }

    @Test("an error ends it, and no further element is begun")
    func failure() async {
        let begun = Atomic(0)
        await #expect(throws: Failure.self) {
            try await Array(0..<1000).mapConcurrently(atMost: 4) { number in
                begun.add(1, ordering: .relaxed)
                if number == 2 { throw Failure() }
            }
        }
        #expect(begun.load(ordering: .relaxed) < 1000)
    }
}
