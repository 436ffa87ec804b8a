import Dispatch

/// Runs tasks one after the other on a queue of its own, so that those that come meanwhile wait together.
final class OneThread: TaskExecutor {
    private static let key = DispatchSpecificKey<Bool>()
    private let queue = DispatchQueue(label: "one thread")

    init() { queue.setSpecific(key: Self.key, value: true) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Whether the caller runs on such a queue.
    static var isCurrent: Bool { DispatchQueue.getSpecific(key: key) ?? false }
}
