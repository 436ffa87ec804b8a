import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RegistryCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A write-ahead log: what makes small objects last before their own files do, and large ones before their names do.
///
/// A push of a small blob has two files in two new folders, and four to six waits for the disk, one after the other. Here it
/// has one: the objects' bytes and paths are appended to a file whose place on the disk doesn't change, which is flushed for
/// all who append at once (group commit), while their files are written. Then these get their names, are seen, and the push is
/// acknowledged. They and their folders are made durable a moment later, many at a time, and what the log has of them counts
/// no more. After a crash of the machine ``recoverAndRemove()`` puts again what the log still has.
///
/// A large object's bytes are made durable in a file beside its place. Where the file system makes that file's name durable
/// with them, what the log has of the object is that the file was moved there, and its folder is not waited for either.
///
/// Its rules:
/// - An object has its name only after the log has it durably: what is seen, or half seen after a crash, is in the log.
/// - Objects at one path are named in the order in which the log has them.
/// - Whatever else changes a path that the log has is acknowledged when the log has it no more (``settle(put:)``,
///   ``settle(removed:andBelow:)``). Else a crash would undo it.
///
/// Where there is no log, or none that has room, files are made durable before they are named, as they are without one: it is
/// only faster.
final class WriteAheadLog: Sendable {
    /// What is in it, and how much of that.
    struct Limits: Sendable {
        /// Bytes of each of its two halves: of blobs of 64 KiB, what 2,400 pushes a second are in a tenth of a second, in which
        /// the other half is settled.
        var segment = 16 << 20
        /// The most bytes that are put by one record. What is larger would be written twice for a small gain.
        var record = 128 << 10
        /// How many nanoseconds after its record a file may be named at the latest. After a crash one that is a minute newer than
        /// the last record counts as another program's.
        var delay: Int64 = 10_000_000_000
    }

    /// Objects that the log has and that are on their way to their places.
    final class Entry: Sendable {
        private let file: LogFile
        let segment: Int
        /// Where its record lies in the segment.
        let offset: Int
        let number: UInt64
        /// The record's time, before which none of the files was written.
        let time: Int64
        /// The absolute paths of the objects' places.
        let targets: [String]
        private let state = ConditionLock(value: 0)
        private let endTime = Atomic<Int64>(.max)

        init(in file: LogFile, segment: Int, offset: Int, number: UInt64, time: Int64, targets: [String]) {
            self.file = file
            self.segment = segment
            self.offset = offset
            self.number = number
            self.time = time
            self.targets = targets
        }

        var isEnded: Bool { state.value == 1 }

        /// The time after which none of the files was written; only what has ended has one.
        var end: Int64 { endTime.load(ordering: .relaxed) }

        func finish() {
            endTime.store(WriteAheadLog.time(), ordering: .relaxed)
            state.lock()
            state.unlock(withValue: 1)
        }

        /// Waits until its files are named. Who does may have the only thread that could flush the log for them.
        func wait() {
            if isEnded { return }
            file.makeFlushesLeft()
            state.lock(whenValue: 1)
            state.unlock()
        }
    }

    struct Segment {
        var head: LogSegmentHead
        /// Where the next record goes.
        var end = LogRecord.page
        var entries: [Entry] = []
        /// Whether a call of the disk failed for one of its objects: then their bytes are put again from the record.
        var needsRedoing = false

        var isEmpty: Bool { end == LogRecord.page }
    }

    struct State {
        /// `nil` while there is no log.
        var file: LogFile?
        /// Whether a call failed for the file, or it is gone: it takes nothing more, and is removed when all of it is settled.
        var isBroken = false
        /// Tells the one who settles what is appended that there is something to do; `nil` while there is nobody.
        var service: AsyncStream<Void>.Continuation?
        /// Whether the store lies where a log wins nothing.
        var isUnsuitable = false
        /// Whether a new file's name lasts with its bytes (``LogFile/keepsNames``).
        var keepsNames = false
        /// Whether an append found no log.
        var isWanted = false
        var segments: [Segment] = []
        var active = 0
        var number: UInt64 = 0
        /// By its place, the last entry for each object whose own file need not last yet.
        var pending: [String: Entry] = [:]
        var lastUse = ContinuousClock.now
        /// The time of another process's log when nothing was in that: to look for what is in it takes milliseconds.
        var otherAtRest: Int64?
        /// When it may be opened, after that has failed.
        var notBefore: ContinuousClock.Instant?

        var takesEntries: Bool { file != nil && !isBroken }

        /// Notes that the log is of use, and has it opened if there is none.
        mutating func callForLog() {
            lastUse = .now
            guard file == nil, !isWanted, !isUnsuitable, let service else { return }
            if let notBefore, notBefore > lastUse { return }
            isWanted = true
            service.yield()
        }
    }

    let place: FilesystemRoot
    let limits: Limits
    let changes: FolderChanges
    let threads: NIOThreadPool
    /// Where the disk flushes it.
    let flushing: NIOThreadPool
    let run: SystemRun?
    let waits: ConcurrentSteps
    // A lock that sleeps, as in `UnsettledFolders`.
    let state = NIOLockedValueBox(State())
    /// Held by the one who settles.
    let settling = NIOLock()

    init(
        place: FilesystemRoot,
        limits: Limits,
        changes: FolderChanges,
        threads: NIOThreadPool,
        flushing: NIOThreadPool,
        run: SystemRun?
    ) {
        self.place = place
        self.limits = limits
        self.changes = changes
        self.threads = threads
        self.run = run
        waits = ConcurrentSteps(threads: threads)
        self.flushing = flushing
    }

