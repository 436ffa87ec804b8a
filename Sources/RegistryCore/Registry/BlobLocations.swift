import Synchronization

/// Remembers which repositories were seen to hold a blob, so that a mount that names no source can find one.
///
/// It is a hint that may be wrong or forgotten: whoever uses it looks into the store before believing it.
final class BlobLocations: Sendable {
    private struct State {
        var recent: [Digest: [RepositoryName]] = [:]
        /// The generation before: what is not asked for again until the next turn is forgotten.
        var old: [Digest: [RepositoryName]] = [:]
    }

    private let capacity: Int
    private let repositoriesPerBlob = 4
    private let state = Mutex(State())

    /// - Parameter capacity: how many blobs are remembered, at most twice as many.
    init(capacity: Int = 8192) { self.capacity = capacity }

    func remember(_ digest: Digest, in repository: RepositoryName) {
        state.withLock { state in
            var repositories = state.recent[digest] ?? state.old[digest] ?? []
            if repositories.first == repository, state.recent[digest] != nil { return }
            repositories.removeAll { $0 == repository }
            repositories.insert(repository, at: 0)
            if repositories.count > repositoriesPerBlob { repositories.removeLast() }
            if state.recent[digest] == nil, state.recent.count >= capacity {
                state.old = state.recent
                state.recent = [:]
            }
            state.recent[digest] = repositories
        }
    }

    func repositories(holding digest: Digest) -> [RepositoryName] {
        state.withLock { $0.recent[digest] ?? $0.old[digest] ?? [] }
    }
}
