public import NIOPosix

/// Runs tasks that can wait, as a collection can, on threads of their own that go behind those which answer.
///
/// Its threads may wait for the disk: what a task calls of a ``FilesystemDriver`` runs where it is called, and need not
/// change threads and back. So what an answer waits for should not run here: it would wait behind all other answers.
///
/// ```swift
/// try await withTaskExecutorPreference(BackgroundTaskExecutor(pool)) { try await registry.collect() }
/// ```
public final class BackgroundTaskExecutor: TaskExecutor {
    private let pool: NIOThreadPool
    private let answers: (@Sendable () -> Int)?

    /// Makes an executor.
    ///
    /// - Parameters:
    ///   - pool: a pool that was started, for this executor alone where it gives way. Its owner keeps it running while
    ///     tasks prefer the executor; a job that comes later still runs, on the thread that brings it.
    ///   - answers: how many requests have been answered until now. Its threads have a lower priority then, and while the
    ///     number grows each of them rests for three quarters of the time. `nil` gives way to nobody.
    public init(_ pool: NIOThreadPool, givingWayTo answers: (@Sendable () -> Int)? = nil) {
        self.pool = pool
        self.answers = answers
    }

    /// Runs a job on a thread of the pool.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { state in
            // Of a pool that has ended: this thread may be an event loop's.
            guard case .active = state else { return job.runSynchronously(on: self.asUnownedTaskExecutor()) }
            BackgroundThread.currentOrNew(givingWayTo: self.answers).work {
                job.runSynchronously(on: self.asUnownedTaskExecutor())
            }
        }
    }
}