    /// What of a row of objects the log may take.
    struct Share {
        /// Where those begin, at its end, whose bytes the log is to have.
        var bytes: Int
        /// Whether it may have those before as files that are moved.
        var takesFiles: Bool
    }

    /// What of a row of objects the log may take; `nil` while there is none.
    ///
    /// - Parameter calls: whether they are what a log is opened for, and kept open.
    func share(of items: [FileRow.Item], calls: Bool) -> Share? {
        let share = state.withLockedValue { state in
            if calls { state.callForLog() }
            return state.takesEntries ? Share(bytes: items.count, takesFiles: state.keepsNames) : nil
        }
        guard var share else { return nil }
        var count = 0
        while share.bytes > 0 {
            count += items[share.bytes - 1].byteCount
            if count > limits.record { break }
            share.bytes -= 1
        }
        return share
    }

    /// Objects that are written to the log and on their way to the disk.
    struct Begun {
        fileprivate let file: LogFile
        fileprivate let entry: Entry
        fileprivate let flush: SharedFlushes.Round
    }

    /// Appends a record of objects, which lasts when ``name(_:_:)`` has returned.
    ///
    /// - Returns: `nil` when there is no room, or no log. What it returns is to be given to ``name(_:_:)`` or ``cancel(_:)``.
    func begin(_ objects: [LogRecord.Object]) -> Begun? {
        let length = LogRecord.length(of: objects)
        let targets = objects.map { place.absolute($0.path) }
        while true {
            switch reserve(length, targets) {
            case .place(let place):
                do throws(SystemFailure) {
                    try write(objects, at: place)
                    return Begun(file: place.file, entry: place.entry, flush: place.file.requestFlush())
                } catch {
                    give(up: place.file)
                    place.entry.finish()
                    return nil
                }
            case .behind(let entry): entry.wait()
            case .none: return nil
            }
        }
    }

    /// Runs a body when it is known whether the log has objects durably: on the thread that has flushed it, or at once. The body
    /// calls ``name(_:_:)``, which does not wait then.
    func whenFlushed(_ begun: Begun, _ body: @escaping @Sendable () -> Void) { begun.file.after(begun.flush, body) }

    /// Has the files of objects named when the log has them durably.
    ///
    /// - Returns: `false`, without having named any, when the log could not be written, or the files took too long for it.
    /// - Throws: what `name` throws; a crash does not put the objects then.
    func name(_ begun: Begun, _ name: () throws(SystemFailure) -> Void) throws(SystemFailure) -> Bool {
        defer { begun.entry.finish() }
        do throws(SystemFailure) {
            try begun.file.wait(for: begun.flush)
        } catch {
            give(up: begun.file)
            return false
        }
        guard Self.time() - begun.entry.time <= limits.delay else { return false }
        do throws(SystemFailure) {
            try name()
            return true
        } catch {
            revoke(begun.entry)
            throw error
        }
    }

    /// Takes objects back that nobody was told of.
    func cancel(_ begun: Begun) {
        revoke(begun.entry)
        begun.entry.finish()
    }

    private struct Place {
        let file: LogFile
        let entry: Entry
        let generation: UInt64
    }

    private enum Reservation {
        case place(Place)
        /// One of the objects is on its way to its place by another entry.
        case behind(Entry)
        case none
    }

    private func reserve(_ length: Int, _ targets: [String]) -> Reservation {
        var leavesFull = false
        // What fails there fails again, and is told, when the log has its next turn.
        defer { if leavesFull { threads.submit { if case .active = $0 { try? self.settleFull() } } } }
        return state.withLockedValue { state in
            guard let file = state.file, !state.isBroken else { return .none }
            for target in targets {
                if let entry = state.pending[target], !entry.isEnded { return .behind(entry) }
            }
            if state.segments[state.active].end + length > limits.segment {
                let other = 1 - state.active
                guard state.segments[other].isEmpty, LogRecord.page + length <= limits.segment else { return .none }
                state.active = other
                leavesFull = true
            }
            let (active, offset) = (state.active, state.segments[state.active].end)
            if state.segments[state.active].isEmpty { state.service?.yield() }
            state.number += 1
            let entry = Entry(
                in: file,
                segment: active,
                offset: offset,
                number: state.number,
                time: Self.time(),
                targets: targets
            )
            state.segments[active].end += length
            state.segments[active].entries.append(entry)
            for target in targets { state.pending[target] = entry }
            return .place(Place(file: file, entry: entry, generation: state.segments[active].head.generation))
        }
    }

    private func write(_ objects: [LogRecord.Object], at place: Place) throws(SystemFailure) {
        let head = LogRecord.head(
            of: objects,
            generation: place.generation,
            number: place.entry.number,
            time: place.entry.time
        )
        try place.file.write(
            [head] + objects.flatMap(\.content.parts),
            in: place.entry.segment,
            at: place.entry.offset
        )
    }

    /// Takes an entry back, of which an object could not be put in its place, before anybody is told so: after a crash it
    /// would be put all the same.
    private func revoke(_ entry: Entry) {
        guard let file = state.withLockedValue({ $0.file }) else { return }
        do throws(SystemFailure) {
            let hash = LogRecord.hashPlace
            let zeros = ByteBuffer(repeating: 0, count: hash.count)
            try file.write([zeros], in: entry.segment, at: entry.offset + hash.lowerBound)
            try file.flush()
        } catch {
            give(up: file)
        }
    }

    /// Stops using a log that can't be written to. What it has is still to be settled.
    func give(up file: LogFile) {
        state.withLockedValue { if $0.file === file { $0.isBroken = true } }
    }

    static func time() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
    }
}
