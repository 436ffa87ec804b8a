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
        let content: ByteBuffer
    }

    let items: [Item]
    let waits: ConcurrentSteps

    /// Puts all of them, or those before the one that fails.
    func put() throws(StorageError) {
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
            close(written)
            areOpen = false
            for (index, file) in written.enumerated() {
                current = index
                try items[index].file.publish(file, items[index].content)
            }
        } catch {
            if areOpen { close(written) }
            // The names of those that were published are gone already.
            for (item, file) in zip(items, written) { try? item.file.calls.unlinkFile(file.name) }
            throw StorageError(error, at: items[current].path, .writing)
        }
    }

    /// Makes the bytes of all durable, and the names of the folders that were made for them.
    private func synchronize(_ written: [AtomicFile.Written], _ current: inout Int) throws(SystemFailure) {
        var steps: [ConcurrentSteps.Step] = []
        for (item, file) in zip(items, written) {
            let (target, descriptor) = (item.file, file.descriptor)
            steps.append {
                SystemFailure.of { () throws(SystemFailure) in try target.calls.synchronizeFile(descriptor) }
            }
            steps.append { SystemFailure.of { () throws(SystemFailure) in try target.settleFolder() } }
        }
        do throws(ConcurrentSteps.Failure) {
            try waits.run(steps)
        } catch {
            current = error.place / 2
            throw error.failure
        }
    }

    private func close(_ written: [AtomicFile.Written]) {
        for (item, file) in zip(items, written) { item.file.calls.closeFile(file.descriptor) }
    }
}
