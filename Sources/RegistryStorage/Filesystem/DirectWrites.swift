import Synchronization

/// Lets files of a store be written past the kernel's memory, where the disk is fast enough: a few at a time that grow, and a
/// few more whose bytes are there as a whole.
///
/// The kernel's memory is full of what was read before. To make room in it, to copy into it and to write back from it was
/// half of what a push of 256 MiB cost and a quarter of one of 1 MiB, and took away what others pull. The price is that the
/// first pull of such a file reads it from the disk: 1.3 ms for 1 MiB instead of 0.35. So a disk that is slower than the
/// networks that it serves is not written to so.
final class DirectWrites: Sendable {
    /// Which files are worth it, and how many at a time.
    enum Kind {
        /// One that grows.
        case growing
        /// One that is written whole: its bytes are there, so that it holds its memory for one call only.
        case whole

        /// How many bytes it must have, or be expected to have. What is less is not written faster so.
        var smallest: Int64 {
            switch self {
            case .growing: 1 << 20
            case .whole: 512 << 10
            }
        }

        /// How many at a time: with more, a disk that waits for each has enough to do.
        var limit: Int {
            switch self {
            case .growing: 4
            case .whole: 8
            }
        }
    }

    /// After a disk was too slow, when the next file tries it again.
    private static let pause = Duration.seconds(60)

    private struct State {
        var (growing, whole) = (0, 0)
        /// What the last file that grew alone waited in, for the next one: new pages are cleared first.
        var spare: DiskPages?
        /// The same of files that were written whole.
        var spares: [DiskPages] = []
        var pace = DiskPace()
        var notBefore: ContinuousClock.Instant?

        var isPausing: Bool { notBefore.map { $0 >= .now } ?? false }

        mutating func pages(for kind: Kind) -> DiskPages? {
            switch kind {
            case .growing:
                guard growing < kind.limit else { return nil }
                growing += 1
                guard growing == 1 else { return DiskPages(DirectRun.bytesOfSharedCall) }
                return spare.take() ?? DiskPages(DirectRun.bytesOfCall)
            case .whole:
                guard whole < kind.limit else { return nil }
                whole += 1
                // There is no page of memory that is so small, but one for two such files.
                if spares.isEmpty { spares = DiskPages(2 * DirectRun.bytesOfWholeCall).divided() }
                return spares.popLast()
            }
        }

        mutating func giveBack(_ pages: DiskPages, of kind: Kind) {
            switch kind {
            case .growing:
                growing -= 1
                if pages.bytes.count == DirectRun.bytesOfCall { spare = pages }
            case .whole:
                whole -= 1
                spares.append(pages)
            }
        }
    }

    private let isOn: Bool
    private let state = Mutex(State())

    init(isOn: Bool) { self.isOn = isOn }

    /// Begins to write an open file past the kernel's memory, behind its first `size` bytes; `nil` where that can't be.
    func begin(_ kind: Kind, _ descriptor: CInt, size: Int64, _ calls: any SystemCalls) -> DirectRun? {
        guard isOn, (try? FilesystemKind(of: descriptor))?.takesDirectWrites == true else { return nil }
        let pages = state.withLock { $0.isPausing ? nil : $0.pages(for: kind) }
        guard let pages else { return nil }
        return DirectRun(descriptor, size: size, Permit(of: self, kind, pages), calls)
    }

    /// Forgets the memory that is kept for the next files.
    func releaseSpares() {
        state.withLock { state in
            state.spare = nil
            state.spares = []
        }
    }

    /// Lets one file be written so, until nobody holds it.
    final class Permit: Sendable {
        private let writes: DirectWrites
        private let kind: Kind
        private let own: DiskPages

        fileprivate init(of writes: DirectWrites, _ kind: Kind, _ pages: DiskPages) {
            self.writes = writes
            self.kind = kind
            own = pages
        }

        deinit { writes.state.withLock { $0.giveBack(own, of: kind) } }

        /// Where bytes wait until they are enough for a call. Memory for each call instead, from whichever thread made it,
        /// was 40 MiB that no processor had near.
        var pages: UnsafeMutableRawBufferPointer { own.bytes }

        /// Whether the disk was found too slow.
        var isOver: Bool { writes.state.withLock { $0.isPausing } }

        /// Says how long a call took.
        func count(_ bytes: Int, in time: Duration) {
            writes.state.withLock { state in
                guard state.pace.count(bytes, in: time, sharedBy: state.growing + state.whole) else { return }
                state.notBefore = .now + DirectWrites.pause
            }
        }
    }
}
