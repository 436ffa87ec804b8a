internal import Synchronization

/// Folders of uploads that have ended, each under the identifier of an upload that is yet to begin in its repository.
///
/// An upload whose blob was written straight to its place leaves a folder with nothing but the time at which it began. To
/// make that and to remove it again took a sixth of the processor's time of a small push; to rename it takes one system
/// call, and the upload that begins with it none.
///
/// To everybody else such a folder is an upload that has begun and has no bytes yet, as it is to the client that will be
/// given it. Its owner removes those that nobody has asked for: ``Registry/removeSpareUploads(unusedFor:)``.
///
/// Safe to use from any thread.
public final class SpareUploads: Sendable {
    struct Spare: Hashable {
        let id: UploadID
        /// When the upload began whose folder it was. The folder says so too.
        let started: WallTime
        /// When it was left.
        let left: WallTime
    }

    private struct State {
        var spares: [RepositoryName: [Spare]] = [:]
        var count = 0
        /// The uploads that this process began, and that were sent nothing yet: what their folders hold is known.
        var begun: [UploadID: WallTime] = [:]
    }

    /// How many are kept in all.
    private static let limit = 128
    /// How many uploads are known that have begun.
    private static let begunLimit = 4096
    /// For how many seconds a folder goes from one upload to the next: its time is that of the first, and purging goes by it.
    private static let greatestAge: Int64 = 10

    private let state = Mutex(State())

    /// Makes an empty collection.
    public init() {}

    /// Notes an upload that has begun with a folder of its own.
    func begin(_ id: UploadID, started: WallTime) {
        state.withLock { state in
            // What clients begin and don't go on with must not pile up.
            if state.begun.count >= Self.begunLimit { state.begun = [:] }
            state.begun[id] = started
        }
    }

    /// Notes that an upload was sent something or is ending: from now on nobody knows what its folder holds.
    func forget(_ id: UploadID) { state.withLock { $0.begun[id] = nil } }

    /// What may become of the folder of an upload that is ending and has no file: `nil` where this process does not know
    /// what it holds, where it is too old to be used again, or where there are enough.
    func spare(after id: UploadID, at now: WallTime) -> Spare? {
        let started = state.withLock { state in
            state.count < Self.limit ? state.begun.removeValue(forKey: id) : nil
        }
        guard let started, (0...Self.greatestAge).contains(now.seconds - started.seconds) else { return nil }
        return Spare(id: UploadID(), started: started, left: now)
    }

    /// Keeps a folder that was left.
    func keep(_ spare: Spare, in repository: RepositoryName) {
        state.withLock { state in
            state.spares[repository, default: []].append(spare)
            state.count += 1
        }
    }

    /// The folder that was left last in a repository; nobody else gets it.
    func take(in repository: RepositoryName) -> Spare? {
        state.withLock { state in
            guard let spare = state.spares[repository]?.popLast() else { return nil }
            state.count -= 1
            if state.spares[repository]?.isEmpty == true { state.spares[repository] = nil }
            return spare
        }
    }

    /// Those that were left up to a time; nobody else gets them.
    func take(leftUntil time: WallTime) -> [(RepositoryName, Spare)] {
        state.withLock { state in
            var taken: [(RepositoryName, Spare)] = []
            for (repository, spares) in state.spares {
                let old = spares.filter { $0.left <= time }
                if old.isEmpty { continue }
                taken += old.map { (repository, $0) }
                let rest = spares.filter { $0.left > time }
                state.spares[repository] = rest.isEmpty ? nil : rest
            }
            state.count -= taken.count
            return taken
        }
    }
}

extension Registry {
    /// Removes the folders that ``SpareUploads`` keeps and that no upload has begun with for a while.
    ///
    /// - Throws: ``StorageError`` when one could not be removed, after it has tried the others. It goes as any upload does
    ///   that nobody goes on with.
    public func removeSpareUploads(unusedFor seconds: Int64) async throws {
        guard let spares = shared.spares else { return }
        var failure: (any Error)?
        for (repository, spare) in spares.take(leftUntil: WallTime(seconds: shared.now().seconds - seconds)) {
            do {
                try await deleteTreeIfPresent(StoreLayout.upload(spare.id, in: repository))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }
}
