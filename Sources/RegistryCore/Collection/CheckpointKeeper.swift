import Synchronization

/// Writes a collection's checkpoints when their time has come, and says where the collection goes on.
final class CheckpointKeeper: Sendable {
    /// The part of a run's time that checkpoints may take: one of so many.
    private static let thrift = 20

    private struct State {
        /// Marks that were written and may be there.
        var written: [CollectionCheckpoint.Marks] = []
        /// Whether the last of them are all that there will be.
        var isComplete = false
        /// When the last one was written, or the run began.
        var last: ContinuousClock.Instant
        /// How long that took.
        var cost = Duration.zero
    }

    /// Where the run goes on.
    let position: CollectionPosition

    private let store: CheckpointStore
    private let options: String
    private let every: Duration
    private let began: ContinuousClock.Instant
    private let state: Mutex<State>

    /// - Parameter checkpoint: what the run goes on with.
    init?(_ driver: any StorageDriver, _ options: CollectionOptions, resuming checkpoint: CollectionCheckpoint?) {
        guard let terms = options.resumption else { return nil }
        store = CheckpointStore(driver: driver)
        self.options = terms
        every = .seconds(max(0, options.checkpointEvery))
        position = checkpoint?.position ?? CollectionPosition(stage: .marking)
        began = ContinuousClock.now
        var first = State(last: began)
        if let checkpoint {
            first.written = [checkpoint.marks]
            first.isComplete = checkpoint.position.stage > .marking
        }
        state = Mutex(first)
    }

    /// Whether a stage was ended by the run that this one goes on with.
    func hasEnded(_ stage: CollectionPosition.Stage) -> Bool { position.stage > stage }

    /// The name after which a stage goes on; `nil` when it begins.
    func last(of stage: CollectionPosition.Stage) -> String? { position.stage == stage ? position.after : nil }

    /// Whether a checkpoint should be written.
    var isDue: Bool {
        state.withLock { state in
            let passed = ContinuousClock.now - state.last
            return passed >= every && (every == .zero || passed >= state.cost * Self.thrift)
        }
    }

    /// Writes a checkpoint. Nothing else of the run may go on meanwhile.
    ///
    /// - Throws: what `renew` throws. That it can't be written is a problem that is told.
    func write(
        _ position: CollectionPosition,
        of run: CollectionRun,
        renewing renew: () async throws -> Void
    ) async throws {
        let began = ContinuousClock.now
        do {
            let marks = try await marks(of: run, at: position.stage, renew)
            try await store.put(run.checkpoint(options, position, marks))
            let outdated = state.withLock { state in
                defer { state.written = [marks] }
                return state.written.filter { $0 != marks }
            }
            for marks in outdated { await store.removeMarks(marks.id) }
        } catch let error as StorageError {
            run.report(.problem("how far the collection is could not be written down: \(error)"))
        }
        let ended = ContinuousClock.now
        state.withLock { state in
            state.last = ended
            state.cost = ended - began
        }
    }

    /// Writes a checkpoint at the end of marking, if that took long.
    func endMarking(of run: CollectionRun, renewing renew: () async throws -> Void) async throws {
        guard ContinuousClock.now - began >= every else { return }
        try await write(CollectionPosition(stage: .repositories), of: run, renewing: renew)
    }

    /// The marks as they are in the store: written once more unless all of them are there.
    private func marks(
        of run: CollectionRun,
        at stage: CollectionPosition.Stage,
        _ renew: () async throws -> Void
    ) async throws -> CollectionCheckpoint.Marks {
        if let written = state.withLock({ $0.isComplete ? $0.written.last : nil }) { return written }
        let marks = try await store.write(run.marks, renewing: renew)
        state.withLock { state in
            state.written.append(marks)
            state.isComplete = stage > .marking
        }
        return marks
    }

    /// Removes the checkpoint, since the run has ended.
    func remove(of run: CollectionRun) async {
        guard state.withLock({ !$0.written.isEmpty }) else { return }
        do {
            try await store.removeAll()
        } catch {
            run.report(.problem("how far the collection was is still written down: \(error)"))
        }
    }
}

extension GarbageCollection {
    /// Works on what a producer gives, several at a time, and writes checkpoints in between: then all that was given is
    /// done, and nothing else.
    ///
    /// - Parameters:
    ///   - name: by what the run goes on after an element.
    ///   - settle: is called before each checkpoint.
    func forEachBetweenCheckpoints<Element: Sendable>(
        _ stage: CollectionPosition.Stage,
        of run: CollectionRun,
        renewing renew: () async throws -> Void,
        name: (Element) -> String,
        settle: () async throws -> Void = {},
        next: () async throws -> Element?,
        _ work: @escaping @Sendable (Element) async throws -> Void
    ) async throws {
        var isAtEnd = false
        while !isAtEnd {
            var last: String?
            try await forEachConcurrently(atMost: run.options.concurrency) {
                try await renew()
                if last != nil, let keeper = run.keeper, keeper.isDue { return nil }
                guard let element = try await next() else {
                    isAtEnd = true
                    return nil
                }
                last = name(element)
                return element
            } _: { element in
                try await work(element)
            }
            guard !isAtEnd, let keeper = run.keeper else { return }
            try await settle()
            try await keeper.write(CollectionPosition(stage: stage, after: last), of: run, renewing: renew)
        }
    }
}
