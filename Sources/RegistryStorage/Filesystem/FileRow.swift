import NIOCore
import RegistryCore

/// Small files that are put in their places one after the other, each durable before the next is seen.
///
/// All of them are written before the first one is synchronised: with a journal, what makes the first one's bytes
/// durable does so for the others' folders and names too, and their own calls find little left to do. For `n` files
/// the disk is waited for `n + 1` times, not `2n`.
struct FileRow {
    struct Item {
        let path: StoragePath
        let file: AtomicFile
        let content: ByteBuffer
    }

    let items: [Item]

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
            for (index, file) in written.enumerated() {
                current = index
                try items[index].file.calls.synchronizeFile(file.descriptor)
            }
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

    private func close(_ written: [AtomicFile.Written]) {
        for (item, file) in zip(items, written) { item.file.calls.closeFile(file.descriptor) }
    }
}
