public import NIOPosix

/// Runs tasks on a thread pool: where a registry hashes what is uploaded, so that no event loop stands still
/// meanwhile.
public final class ThreadPoolTaskExecutor: TaskExecutor {
    private let pool: NIOThreadPool

    /// Makes an executor.
    ///
    /// - Parameter pool: a pool that was started. Its owner keeps it running while tasks prefer this executor; a job
    ///   that comes later still runs, on the thread that brings it.
    public init(_ pool: NIOThreadPool) { self.pool = pool }

    /// Runs a job on a thread of the pool.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
