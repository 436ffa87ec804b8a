import NIOConcurrencyHelpers
import NIOCore
import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension WriteAheadLog {
    /// Makes sure that no crash undoes what was put in another way at a path, before anybody is told so. What another process's
    /// log has of the path is older than what was put, and counts for nothing.
    func settle(put target: String) throws(SystemFailure) {
        if state.withLockedValue({ $0.isBroken || $0.pending[target] != nil }) { try settleAll() }
    }

    /// Makes sure that no crash brings back what was removed, before anybody is told so, be it in this process's log or in
    /// another one's.
    ///
    /// - Parameters:
    ///   - target: the absolute path that was removed.
    ///   - andBelow: whether all that was below it was, too.
    func settle(removed target: String, andBelow: Bool = false) throws(SystemFailure) {
        let (isHeld, isOwner) = state.withLockedValue { state in
            (state.isBroken || Self.isHeld(target, andBelow, state.pending), state.file != nil)
        }
        if isHeld { try settleAll() }
        if !isOwner { try awaitOther() }
    }

    private static func isHeld(_ target: String, _ andBelow: Bool, _ pending: [String: Entry]) -> Bool {
        if pending.isEmpty { return false }
        if pending[target] != nil { return true }
        guard andBelow else { return false }
        let folder = target == "/" ? target : target + "/"
        return pending.keys.contains { $0.utf8.starts(with: folder.utf8) }
    }

    /// Settles all that was appended before.
    func settleAll() throws(SystemFailure) {
        settling.lock()
        defer { settling.unlock() }
        try settleLeft()
        state.withLockedValue { state in
            guard state.file != nil, state.segments[1 - state.active].isEmpty else { return }
            state.active = 1 - state.active
        }
        try settleLeft()
        try removeBroken()
    }

    /// Settles the segment that is full.
    func settleFull() throws(SystemFailure) {
        settling.lock()
        defer { settling.unlock() }
        try settleLeft()
    }

    /// Settles the segment that nobody appends to.
    private func settleLeft() throws(SystemFailure) {
        let left = state.withLockedValue { state -> (file: LogFile, number: Int, segment: Segment)? in
            guard let file = state.file else { return nil }
            let number = 1 - state.active
            return state.segments[number].isEmpty ? nil : (file, number, state.segments[number])
        }
        guard let (file, number, segment) = left else { return }
        for entry in segment.entries { entry.wait() }
        do throws(SystemFailure) {
            if segment.needsRedoing {
                try rewrite(number, of: file, segment)
            } else {
                let targets = segment.entries.flatMap(\.targets)
                let isDone = targets.count >= Self.many ? try makeAllDurable(file) : false
                if !isDone { try makeDurable(targets) }
            }
        } catch {
            // What could not be written once may be reported as written the next time.
            state.withLockedValue { $0.segments[number].needsRedoing = true }
            throw error
        }
        try empty(number, of: file, segment)
    }

    /// From how many files on it is worth while to wait for all that the file system has to write: it takes half as much of the
    /// processors as each of them by itself, and a tenth of the time. For fewer it would write what others have, for little.
    private static let many = 16

    /// Says in the file that nothing of a segment counts any more.
    private func empty(_ number: Int, of file: LogFile, _ segment: Segment) throws(SystemFailure) {
        let head = LogSegmentHead.fresh(segment.head.run)
        if !state.withLockedValue({ $0.isBroken }) {
            do throws(SystemFailure) {
                try file.write([head.bytes], in: number, at: 0)
                try file.flush()
            } catch {
                give(up: file)
            }
        }
        state.withLockedValue { state in
            state.segments[number] = Segment(head: head)
            for entry in segment.entries {
                for target in entry.targets where state.pending[target] === entry { state.pending[target] = nil }
            }
        }
    }

    /// Removes a file that can't be used any more, of which all is settled.
    private func removeBroken() throws(SystemFailure) {
        // Something may have been appended since all was settled, before it broke.
        let file = state.withLockedValue { $0.isBroken && $0.segments.allSatisfy(\.isEmpty) ? $0.file : nil }
        guard let file else { return }
        try remove(file)
        state.withLockedValue { state in
            state.file = nil
            state.isBroken = false
        }
    }

    /// Removes the file, durably.
    func remove(_ file: LogFile) throws(SystemFailure) {
        try file.remove()
        try changes.synchronize(place.absolute(.root))
    }

    /// Makes all durable that the file system has.
    ///
    /// - Returns: `false` where that can't be known.
    private func makeAllDurable(_ file: LogFile) throws(SystemFailure) -> Bool {
        let made = changes.unsettled.allMade
        guard try file.synchronizeWholeSystem() else { return false }
        // Of ext4 without a journal that has only been handed to the disk, which is not told to keep it.
        try file.synchronize()
        changes.unsettled.settle(made)
        return true
    }

    /// Makes files durable that are there, and their names.
    func makeDurable(_ targets: [String]) throws(SystemFailure) {
        try inParts(Set(targets)) { [changes] (target) throws(SystemFailure) in
            let descriptor: CInt
            do throws(SystemFailure) {
                descriptor = try changes.calls.openFile(target)
            } catch {
                // Whoever has removed it sees to that.
                guard error.number == ENOENT || error.number == ENOTDIR else { throw error }
                return
            }
            defer { changes.calls.closeFile(descriptor) }
            try changes.calls.synchronizeFile(descriptor)
        }
        try inParts(Set(targets.compactMap(parentFolder))) { [changes] (folder) throws(SystemFailure) in
            // Of a folder that was removed, that it was.
            var folder = folder
            while (try? FileStatus(at: folder)) == nil, let parent = parentFolder(folder) { folder = parent }
            try changes.makeDurable(folder)
        }
    }

    /// How many threads wait for the disk where there are many. Else one does: pushes would wait for it behind more.
    private static let parts = 4

    private func inParts(
        _ paths: Set<String>,
        _ body: @escaping @Sendable (String) throws(SystemFailure) -> Void
    ) throws(SystemFailure) {
        let paths = Array(paths)
        let parts = paths.count < Self.many ? 1 : Self.parts
        let length = (paths.count + parts - 1) / parts
        let steps = stride(from: 0, to: paths.count, by: max(length, 1)).map { start -> ConcurrentSteps.Step in
            let part = paths[start..<min(start + length, paths.count)]
            return {
                SystemFailure.of { () throws(SystemFailure) in for path in part { try body(path) } }
            }
        }
        do throws(ConcurrentSteps.Failure) { try waits.run(steps) } catch { throw error.failure }
    }

    /// How long another process's log is waited for.
    private static let patience = Duration.seconds(10)

    /// Waits until the log of another process on this machine has nothing more of what it has now.
    private func awaitOther() throws(SystemFailure) {
        let path = LogFile.path(in: place)
        guard let status = try? FileStatus(at: path), status.modified != state.withLockedValue({ $0.otherAtRest })
        else {
            return
        }
        guard let before = LogFile.otherGenerations(at: path, limits.segment) else { return }
        if before.isEmpty {
            // Files' times are those of the clock's last tick.
            if Self.time() - status.modified > 100_000_000 {
                state.withLockedValue { $0.otherAtRest = status.modified }
            }
            return
        }
        let deadline = ContinuousClock.now + Self.patience
        while let now = LogFile.otherGenerations(at: path, limits.segment), !before.isDisjoint(with: now) {
            guard ContinuousClock.now < deadline else { throw SystemFailure(EAGAIN, "flock") }
            usleep(10_000)
        }
    }
}
