import NIOConcurrencyHelpers
import NIOCore
import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension WriteAheadLog {
    /// Opens the log, and makes it when there is none: after what it has been left with is where it belongs. It does nothing
    /// while another process has it, and where a log wins nothing.
    func open() throws(SystemFailure) {
        guard let run, state.withLockedValue({ $0.file == nil && !$0.isUnsuitable }) else { return }
        try changes.presence.checkIdentity()
        guard let file = try openFile(making: true) else { return }
        do throws(SystemFailure) {
            // Its disk may have gone between the two calls: nothing is left on a mount point, which looked like a store then.
            try changes.presence.checkIdentity()
        } catch {
            try file.remove()
            throw error
        }
        guard file.isLocal else {
            try file.remove()
            return state.withLockedValue { $0.isUnsuitable = true }
        }
        try recover(file)
        guard file.hasRoom else { return try remove(file) }
        let keepsNames = file.keepsNames
        let heads = [LogSegmentHead.fresh(run), .fresh(run)]
        do throws(SystemFailure) {
            try file.fill()
            for (number, head) in heads.enumerated() { try file.write([head.bytes], in: number, at: 0) }
            try file.synchronize()
            try changes.synchronize(place.absolute(.root))
        } catch {
            try? file.remove()
            throw error
        }
        state.withLockedValue { state in
            state.segments = heads.map { Segment(head: $0) }
            state.pending = [:]
            state.active = 0
            state.keepsNames = keepsNames
            state.file = file
        }
    }

    private func openFile(making: Bool) throws(SystemFailure) -> LogFile? {
        let length = limits.segment
        return try LogFile.open(in: place, segmentLength: length, making: making, flushing: flushing, changes.calls)
    }

    /// Closes the log after all of it is settled, if nobody appended to it for a while.
    func close(unusedFor time: Duration) throws(SystemFailure) {
        settling.lock()
        defer { settling.unlock() }
        state.withLockedValue { state in
            guard state.pending.isEmpty, state.segments.allSatisfy(\.isEmpty), .now - state.lastUse >= time else {
                return
            }
            state.file = nil
        }
    }

    /// Settles the log and removes it, for good.
    func end() throws(SystemFailure) {
        state.withLockedValue { $0.service = nil }
        guard let file = state.withLockedValue({ $0.file }) else { return try recoverAndRemove() }
        // What is appended from now on goes without it.
        give(up: file)
        try settleAll()
    }

    /// Puts what a log was left with where it belongs, and removes the log.
    func recoverAndRemove() throws(SystemFailure) {
        let found: LogFile?
        do throws(SystemFailure) {
            found = try openFile(making: false)
        } catch {
            guard error.number == ENOENT || error.number == ENOTDIR else { throw error }
            return
        }
        guard let found else { return }
        try recover(found)
        try remove(found)
    }

    /// Puts what a log was left with where it belongs.
    ///
    /// As long as the system hasn't been started anew, all of it is in its place, or was not acknowledged, and others may have
    /// changed it since: it is only made durable. After that it may be missing or broken, and is put again.
    private func recover(_ file: LogFile) throws(SystemFailure) {
        var (lasting, lost): ([LogRecord], [LogRecord]) = ([], [])
        for number in 0..<2 {
            let bytes = try file.read(segment: number)
            guard let head = bytes.getSlice(at: 0, length: LogRecord.page).flatMap({ LogSegmentHead($0) }) else {
                continue
            }
            let records = Self.records(in: bytes, head)
            if head.run == run { lasting += records } else { lost += records }
        }
        try makeDurable(lasting.flatMap { $0.objects.map { place.absolute($0.path) } })
        try redo(lost)
    }

    /// The whole records of a segment. One that was not written to its end has others behind it.
    private static func records(in segment: ByteBuffer, _ head: LogSegmentHead) -> [LogRecord] {
        var bytes = segment
        bytes.moveReaderIndex(forwardBy: min(LogRecord.page, bytes.readableBytes))
        var found: [LogRecord] = []
        while bytes.readableBytes > 0 {
            if let record = LogRecord(readingFrom: &bytes, generation: head.generation) {
                found.append(record)
            } else {
                bytes.moveReaderIndex(forwardBy: 1)
            }
            let pages = (bytes.readerIndex + LogRecord.page - 1) / LogRecord.page * LogRecord.page
            bytes.moveReaderIndex(to: min(pages, bytes.writerIndex))
        }
        return found
    }

    /// Puts the objects of some records again, unless something newer is there: all that can be, before it throws.
    private func redo(_ records: [LogRecord]) throws(SystemFailure) {
        let records = records.sorted { $0.number < $1.number }
        let end = (records.map(\.time).max() ?? 0) + Self.patience
        var failure: SystemFailure?
        var last: [StoragePath: UInt64] = [:]
        for record in records { for object in record.objects { last[object.path] = record.number } }
        for record in records {
            // Only the last for each path: one that was put again looks newer than any record.
            for object in record.objects where last[object.path] == record.number {
                let target = place.absolute(object.path)
                // Not by the record's own time: a crash may leave another file's bytes and times, if there is no journal.
                if let status = try? FileStatus(at: target), status.modified > end { continue }
                do throws(SystemFailure) {
                    try clearWay(to: target)
                    let file = AtomicFile(changes: changes, target: target)
                    switch object.content {
                    case .bytes(let bytes): try file.replace(with: bytes)
                    case .file(let name): try file.replace(withFileNamed: name)
                    }
                } catch {
                    failure = failure ?? error
                }
            }
        }
        if let failure { throw failure }
    }

    /// How long after the last record a file was put, in nanoseconds, that another program has put since the crash.
    private static let patience: Int64 = 60_000_000_000

    /// Sets aside what a crash left in the place of a folder, or a folder in a file's.
    private func clearWay(to target: String) throws(SystemFailure) {
        if let status = try? FileStatus(at: target), status.isFolder {
            try changes.calls.renameFile(target, to: TemporaryName.make(for: target))
        }
        var folder = parentFolder(target)
        while let path = folder, path.utf8.count > place.text.utf8.count {
            if let status = try? FileStatus(at: path), !status.isFolder {
                return try changes.calls.renameFile(path, to: TemporaryName.make(for: path))
            }
            folder = parentFolder(path)
        }
    }

    /// Writes the objects of a segment's records anew that are still those that were put last, and were not removed.
    func rewrite(_ number: Int, of file: LogFile, _ segment: Segment) throws(SystemFailure) {
        let last = state.withLockedValue { $0.pending }
        for record in Self.records(in: try file.read(segment: number), segment.head) {
            for object in record.objects {
                let target = place.absolute(object.path)
                // What is newer is somebody else's. Of one that was moved the bytes last.
                guard case .bytes(let bytes) = object.content, let entry = last[target], entry.number == record.number,
                    let status = try? FileStatus(at: target), !status.isFolder, status.modified <= entry.end
                else { continue }
                try AtomicFile(changes: changes, target: target).replace(with: bytes)
            }
        }
        // And whatever has come in their places.
        try makeDurable(segment.entries.flatMap(\.targets))
    }
}
