import Synchronization

/// Lets a few large files of a store at a time be written past the kernel's memory, where the disk is fast enough.
///
/// The kernel's memory is full of what was read before. To make room in it, to copy into it and to write back from it was
/// half of what a push of 256 MiB cost, and took away what others pull. The price is that the first pull of such a file
/// reads it from the disk; so a disk that is slower than the networks that it serves is not written to so.
final class DirectWrites: Sendable {
    /// What is worth it, in bytes: a file that is expected to become so large, or has become it. Most blobs are not.
    static let smallest: Int64 = 64 << 20

    /// With more at a time, a disk that waits for each has enough to do.
    static let limit = 4
    /// After a disk was too slow, when the next file tries it again.
    private static let pause = Duration.seconds(60)

    /// Where bytes wait until they are enough for a call, at the address of a page.
    fileprivate final class Pages: Sendable {
        /// Unsafe: who holds the permit is one file's ``DirectRun``, which its ``GrowingFile`` reaches under a lock only.
        nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

        init(_ count: Int) { bytes = .allocate(byteCount: count, alignment: DirectRun.page) }

        deinit { bytes.deallocate() }
    }

    private struct State {
        var running = 0
        /// Those of the last file that was alone, 4 MiB, for the next one: new ones are cleared first, page by page.
        var spare: Pages?
        var notBefore: ContinuousClock.Instant?
    }

    private let isOn: Bool
    private let state = Mutex(State())

    init(isOn: Bool) { self.isOn = isOn }

    /// Begins to write an open file past the kernel's memory, behind its first `size` bytes; `nil` where that can't be.
    func begin(_ descriptor: CInt, size: Int64, _ calls: any SystemCalls) -> DirectRun? {
        guard isOn, (try? FilesystemKind(of: descriptor))?.takesDirectWrites == true, let permit = permit() else {
            return nil
        }
        return DirectRun(descriptor, size: size, permit, calls)
    }

    private func permit() -> Permit? {
        let pages: Pages? = state.withLock { state in
            guard state.running < Self.limit, state.notBefore.map({ $0 < .now }) ?? true else { return nil }
            state.running += 1
            guard state.running == 1 else { return Pages(DirectRun.bytesOfSharedCall) }
            return state.spare.take() ?? Pages(DirectRun.bytesOfCall)
        }
        return pages.map { Permit(of: self, $0) }
    }

    /// Lets one file be written so, until nobody holds it.
    final class Permit: Sendable {
        private let writes: DirectWrites
        private let own: Pages

        fileprivate init(of writes: DirectWrites, _ pages: Pages) {
            self.writes = writes
            own = pages
        }

        deinit {
            writes.state.withLock { state in
                state.running -= 1
                if own.bytes.count == DirectRun.bytesOfCall { state.spare = own }
            }
        }

        /// Where bytes wait until they are enough for a call. Memory for each call instead, from whichever thread made it,
        /// was 40 MiB that no processor had near.
        var pages: UnsafeMutableRawBufferPointer { own.bytes }

        /// How many files are written so now.
        var fileCount: Int { writes.state.withLock { $0.running } }

        /// Says that the disk was too slow for it.
        func reportSlowness() { writes.state.withLock { $0.notBefore = .now + DirectWrites.pause } }
    }
}
