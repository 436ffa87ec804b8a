import NIOPosix
import Synchronization

/// Has the disk flush what was appended to a large file while more of it comes, one file of a store at a time.
///
/// A disk with a cache of its own, as nearly all virtual ones have, takes what it is given at once and keeps it there
/// until somebody waits for it: at the end of 256 MiB that was 0.35 of 0.8 s. What is flushed early need not be waited
/// for then. Nothing relies on it: the file's owner synchronises it all the same, by a descriptor of his own, which is
/// told of each failure that this one is told of.
final class EarlySyncs: Sendable {
    /// After so many bytes it is worth a commit of the file system's journal. With 32 MiB a push took 8 % longer.
    static let distance: Int64 = 16 << 20

    private let calls: any SystemCalls
    private let threads: NIOThreadPool
    private let isBusy = Atomic(false)

    init(calls: any SystemCalls, threads: NIOThreadPool) {
        self.calls = calls
        self.threads = threads
    }

    /// Begins to synchronise a file, by its path; `false` when another one is being synchronised.
    func begin(_ file: String) -> Bool {
        guard isBusy.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return false }
        threads.submit { state in
            if case .active = state { self.calls.synchronizeEarly(file) }
            self.isBusy.store(false, ordering: .relaxed)
        }
        return true
    }
}
