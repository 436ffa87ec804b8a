import NIOPosix
import RegistryCore

/// Runs blocking work on the threads that the driver's owner handed it, or on the caller's when that may wait.
struct BlockingCalls: Sendable {
    let threads: NIOThreadPool

    /// Runs a body on a thread of the pool. A cancelled task's call runs like any other: a call that cleans up must
    /// not depend on who asked for it.
    func run<Value: Sendable>(
        _ path: StoragePath,
        _ body: @escaping @Sendable () throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        if let thread = BackgroundThread.current {
            defer { thread.restIfDue() }
            return try body()
        }
        // Unsafe spares an allocation per call; the pool calls each item exactly once, run or not.
        let result = await withUnsafeContinuation {
            (waiting: UnsafeContinuation<Result<Value, StorageError>, Never>) in
            threads.submit { state in
                switch state {
                case .active:
                    do throws(StorageError) {
                        waiting.resume(returning: .success(try body()))
                    } catch {
                        waiting.resume(returning: .failure(error))
                    }
                case .cancelled:
                    let error = StorageError(.unavailable, at: path, "the thread pool was shut down")
                    waiting.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
