import NIOCore
import NIOPosix
import RegistryCore

/// Small files that are put in their places one after the other, each durable before the next is seen.
///
/// All of them are written before the first one is synchronised: with a journal, what makes the first one's bytes
/// durable does so for the others' folders and names too, and their own calls find little left to do. For `n` files
/// the disk is waited for `n + 1` times, not `2n`; by a caller who is alone also for what those calls still ask of it.
struct FileRow {
    struct Item {
        let object: StoredContent
        let file: AtomicFile

        var path: StoragePath { object.path }
        var content: [ByteBuffer] { object.parts }
        var byteCount: Int { object.byteCount }

        /// What the log is to have of it.
        func logged(_ content: LogRecord.Content) -> LogRecord.Object { LogRecord.Object(path: path, content: content) }
    }

    let items: [Item]
    let waits: ConcurrentSteps
    /// What makes the small ones at the end last before their own files do, and the others before their names do.
    var log: WriteAheadLog?
    /// Whether they belong to a push, of which there may be many: what is noted beside them takes a log that is there.
    var isPushed = true

    /// Puts all of them, or those before the one that fails, without a thread that waits for the log.
    ///
    /// - Parameters:
    ///   - threads: where the disk is waited for, if the log can't have them.
    ///   - end: is called once: before this returns, or by the thread that has flushed the log.
    func put(on threads: NIOThreadPool, then end: @escaping End) {
        do throws(StorageError) {
            guard let (prepared, begun) = try begin() else { return end(.success(())) }
            publish(prepared, begun, on: threads, then: end)
        } catch {
            end(.failure(error))
        }
    }

    /// What is told of the end.
    typealias End = @Sendable (Result<Void, StorageError>) -> Void

    /// Writes them; the disk flushes what the log has of them meanwhile.
    private func begin() throws(StorageError) -> (Prepared, WriteAheadLog.Begun?)? {
        if items.isEmpty { return nil }
        let share = log?.share(of: items, calls: isPushed)
        let begun = share?.bytes == 0 ? log?.begin(items.map { $0.logged(.bytes($0.content)) }) : nil
        do throws(StorageError) {
            return (try prepare(share), begun)
        } catch {
            if let begun { log?.cancel(begun) }
            throw error
        }
    }

    /// Files that nobody sees yet.
    struct Prepared {
        fileprivate let written: [AtomicFile.Written]
        /// How many of them have durable bytes; the log is to have those of the others.
        fileprivate let durableCount: Int
        /// Where those begin that the log is to have, their bytes or that their files were moved.
        fileprivate let logged: Int
    }

    /// Writes all of them where nobody sees them, durably but for those whose bytes the log takes.
    func prepare() throws(StorageError) -> Prepared { try prepare(log?.share(of: items, calls: isPushed)) }

    private func prepare(_ share: WriteAheadLog.Share?) throws(StorageError) -> Prepared {
        var written: [AtomicFile.Written] = []
        var areOpen = true
        var current = 0
        do throws(SystemFailure) {
            let durableCount = share?.bytes ?? items.count
            let takesFiles = share?.takesFiles ?? false
            for (index, item) in items.enumerated() {
                current = index
                written.append(try item.file.prepare(item.content))
            }
            if durableCount > 0 {
                try synchronize(Array(written[..<durableCount]), keepsFolders: takesFiles, &current)
            }
            areOpen = false
            close(written)
            return Prepared(written: written, durableCount: durableCount, logged: takesFiles ? 0 : durableCount)
        } catch {
            if areOpen { close(written) }
            remove(written)
            throw StorageError(error, at: items[current].path, .writing)
        }
    }

    /// Puts those that were prepared in their places, as ``put(on:then:)``.
    ///
    /// - Parameter begun: what the log has begun to have of all of them.
    func publish(
        _ prepared: Prepared,
        _ begun: WriteAheadLog.Begun? = nil,
        on threads: NIOThreadPool,
        then end: @escaping End
    ) {
        do throws(StorageError) {
            guard let log, let begun = try publishDurable(prepared, begun) else { return end(.success(())) }
            log.whenFlushed(begun) {
                do throws(StorageError) {
                    if try name(prepared, begun) { return end(.success(())) }
                } catch {
                    return end(.failure(error))
                }
                threads.submit { state in
                    end(.of { () throws(StorageError) in try publishRest(of: prepared, isStopped: state != .active) })
                }
            }
        } catch {
            end(.failure(error))
        }
    }

    private func publishRest(of prepared: Prepared, isStopped: Bool) throws(StorageError) {
        guard !isStopped else {
            remove(prepared.written)
            throw StorageError(.unavailable, at: items[prepared.logged].path, BlockingCalls.stopped)
        }
        try publish(prepared.logged..<items.count, of: prepared)
    }

    /// Publishes those that the log is not to have, and begins to have the others in the log.
    ///
    /// - Returns: `nil` when all are in their places.
    private func publishDurable(
        _ prepared: Prepared,
        _ begun: WriteAheadLog.Begun?
    ) throws(StorageError) -> WriteAheadLog.Begun? {
        try publish(0..<prepared.logged, of: prepared)
        let rest = prepared.logged..<items.count
        if rest.isEmpty { return nil }
        if let begun = begun ?? log?.begin(rest.map({ logged($0, of: prepared) })) { return begun }
        try publish(rest, of: prepared)
        return nil
    }

