import Synchronization

/// What the parts of one collection have in common: the marks, the counts, and the moment that decides what is old.
final class CollectionRun: Sendable {
    let registry: Registry
    let options: CollectionOptions
    let marks: MarkSet
    /// When marking began. What was seen in quarantine a grace period before that, and is not marked, may go: every
    /// manifest that was accepted before this moment is marked, and every push that was under way when the object was
    /// taken away has ended.
    let began: WallTime
    /// The name of what this run takes away.
    let batch: String
    /// Whether somebody listens to more than progress.
    let reportsDetail: Bool
    /// Whether only to bring back what is marked now.
    let bringsBackOnly: Bool
    /// Writes down how far this run is; `nil` when nobody could go on with it.
    let keeper: CheckpointKeeper?

    private let listener: (@Sendable (CollectionEvent) -> Void)?
    private let state: Mutex<State>

    private struct State {
        var summary = CollectionSummary()
        var unkept = 0
        var moving: Set<RepositoryName> = []
        var undone = 0
    }

    /// - Parameter resumed: what the run goes on with, and its marks. It is the same run then, which was only stopped.
    init(
        _ registry: Registry,
        _ options: CollectionOptions,
        resuming resumed: (checkpoint: CollectionCheckpoint, marks: MarkSet)? = nil,
        listener: (@Sendable (CollectionEvent) -> Void)?
    ) {
        let now = registry.shared.now()
        self.registry = registry
        self.options = options
        self.listener = listener
        reportsDetail = listener != nil
        bringsBackOnly = false
        keeper = CheckpointKeeper(registry.driver, options, resuming: resumed?.checkpoint)
        marks = resumed?.marks ?? MarkSet()
        began = resumed?.checkpoint.began ?? now
        // Another name than the run had before: no batch takes an object twice.
        batch = "\(began.seconds)-\(UploadID())"
        var first = State()
        if let checkpoint = resumed?.checkpoint {
            first.summary = checkpoint.summary
            first.unkept = checkpoint.unkept
            first.moving = Set(checkpoint.moving)
        }
        first.summary.started = now
        first.summary.resumed = resumed?.checkpoint.began
        first.summary.isDryRun = options.isDryRun
        state = Mutex(first)
    }

    /// What is to be written down of the run. Nothing of it may go on meanwhile.
    func checkpoint(
        _ options: String,
        _ position: CollectionPosition,
        _ marks: CollectionCheckpoint.Marks
    ) -> CollectionCheckpoint {
        let summary = summary
        return state.withLock { state in
            CollectionCheckpoint(
                began: began,
                options: options,
                position: position,
                summary: summary,
                unkept: state.unkept,
                moving: state.moving.sorted { $0.description < $1.description },
                hash: self.marks.hash,
                marks: marks
            )
        }
    }

    /// The same run with its marks, changing nothing and heard by nobody.
    convenience init(rehearsing other: CollectionRun) {
        var options = other.options
        options.isDryRun = true
        self.init(other, options: options, bringsBackOnly: false)
    }

    /// The same run with its marks, which takes nothing away any more.
    convenience init(bringingBack other: CollectionRun) {
        self.init(other, options: other.options, bringsBackOnly: true)
    }

    private init(_ other: CollectionRun, options: CollectionOptions, bringsBackOnly: Bool) {
        registry = other.registry
        self.options = options
        self.bringsBackOnly = bringsBackOnly
        listener = nil
        reportsDetail = false
        keeper = nil
        marks = other.marks
        began = other.began
        batch = other.batch
        state = Mutex(State())
    }

    var driver: any StorageDriver { registry.driver }
    var now: WallTime { registry.shared.now() }
    /// The replaced server may have accepted larger manifests than this one is told to.
    var largestManifest: Int { max(registry.options.validation.limits.bytes, 16 << 20) }
    /// Whether manifests that are to go keep what they refer to until they are gone, since they may come back.
    var keepsUnkept: Bool { options.grace > 0 }

    /// Whether an object that was written at a time may be taken away. Where the store does not know it may: it comes
    /// back to who asks for it.
    func isOld(modified seconds: Int64) -> Bool {
        options.grace == 0 || seconds == 0 || began.seconds - seconds > options.grace
    }

    /// Whether an object that was seen in quarantine at a time may be removed. More than the grace period, since
    /// moments are whole seconds.
    func isOver(seen seconds: Int64) -> Bool { options.grace == 0 || began.seconds - seconds > options.grace }

    var summary: CollectionSummary {
        state.withLock { state in
            state.summary.blobsMarked = marks.blobCount
            state.summary.ended = registry.shared.now()
            return state.summary
        }
    }

    func count(_ change: (inout CollectionSummary) -> Void) { state.withLock { change(&$0.summary) } }

    func noteUnkept(_ count: Int) { state.withLock { $0.unkept += count } }

    /// Notes that a deletion or a restoration of a repository has begun and not ended: its tags may lie in the trash,
    /// so that none of its manifests counts as untagged.
    func noteMoving(_ repository: RepositoryName) { _ = state.withLock { $0.moving.insert(repository) } }

    func isBeingMoved(_ repository: RepositoryName) -> Bool { state.withLock { $0.moving.contains(repository) } }

    /// Does what needs room in the store, and may be left to the next run where there is none: who collects in a full store
    /// wants room most of all.
    ///
    /// - Returns: `nil` when there was no room.
    func ifThereIsRoom<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result? {
        do {
            return try await body()
        } catch let error as StorageError where error.code == .noSpace {
            noteUndone(1)
            return nil
        }
    }

    func noteUndone(_ count: Int) { state.withLock { $0.undone += count } }

    /// How often there was no room.
    var undoneCount: Int { state.withLock { $0.undone } }

    var unkeptCount: Int { state.withLock { $0.unkept } }

    func report(_ event: CollectionEvent) {
        if case .problem(let text) = event { count { $0.note(text) } }
        listener?(event)
    }

    func reportProgress() {
        guard let listener else { return }
        listener(.progress(summary))
    }

    func enter(_ phase: CollectionPhase) {
        count { $0.phase = phase }
        report(.phase(phase))
    }

    /// Removes an empty folder and counts it. A folder that can't be removed is no reason to stop.
    func removeIfEmpty(_ folder: StoragePath) async {
        guard !options.isDryRun, (try? await driver.removeIfEmpty(folder)) == true else { return }
        count { $0.foldersRemoved += 1 }
    }
}
