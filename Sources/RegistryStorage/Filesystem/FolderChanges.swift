import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Changes of names that last: folders are made as they are needed, and what was changed is made durable.
struct FolderChanges: Sendable {
    let calls: any SystemCalls
    let unsettled: UnsettledFolders

    /// How often a step is tried again while someone else keeps removing the folder under it.
    private static let attempts = 64

    /// Runs a step that puts a name into a folder, and makes the folder when it isn't there. A concurrent removal of
    /// the tree may take the folder away in between: then once more.
    func insisting<Value>(
        on folder: String,
        _ step: () throws(SystemFailure) -> Value
    ) throws(SystemFailure) -> Value {
        for _ in 0..<Self.attempts {
            do throws(SystemFailure) {
                return try step()
            } catch {
                guard error.number == ENOENT else { throw error }
                try makeFolders(folder)
            }
        }
        throw SystemFailure(EAGAIN, "mkdir")
    }

    /// Makes the names in a folder durable, and those of the folders above it that are not yet.
    func makeDurable(_ folder: String) throws(SystemFailure) {
        try synchronize(folder)
        try settle(upFrom: folder)
    }

    /// Makes the names of a folder and of those above it durable that are not yet.
    func settle(upFrom folder: String) throws(SystemFailure) {
        for note in unsettled.notes(upFrom: folder) {
            if let parent = parentFolder(note.folder) { try synchronize(parent) }
            unsettled.settle(note.folder, note.token)
        }
    }

    /// A folder that has gone took the name with it: whoever removed it came after the change.
    private func synchronize(_ folder: String) throws(SystemFailure) {
        do throws(SystemFailure) {
            try calls.synchronizeFolder(folder)
        } catch  where error.number == ENOENT {}
    }

    private func makeFolders(_ folder: String) throws(SystemFailure) {
        for _ in 0..<Self.attempts {
            let note = unsettled.announce(folder)
            do throws(SystemFailure) {
                return try calls.makeFolder(folder)
            } catch {
                unsettled.revoke(folder, note)
                switch error.number {
                case EEXIST: return
                case ENOENT:
                    guard let parent = parentFolder(folder) else { throw error }
                    try makeFolders(parent)
                default: throw error
                }
            }
        }
        throw SystemFailure(EAGAIN, "mkdir")
    }
}
