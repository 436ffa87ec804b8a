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
    let syncs: FolderSyncs
    let presence: StorePresence

    /// How often a step is tried again while someone else keeps removing the folder under it.
    private static let attempts = 64

    /// Runs a step that puts a name into a folder, and makes the folder when it isn't there. A concurrent removal of
    /// the tree may take the folder away in between: then once more.
    ///
    /// - Parameters:
    ///   - tree: the folder at or above `folder` from which on down nothing needs to be durable, if any.
    ///   - made: is told, when the folder was not there, whether this call has made it and nobody else.
    func insisting<Value>(
        on folder: String,
        passing tree: String? = nil,
        made: (Bool) -> Void = { _ in },
        _ step: () throws(SystemFailure) -> Value
    ) throws(SystemFailure) -> Value {
        for _ in 0..<Self.attempts {
            do throws(SystemFailure) {
                return try step()
            } catch {
                guard error.number == ENOENT else { throw error }
                if let tree { try makePassingFolders(folder, within: tree) } else { made(try makeFolders(folder)) }
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
        for note in unsettled.notes(upFrom: folder) { try settle([note], in: note.parent) }
    }

    /// Makes the names of folders durable that lie in another one, and are there.
    func settle(_ notes: [UnsettledFolders.Folder], in parent: String) throws(SystemFailure) {
        try synchronize(parent)
        // Also those of which nobody knows yet whether this thread or another one has made them.
        unsettled.settle(notes)
    }

    /// Makes the names in a folder durable, and no others. Threads that ask for it at once share it.
    func synchronize(_ folder: String) throws(SystemFailure) {
        try syncs.share(folder) { () throws(SystemFailure) in
            let made = unsettled.made(in: folder)
            do throws(SystemFailure) {
                try calls.synchronizeFolder(folder)
            } catch  where error.number == ENOENT {
                // A folder that has gone took the name with it: whoever removed it came after the change.
            }
            unsettled.settle(made)
        }
    }

    /// Makes the folders above a file that is about to be put there, so that what makes the file durable has them in
    /// the same turn. It is no error if it fails: then the step that needs them says so.
    func prepare(_ folder: String) {
        _ = try? makeFolders(folder)
    }

    /// Makes a folder and those above it.
    ///
    /// - Returns: `false` when somebody else has made it.
    private func makeFolders(_ folder: String) throws(SystemFailure) -> Bool {
        for _ in 0..<Self.attempts {
            guard let parent = parentFolder(folder) else { throw SystemFailure(ENOENT, "mkdir") }
            let note = unsettled.announce(folder, in: parent)
            do throws(SystemFailure) {
                try makeFolder(folder)
                unsettled.confirm(note.folder)
                return true
            } catch {
                unsettled.revoke(note.folder, before: note.before)
                switch error.number {
                case EEXIST: return false
                case ENOENT: _ = try makeFolders(parent)
                default: throw error
                }
            }
        }
        throw SystemFailure(EAGAIN, "mkdir")
    }

    private func makeFolder(_ folder: String) throws(SystemFailure) {
        if let only = try presence.only(above: folder) {
            try calls.makeFolder(folder, within: only)
        } else {
            try calls.makeFolder(folder)
        }
    }

    /// Makes folders from the one at `tree` on down, of which no note is kept, and durably those above it: nobody else
    /// will know that they are new when this process ends before the tree has anything that must last.
    private func makePassingFolders(_ folder: String, within tree: String) throws(SystemFailure) {
        for _ in 0..<Self.attempts {
            do throws(SystemFailure) {
                return try makeFolder(folder)
            } catch {
                switch error.number {
                case EEXIST: return
                case ENOENT:
                    guard let parent = parentFolder(folder) else { throw error }
                    if folder == tree {
                        _ = try makeFolders(parent)
                        try settle(upFrom: parent)
                    } else {
                        try makePassingFolders(parent, within: tree)
                    }
                default: throw error
                }
            }
        }
        throw SystemFailure(EAGAIN, "mkdir")
    }
}
