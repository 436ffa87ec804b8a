public import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension FilesystemDriver {
    /// Removes a folder and all below it, or one object.
    public func deleteTree(at path: StoragePath) async throws(StorageError) {
        try await removeTree(at: path, durably: true)
    }

    /// Removes a folder and all below it, or one object, and leaves it to the system when that is durable.
    public func discardTree(at path: StoragePath) async throws(StorageError) {
        try await removeTree(at: path, durably: path == .root)
    }

    private func removeTree(at path: StoragePath, durably: Bool) async throws(StorageError) {
        let top = place.absolute(path)
        try await onStore(path, .writing) { [changes, log] () throws(StorageError) in
            let removal = TreeRemoval(calls: changes.calls)
            do throws(SystemFailure) {
                // The store's own folder stays.
                if path == .root { try removal.empty(top) } else { try removal.remove(top) }
                guard durably else { return }
                try changes.makeDurable(path == .root ? top : parentFolder(top) ?? "/")
                try log.settle(removed: top, andBelow: true)
            } catch {
                throw StorageError(error, at: path, .reading)
            }
        }
    }
}

/// Removes what lies below a path. Links are removed, never followed.
struct TreeRemoval {
    let calls: any SystemCalls

    /// How often a folder is gone through again while others put new names into it.
    private static let rounds = 16

    /// Removes a file, or a folder with all that is in it.
    func remove(_ path: String) throws(SystemFailure) {
        do throws(SystemFailure) {
            try calls.unlinkFile(path)
        } catch  where error.number == EISDIR || error.number == EPERM {
            try removeFolder(path)
        }
    }

    private func removeFolder(_ path: String) throws(SystemFailure) {
        for _ in 0..<Self.rounds {
            try empty(path)
            do throws(SystemFailure) {
                return try calls.removeFolder(path)
            } catch  where error.number == ENOTEMPTY || error.number == EEXIST {
                // Something was put there after it was read.
            }
        }
        // All that was there when the call began is gone; what is there now was put after that.
    }

    /// Removes all that is in a folder.
    func empty(_ path: String) throws(SystemFailure) {
        let descriptor = try retrying("open") { open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        let names = try FolderScan.read(descriptor, .all)
        for index in 0..<names.count {
            let child = "\(path)/\(names.name(at: index))"
            do throws(SystemFailure) {
                if names.isFolder(at: index) { try removeFolder(child) } else { try remove(child) }
            } catch  where error.number == ENOENT {
                // Someone else was faster.
            }
        }
    }
}
