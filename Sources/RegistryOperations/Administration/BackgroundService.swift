public import ServiceLifecycle

/// A service that runs on threads of its own, such as those of `RegistryStorage`'s `BackgroundTaskExecutor`.
public struct BackgroundService<Work: Service>: Service {
    private let work: Work
    private let executor: any TaskExecutor

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - work: what runs.
    ///   - executor: where it runs, with its children.
    public init(_ work: Work, on executor: any TaskExecutor) {
        self.work = work
        self.executor = executor
    }

    /// Runs the work until that ends.
    public func run() async throws { try await withTaskExecutorPreference(executor) { try await work.run() } }
}
