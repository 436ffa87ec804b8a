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
    struct Spare {
        let id: UploadID
        let repository: RepositoryName
        /// When the upload began whose folder it was. The folder says so too.
        let started: WallTime
        /// When it was left.
        let left: WallTime
    }

    private struct State {
        /// In the order in which they were left.
        var spares: [Spare] = []
        /// The uploads that this process began, and that no request has gone on with: what their folders hold is known.
        var begun: Set<UploadID> = []
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
    func begin(_ id: UploadID) {
        state.withLock { state in
            // What clients begin and don't go on with must not pile up.
            if state.begun.count >= Self.begunLimit { state.begun = [] }
            state.begun.insert(id)
        }
    }

    /// Notes that a request goes on with an upload: afterwards nobody knows what its folder holds.
    ///
    /// - Returns: whether this process has known until now.
    func forget(_ id: UploadID) -> Bool { state.withLock { $0.begun.remove(id) != nil } }

    /// What may become of the folder of an upload that is ending: `nil` where it is too old to be used again, or where
    /// there are enough.
    func spare(after started: WallTime, in repository: RepositoryName, at now: WallTime) -> Spare? {
        guard (0...Self.greatestAge).contains(now.seconds - started.seconds),
            state.withLock({ $0.spares.count < Self.limit })
        else { return nil }
        return Spare(id: UploadID(), repository: repository, started: started, left: now)
    }

    /// Keeps a folder that was left.
    func keep(_ spare: Spare) { state.withLock { $0.spares.append(spare) } }

    /// The folder that was left last in a repository; nobody else gets it.
    func take(in repository: RepositoryName) -> Spare? {
        state.withLock { state in
            state.spares.lastIndex { $0.repository == repository }.map { state.spares.remove(at: $0) }
        }
    }

    /// Those that were left up to a time; nobody else gets them.
    func take(leftUntil time: WallTime) -> [Spare] {
        state.withLock { state in
            let old = state.spares.filter { $0.left <= time }
            state.spares.removeAll { $0.left <= time }
            return old
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
        for spare in spares.take(leftUntil: WallTime(seconds: shared.now().seconds - seconds)) {
            do {
                try await deleteTreeIfPresent(StoreLayout.upload(spare.id, in: spare.repository))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }
}
