import NIOConcurrencyHelpers

/// Lets concurrent changes of one folder share what makes them durable: group commit.
///
/// Whoever comes while a folder is being synchronised waits for the next time, which begins after its change, together
/// with all others that have come meanwhile. What fails fails for each of them.
///
/// `syncfs` for many waiters was measured and not taken: a third of the CPU, but half of the pushes a second with eight
/// clients, since it waits for whatever else is being written to the disk.
final class FolderSyncs: Sendable {
    private struct Rounds {
        /// The one that has begun; a change that is made now may not be in it.
        var running: SharedSync
        /// The one that begins when that has ended.
        var next: SharedSync?
        /// How many wait for it, the one that will run it included.
        var waiting = 0
    }

    private enum Part {
        case first(SharedSync)
        case next(SharedSync, after: SharedSync)
        case waiting(SharedSync)
    }

    // A lock that sleeps, as in `UnsettledFolders`.
    private let folders = NIOLockedValueBox<[String: Rounds]>([:])

    /// Runs `body`, or waits for a run of it by another thread that began after this call.
    func share(_ folder: String, _ body: () throws(SystemFailure) -> Void) throws(SystemFailure) {
        let round: SharedSync
        switch part(in: folder) {
        case .first(let ours):
            round = ours
            run(round, folder, body)
        case .waiting(let others): round = others
        case .next(let ours, let before):
            round = ours
            // What that fails with is not ours.
            try? before.wait()
            // From now on it may be too late for others to be covered by this round.
            folders.withLockedValue { $0[folder] = Rounds(running: round) }
            run(round, folder, body)
        }
        try round.wait()
    }

    /// How many wait for the next synchronisation of a folder; for tests.
    func waitingCount(for folder: String) -> Int { folders.withLockedValue { $0[folder]?.waiting ?? 0 } }

    private func part(in folder: String) -> Part {
        folders.withLockedValue { folders in
            guard let rounds = folders[folder] else {
                let round = SharedSync()
                folders[folder] = Rounds(running: round)
                return .first(round)
            }
            folders[folder]?.waiting += 1
            if let next = rounds.next { return .waiting(next) }
            let next = SharedSync()
            folders[folder]?.next = next
            return .next(next, after: rounds.running)
        }
    }

    private func run(_ round: SharedSync, _ folder: String, _ body: () throws(SystemFailure) -> Void) {
        round.run(body) {
            folders.withLockedValue { folders in
                if folders[folder]?.next == nil { folders[folder] = nil }
            }
        }
    }
}
