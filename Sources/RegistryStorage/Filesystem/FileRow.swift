import NIOCore
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
    }

    let items: [Item]
    let waits: ConcurrentSteps
    /// What makes the small ones at the end last before their own files do.
    var log: WriteAheadLog?
    /// Whether they belong to a push, of which there may be many: what is noted beside them takes a log that is there.
    var isPushed = true

    /// Puts all of them, or those before the one that fails.
    func put() throws(StorageError) { try publish(try prepare()) }

    /// Files that nobody sees yet.
    struct Prepared {
        fileprivate let written: [AtomicFile.Written]
        /// How many of them are durable; the log is to have the others.
        fileprivate let durableCount: Int
    }

    /// Writes all of them where nobody sees them, durably but for those that the log takes.
    func prepare() throws(StorageError) -> Prepared {
        var written: [AtomicFile.Written] = []
        var areOpen = true
        var current = 0
        do throws(SystemFailure) {
            let durableCount = log?.start(in: items, calls: isPushed) ?? items.count
            for (index, item) in items.enumerated() {
                current = index
                written.append(try item.file.prepare(item.content))
            }
            if durableCount > 0 { try synchronize(Array(written[..<durableCount]), &current) }
            areOpen = false
            close(written)
            return Prepared(written: written, durableCount: durableCount)
        } catch {
            if areOpen { close(written) }
            remove(written)
            throw StorageError(error, at: items[current].path, .writing)
        }
    }

    /// Puts those that were prepared in their places, or those before the one that fails.
    func publish(_ prepared: Prepared) throws(StorageError) {
        var current = 0
        do throws(SystemFailure) {
            for index in 0..<prepared.durableCount {
                current = index
                try publish(prepared.written[index], at: index)
            }
            let rest = prepared.durableCount..<items.count
            if rest.isEmpty { return }
            current = rest.lowerBound
            let isLogged = try log?.put(items[rest]) { () throws(SystemFailure) in
                for index in rest {
                    current = index
                    try items[index].file.name(prepared.written[index], items[index].content)
                }
            }
            if isLogged == true { return }
            for index in rest {
                current = index
                try items[index].file.synchronize(prepared.written[index])
                try publish(prepared.written[index], at: index)
            }
        } catch {
            // The names of those that were published are gone already.
            remove(prepared.written)
            throw StorageError(error, at: items[current].path, .writing)
        }
    }

    private func publish(_ written: AtomicFile.Written, at index: Int) throws(SystemFailure) {
        try items[index].file.publish(written, items[index].content)
        try log?.settle(put: items[index].file.target)
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
    private func synchronize(_ written: [AtomicFile.Written], _ current: inout Int) throws(SystemFailure) {
        for (item, file) in zip(items, written) { item.file.calls.beginWriting(file.descriptor, from: 0, count: 0) }
        var steps: [ConcurrentSteps.Step] = []
        for (item, file) in zip(items, written) {
            let (calls, descriptor) = (item.file.calls, file.descriptor)
            steps.append { SystemFailure.of { () throws(SystemFailure) in try calls.synchronizeFile(descriptor) } }
        }
        let folders = unsettledFolders(of: items[..<written.count])
        for folder in folders {
            let changes = items[folder.place].file.changes
            steps.append {
                SystemFailure.of { () throws(SystemFailure) in try changes.settle(folder.notes, in: folder.path) }
            }
        }
        do throws(ConcurrentSteps.Failure) {
            try waits.run(steps)
        } catch {
            current = error.place < written.count ? error.place : folders[error.place - written.count].place
            throw error.failure
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
    private func unsettledFolders(of items: ArraySlice<Item>) -> [UnsettledFolder] {
        var found: [UnsettledFolder] = []
        for (place, item) in items.enumerated() {
            for note in item.file.unsettledFolders {
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
