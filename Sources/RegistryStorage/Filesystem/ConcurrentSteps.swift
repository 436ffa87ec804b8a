import NIOConcurrencyHelpers
import NIOPosix
import Synchronization

/// Waits for the disk that need not come one after the other. A caller who is alone, or one of two, has them at once, with
/// the help of threads of its pool that are free; where there are more, the disk has enough to do, and each goes on alone.
///
/// Pushes of 1 MiB a second, one after the other and at once: by one client 28 and 45 to 57, by two 65 and 94. By four or
/// eight it won nothing.
final class ConcurrentSteps: Sendable {
    /// Waits for the disk, and gives why that failed.
    typealias Step = @Sendable () -> SystemFailure?

    /// A step that failed.
    struct Failure: Error {
        let place: Int
        let failure: SystemFailure
    }

    private let threads: NIOThreadPool
    private let callers = Synchronization.Atomic(0)

    init(threads: NIOThreadPool) { self.threads = threads }

    /// Runs all of them.
    ///
    /// - Throws: what the first one that failed has thrown, by their order, and its place.
    func run(_ steps: [Step]) throws(Failure) {
        let others = callers.wrappingAdd(1, ordering: .relaxed).oldValue
        defer { callers.wrappingSubtract(1, ordering: .relaxed) }
        let row = Row(steps)
        if others < 2 {
            for _ in steps.dropFirst() { threads.submit { if case .active = $0 { row.runWhatIsLeft() } } }
        }
        row.runWhatIsLeft()
        try row.end()
    }

    /// The steps of one call. The caller does whatever nobody else has begun, and waits only for what another thread is
    /// at: a pool whose threads are all callers goes on too.
    private final class Row: Sendable {
        private let steps: [Step]
        private let begun = Synchronization.Atomic(0)
        private let left: Synchronization.Atomic<Int>
        private let isDone: ConditionLock<Bool>
        private let failures = Mutex<[Int: SystemFailure]>([:])

        init(_ steps: [Step]) {
            self.steps = steps
            left = Synchronization.Atomic(steps.count)
            isDone = ConditionLock(value: steps.isEmpty)
        }

        func runWhatIsLeft() {
            while true {
                let place = begun.wrappingAdd(1, ordering: .relaxed).oldValue
                guard place < steps.count else { return }
                if let failure = steps[place]() { failures.withLock { $0[place] = failure } }
                guard left.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { continue }
                isDone.lock()
                isDone.unlock(withValue: true)
            }
        }

        func end() throws(Failure) {
            isDone.lock(whenValue: true)
            isDone.unlock()
            guard let (place, failure) = failures.withLock({ $0.min { $0.key < $1.key } }) else { return }
            throw Failure(place: place, failure: failure)
        }
    }
}
