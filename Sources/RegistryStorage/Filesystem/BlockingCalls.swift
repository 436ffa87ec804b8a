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
                case .active: waiting.resume(returning: .of(body))
                case .cancelled: waiting.resume(returning: .failure(StorageError(.unavailable, at: path, Self.stopped)))
                }
            }
        }
        return try result.get()
    }

    /// Runs work on a thread of the pool that may end on another one; it must end once.
    func run(
        _ path: StoragePath,
        _ work: @escaping @Sendable (_ end: @escaping FileRow.End) -> Void
    ) async throws(StorageError) {
        let result = await withUnsafeContinuation { (waiting: UnsafeContinuation<Result<Void, StorageError>, Never>) in
            let end: FileRow.End = { waiting.resume(returning: $0) }
            if BackgroundThread.current != nil { return work(end) }
            threads.submit { state in
                switch state {
                case .active: work(end)
                case .cancelled: end(.failure(StorageError(.unavailable, at: path, Self.stopped)))
                }
            }
        }
        BackgroundThread.current?.restIfDue()
        try result.get()
    }

    /// Why a pool runs nothing.
    static let stopped = "the thread pool was shut down"
}

extension Result where Failure == StorageError {
    /// What a body returns or throws.
    static func of(_ body: () throws(StorageError) -> Success) -> Self {
        do throws(StorageError) { return .success(try body()) } catch { return .failure(error) }
    }
}
