extension Registry {
    /// Content up to this many bytes is parsed and hashed where the caller runs: that takes less than a hop to
    /// another thread and back is worth to those who share the event loop.
    private static var smallContent: Int { 64 * 1024 }

    /// Works on content in memory, away from the caller's event loop when there is much of it: a manifest of 4 MiB
    /// would keep every other connection of that loop waiting while it is parsed.
    func working<Result: Sendable>(
        on bytes: Int,
        _ work: @escaping @Sendable () -> Result
    ) async -> Result {
        guard bytes > Self.smallContent else { return work() }
        return await RegistryCore.working(on: shared.hashing, work)
    }
}

/// Works where an executor runs its tasks; where the caller runs when there is none.
func working<Result: Sendable>(
    on executor: (any TaskExecutor)?,
    _ work: @escaping @Sendable () -> Result
) async -> Result {
    guard let executor else { return work() }
    return await withTaskExecutorPreference(executor) { await away(work) }
}

/// A function of its own that is not bound to its caller's executor, so that the preference decides where it runs. Only with
/// work that is not asynchronous itself: before a call that is, Swift 6.3 leaves the way to the executor out.
@concurrent private func away<Result: Sendable>(_ work: @Sendable () -> Result) async -> Result { work() }
