import NIOConcurrencyHelpers
import Synchronization

/// Lets concurrent changes of one folder share what makes them durable: group commit.
///
/// Whoever comes while a folder is being synchronised waits for the next time, which begins after its change, together
/// with all others that have come meanwhile. What fails fails for each of them.
///
/// `syncfs` for many waiters was measured and not taken: a third of the CPU, but half of the pushes a second with eight
/// clients, since it waits for whatever else is being written to the disk.
final class FolderSyncs: Sendable {
    /// One synchronisation of one folder.
    private final class Round: Sendable {
        private let result = ConditionLock<Int>(value: 0)
        private let failure = Mutex<SystemFailure?>(nil)

        func end(_ failure: SystemFailure?) {
            self.failure.withLock { $0 = failure }
            result.lock()
            result.unlock(withValue: 1)
        }

        func wait() -> SystemFailure? {
            result.lock(whenValue: 1)
            result.unlock()
            return failure.withLock { $0 }
        }
    }

    private struct Rounds {
        /// The one that has begun; a change that is made now may not be in it.
        var running: Round
        /// The one that begins when that has ended.
        var next: Round?
        /// How many wait for it, the one that will run it included.
        var waiting = 0
    }

    private enum Part {
        case first(Round)
        case next(Round, after: Round)
        case waiting(Round)
    }

    // A lock that sleeps, as in `UnsettledFolders`.
    private let folders = NIOLockedValueBox<[String: Rounds]>([:])

    /// Runs `body`, or waits for a run of it by another thread that began after this call.
    func share(_ folder: String, _ body: () throws(SystemFailure) -> Void) throws(SystemFailure) {
        let failure: SystemFailure?
        switch part(in: folder) {
        case .first(let round): failure = run(round, folder, body)
        case .waiting(let round): failure = round.wait()
        case .next(let round, let before):
            _ = before.wait()
            // From now on it may be too late for others to be covered by this round.
            folders.withLockedValue { $0[folder] = Rounds(running: round) }
            failure = run(round, folder, body)
        }
        if let failure { throw failure }
    }

    /// How many wait for the next synchronisation of a folder; for tests.
    func waitingCount(for folder: String) -> Int { folders.withLockedValue { $0[folder]?.waiting ?? 0 } }

    private func part(in folder: String) -> Part {
        folders.withLockedValue { folders in
            guard let rounds = folders[folder] else {
                let round = Round()
                folders[folder] = Rounds(running: round)
                return .first(round)
            }
            folders[folder]?.waiting += 1
            if let next = rounds.next { return .waiting(next) }
            let next = Round()
            folders[folder]?.next = next
            return .next(next, after: rounds.running)
        }
    }

    private func run(
        _ round: Round,
        _ folder: String,
        _ body: () throws(SystemFailure) -> Void
    ) -> SystemFailure? {
        let failure = SystemFailure.of(body)
        folders.withLockedValue { folders in
            if folders[folder]?.next == nil { folders[folder] = nil }
        }
        round.end(failure)
        return failure
    }
}
