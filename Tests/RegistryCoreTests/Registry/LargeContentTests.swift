import Dispatch
import Testing

@testable import RegistryCore

@Suite("Work that would keep others waiting")
struct LargeContentTests {
    /// Runs tasks on a queue of its own.
    private final class Queue: TaskExecutor {
        static let key = DispatchSpecificKey<Bool>()
        private let queue = DispatchQueue(label: "work")

        init() { queue.setSpecific(key: Self.key, value: true) }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }

        static var isCurrent: Bool { DispatchQueue.getSpecific(key: key) ?? false }
    }

    @Test("it is done where the executor runs its tasks, and by the caller where there is none")
    func place() async {
        #expect(await working(on: Queue()) { Queue.isCurrent })
        #expect(await working(on: nil) { !Queue.isCurrent })
        #expect(!Queue.isCurrent)
    }
}
