import NIOConcurrencyHelpers
public import RegistryCore

extension FilesystemDriver {
    /// Puts what the log of a process was left with that ended unexpectedly where it belongs: to be called before the store is
    /// read. Without one it costs a system call. It does nothing while another process has its log open.
    ///
    /// - Throws: what keeps an object from its place; the log is kept then.
    public func recoverWrites() async throws(StorageError) {
        try await logging { (log) throws(SystemFailure) in try log.recoverAndRemove() }
    }

    /// Lets small objects last by a write-ahead log, until the task is cancelled: then all of them are settled and the log, a
    /// file `.registryd~log` in the store's folder, is removed.
    ///
    /// It is used on ext4 and XFS, by one process at a time, and where its 32 MiB are less than an eighth of what is free. While a
    /// process has it, another one of this library that removes or moves objects waits until it is settled.
    ///
    /// - Parameter failed: is told why objects could not be settled, or the log not be opened. What was acknowledged is in the
    ///   log then, or durable, and it is tried again.
    public func logWrites(failed: @escaping @Sendable (StorageError) -> Void) async {
        let (turns, service) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        log.state.withLockedValue { $0.service = service }
        await withTaskGroup { group in
            group.addTask {
                while (try? await Task.sleep(for: Self.logRest)) != nil { service.yield() }
            }
            for await _ in turns {
                do { try await Task.sleep(for: Self.logTurn) } catch { break }
                do throws(StorageError) {
                    try await logging { (log) throws(SystemFailure) in try log.takeTurn() }
                } catch {
                    failed(error)
                    try? await Task.sleep(for: Self.pauseAfterFailure)
                    service.yield()
                }
            }
            group.cancelAll()
        }
        do throws(StorageError) {
            try await logging { (log) throws(SystemFailure) in try log.end() }
        } catch {
            failed(error)
        }
    }

    /// How long objects wait for others before they are settled together.
    ///
    /// Of the mixed load of the benchmark at 70 % of its peak, the slowest hundredth took 6.0 times as long as the middle with
    /// this, and 7.4 with 5 ms and one by one up to 64 files; in another run 7.1 with 30 ms and 8.8 with 60: pushes wait behind
    /// what is settled at once, and what is settled in many parts takes more of the processors.
    private static let logTurn = Duration.milliseconds(15)
    /// How often the log is looked at while nothing is appended to it.
    private static let logRest = Duration.seconds(10)
    private static let pauseAfterFailure = Duration.seconds(5)

    /// Opens the log at once; for tests, as ``settleLog()`` and ``endLog()``.
    package func openLog() throws(SystemFailure) { try log.open() }

    /// Settles what the log has.
    package func settleLog() async throws(StorageError) {
        try await logging { (log) throws(SystemFailure) in try log.settleAll() }
    }

    /// Settles what the log has, and removes it.
    package func endLog() async throws(StorageError) {
        try await logging { (log) throws(SystemFailure) in try log.end() }
    }

    /// Forgets the log, as a process that was killed.
    package func abandonLog() { log.state.withLockedValue { $0 = WriteAheadLog.State() } }

    /// Whether the log has objects that are not settled.
    package var logHoldsObjects: Bool { log.state.withLockedValue { !$0.pending.isEmpty } }

    private func logging(
        _ body: @escaping @Sendable (WriteAheadLog) throws(SystemFailure) -> Void
    ) async throws(StorageError) {
        try await blocking.run(.root) { [log] () throws(StorageError) in
            do throws(SystemFailure) { try body(log) } catch { throw StorageError(error, at: .root, .writing) }
        }
    }
}

extension WriteAheadLog {
    /// When a log is tried to be opened again that could not be.
    private static let pause = Duration.seconds(5)

    /// How long a log is kept open that nobody appends to: an open file keeps its disk from being unmounted.
    private static let patience = Duration.seconds(30)

    /// What is to be done each moment: the log is opened when somebody asked for it, what it has is settled, and it is closed
    /// when it has rested.
    fileprivate func takeTurn() throws(SystemFailure) {
        let (isOpen, isWanted, isUsed) = state.withLockedValue { state in
            defer { state.isWanted = false }
            return (state.file != nil, state.isWanted, state.isBroken || !state.segments.allSatisfy(\.isEmpty))
        }
        if isUsed { return try settleAll() }
        if isOpen { return try close(unusedFor: Self.patience) }
        guard isWanted, changes.presence.isKnown else { return }
        defer { state.withLockedValue { if $0.file == nil { $0.notBefore = .now + Self.pause } } }
        try open()
    }
}
