import NIOCore
import RegistryCore

/// Small files that are put in their places one after the other, each durable before the next is seen.
///
/// All of them are written before the first one is synchronised: with a journal, what makes the first one's bytes
/// durable does so for the others' folders and names too, and their own calls find little left to do. For `n` files
/// the disk is waited for `n + 1` times, not `2n`; by a caller who is alone also for what those calls still ask of it.
struct FileRow {
    struct Item {
        let path: StoragePath
        let file: AtomicFile
        let content: [ByteBuffer]
    }

    let items: [Item]
    let waits: ConcurrentSteps

    /// Puts all of them, or those before the one that fails.
    func put() throws(StorageError) { try publish(try prepare()) }

    /// Writes all of them, durably, where nobody sees them.
    func prepare() throws(StorageError) -> [AtomicFile.Written] {
        var written: [AtomicFile.Written] = []
        var areOpen = true
        var current = 0
        do throws(SystemFailure) {
            for (index, item) in items.enumerated() {
                current = index
                written.append(try item.file.prepare(item.content))
            }
            for (item, file) in zip(items, written) { item.file.calls.beginWriting(file.descriptor, from: 0, count: 0) }
            try synchronize(written, &current)
            areOpen = false
            close(written)
            return written
        } catch {
            if areOpen { close(written) }
            remove(written)
            throw StorageError(error, at: items[current].path, .writing)
        }
    }

    /// Puts those that were prepared in their places, or those before the one that fails.
    func publish(_ written: [AtomicFile.Written]) throws(StorageError) {
        var current = 0
        do throws(SystemFailure) {
            for (index, file) in written.enumerated() {
                current = index
                try items[index].file.publish(file, items[index].content)
            }
        } catch {
            // The names of those that were published are gone already.
            remove(written)
            throw StorageError(error, at: items[current].path, .writing)
        }
    }

    /// Removes those that were prepared, and the folders in which there is nothing else.
    func cancel(_ written: [AtomicFile.Written]) {
        remove(written)
        // Not the store's own folder: without it the store would be away.
        for item in items where item.path.parent != .root {
            guard let folder = parentFolder(item.file.target) else { continue }
            try? item.file.calls.removeFolder(folder)
        }
    }

    /// Makes the bytes of all durable, and the names of the folders that were made for them.
    private func synchronize(_ written: [AtomicFile.Written], _ current: inout Int) throws(SystemFailure) {
        var steps: [ConcurrentSteps.Step] = []
        for (item, file) in zip(items, written) {
            let (calls, descriptor) = (item.file.calls, file.descriptor)
            steps.append { SystemFailure.of { () throws(SystemFailure) in try calls.synchronizeFile(descriptor) } }
        }
        let folders = unsettledFolders()
        for folder in folders {
            let changes = items[folder.place].file.changes
            steps.append {
                SystemFailure.of { () throws(SystemFailure) in try changes.settle(folder.notes, in: folder.path) }
            }
        }
        do throws(ConcurrentSteps.Failure) {
            try waits.run(steps)
        } catch {
            current = error.place < items.count ? error.place : folders[error.place - items.count].place
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
    private func unsettledFolders() -> [UnsettledFolder] {
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