    /// Names those that the log has.
    ///
    /// - Returns: `false`, without having named any, when the log doesn't have them.
    private func name(_ prepared: Prepared, _ begun: WriteAheadLog.Begun) throws(StorageError) -> Bool {
        var current = prepared.logged
        return try removing(prepared, &current) { (current) throws(SystemFailure) in
            try log?.name(begun) { () throws(SystemFailure) in
                for index in prepared.logged..<items.count {
                    current = index
                    try items[index].file.name(prepared.written[index], items[index].content)
                }
            } ?? false
        }
    }

    private func publish(_ range: Range<Int>, of prepared: Prepared) throws(StorageError) {
        var current = range.lowerBound
        try removing(prepared, &current) { (current) throws(SystemFailure) in
            for index in range {
                current = index
                try publish(index, of: prepared)
            }
        }
    }

    /// Runs a body, and removes what was prepared when it fails.
    private func removing<Value>(
        _ prepared: Prepared,
        _ current: inout Int,
        _ body: (inout Int) throws(SystemFailure) -> Value
    ) throws(StorageError) -> Value {
        do throws(SystemFailure) {
            return try body(&current)
        } catch {
            // The names of those that were published are gone already.
            remove(prepared.written)
            throw StorageError(error, at: items[current].path, .writing)
        }
    }

    /// Puts one in its place, durably.
    private func publish(_ index: Int, of prepared: Prepared) throws(SystemFailure) {
        let (item, written) = (items[index], prepared.written[index])
        if index >= prepared.durableCount { try item.file.synchronize(written) }
        try item.file.publish(written, item.content)
        try log?.settle(put: item.file.target)
    }

    /// What the log is to have of one.
    private func logged(_ index: Int, of prepared: Prepared) -> LogRecord.Object {
        let item = items[index]
        if index >= prepared.durableCount { return item.logged(.bytes(item.content)) }
        return item.logged(.file(named: lastName(prepared.written[index].name)))
    }

    /// Removes those that were prepared, and the folders in which there is nothing else.
    func cancel(_ prepared: Prepared) {
        remove(prepared.written)
        // Not the store's own folder: without it the store would be away.
        for item in items where item.path.parent != .root {
            guard let folder = parentFolder(item.file.target) else { continue }
            try? item.file.calls.removeFolder(folder)
        }
    }

    /// Makes the bytes of all durable, and the names of the folders that were made for them.
    ///
    /// - Parameter keepsFolders: whether the file system makes the name of a folder durable with those of the files for which
    ///   it was made.
    private func synchronize(
        _ written: [AtomicFile.Written],
        keepsFolders: Bool,
        _ current: inout Int
    ) throws(SystemFailure) {
        // What is alone is synchronised at once.
        if written.count > 1 {
            for (item, file) in zip(items, written) { item.file.calls.beginWriting(file.descriptor, from: 0, count: 0) }
        }
        let files = zip(items, written).enumerated().map { place, pair in
            let (calls, descriptor) = (pair.0.file.calls, pair.1.descriptor)
            return Step(place: place) { () throws(SystemFailure) in try calls.synchronizeFile(descriptor) }
        }
        let folders = unsettledFolders(of: written, keepsFolders).map { folder in
            let changes = items[folder.place].file.changes
            return Step(place: folder.place) { () throws(SystemFailure) in
                try changes.settle(folder.notes, in: folder.path)
            }
        }
        // Without a journal a file takes its folder along only if no other file has: that of another push may be on the way to
        // it still. So who finds the folder there makes that durable first.
        for steps in keepsFolders && !folders.isEmpty ? [folders, files] : [files + folders] {
            do throws(ConcurrentSteps.Failure) {
                try waits.run(steps.map(\.run))
            } catch {
                current = steps[error.place].place
                throw error.failure
            }
        }
    }

    /// Waits for the disk, for one of the files.
    private struct Step {
        let place: Int
        let run: ConcurrentSteps.Step

        init(place: Int, _ body: @escaping @Sendable () throws(SystemFailure) -> Void) {
            self.place = place
            run = { SystemFailure.of(body) }
        }
    }

    /// A folder in which there are names on the way to some of the files that are not durable yet.
    private struct UnsettledFolder {
        let path: String
        /// The first of the files.
        let place: Int
        var notes: [UnsettledFolders.Folder]
    }

    /// Each once, though it be above several of the files.
    private func unsettledFolders(of written: [AtomicFile.Written], _ keepsFolders: Bool) -> [UnsettledFolder] {
        var found: [UnsettledFolder] = []
        for (place, file) in written.enumerated() {
            for note in items[place].file.unsettledFolders(but: keepsFolders ? file : nil) {
                if let index = found.firstIndex(where: { $0.path == note.parent }) {
                    found[index].notes.append(note)
                } else {
                    found.append(UnsettledFolder(path: note.parent, place: place, notes: [note]))
                }
            }
        }
        return found
    }

    private func remove(_ written: [AtomicFile.Written]) {
        for (item, file) in zip(items, written) { try? item.file.calls.unlinkFile(file.name) }
    }

    private func close(_ written: [AtomicFile.Written]) {
        for (item, file) in zip(items, written) { item.file.calls.closeFile(file.descriptor) }
    }
}
