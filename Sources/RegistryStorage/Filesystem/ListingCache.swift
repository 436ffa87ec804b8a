import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The names of the folders that were listed last. It is asked with the folder's stamp of this moment, and answers
/// only when nothing has changed since the names were read.
final class ListingCache: Sendable {
    private struct Slot {
        var stamp: FolderStamp
        var names: NameTable
        var lastUse: UInt64
    }

    private struct State {
        var slots: [String: Slot] = [:]
        var names = 0
        var uses: UInt64 = 0
    }

    private let limits: FilesystemDriver.ListingCacheLimits
    private let state = Mutex(State())

    init(limits: FilesystemDriver.ListingCacheLimits) { self.limits = limits }

    /// The names of a folder that has this stamp now.
    func names(in folder: String, _ stamp: FolderStamp) -> NameTable? {
        state.withLock { state in
            guard let slot = state.slots[folder], slot.stamp == stamp else { return nil }
            state.uses += 1
            state.slots[folder]?.lastUse = state.uses
            return slot.names
        }
    }

    /// Keeps the names of a folder that had this stamp before and after they were read; the stamp must be
    /// ``FolderStamp/isSettled(at:)`` as of before.
    func keep(_ names: NameTable, of folder: String, _ stamp: FolderStamp) {
        state.withLock { state in
            if let old = state.slots.removeValue(forKey: folder) { state.names -= old.names.count }
            guard names.count >= limits.smallest, names.count <= limits.names, limits.folders > 0 else { return }
            while state.names + names.count > limits.names || state.slots.count >= limits.folders {
                guard let oldest = state.slots.min(by: { $0.value.lastUse < $1.value.lastUse }) else { break }
                state.names -= oldest.value.names.count
                state.slots[oldest.key] = nil
            }
            state.uses += 1
            state.slots[folder] = Slot(stamp: stamp, names: names, lastUse: state.uses)
            state.names += names.count
        }
    }
}

extension FolderStamp {
    /// Whether a later change of the folder is sure to change its stamp.
    ///
    /// The kernel stamps a change with a clock that ticks every 1 to 10 ms, so that two changes within a tick look
    /// alike, as in git's "racily clean" index. A stamp that lies well behind the clock can't come up again. Where
    /// its nanoseconds are all zero the file system may count in seconds, FAT in two.
    func isSettled(at now: Int64) -> Bool {
        let last = max(modified, changed)
        let coarse = modified % 1_000_000_000 == 0 || changed % 1_000_000_000 == 0
        return last < now - (coarse ? 2_100_000_000 : 20_000_000)
    }

    /// The system's clock, in nanoseconds since 1970.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
