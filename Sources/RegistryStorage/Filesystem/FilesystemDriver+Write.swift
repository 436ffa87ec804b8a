public import NIOCore
public import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension FilesystemDriver {
    var changes: FolderChanges { FolderChanges(calls: calls, unsettled: unsettled, syncs: syncs, presence: presence) }

    /// Writes a small object, replacing what was there.
    public func put(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) {
        var row = row(of: [StoredContent(content, at: path)])
        row.isPushed = false
        try await changeStore(at: path) { [row, log, threads = blocking.threads] end in
            let takesIt = log.share(of: row.items, calls: false)?.bytes == 0
            guard !takesIt, let file = row.items.first?.file else { return row.put(on: threads, then: end) }
            do throws(SystemFailure) {
                try file.replace(with: [content])
                try log.settle(put: file.target)
                end(.success(()))
            } catch {
                end(.failure(StorageError(error, at: path, .writing)))
            }
        }
    }

    /// Writes small objects one after the other, in one visit to the pool.
    public func put(
        inOrder objects: [StoredContent],
        discarding tree: StoragePath?,
        orMovingTo target: StoragePath?
    ) async throws(StorageError) {
        guard let path = objects.first?.path ?? tree else { return }
        let (row, abandoned) = (row(of: objects), AbandonedTree(tree, orMovingTo: target, in: place))
        try await changeStore(at: path, discarding: abandoned) { [threads = blocking.threads] end in
            row.put(on: threads, then: end)
        }
    }

    /// Writes small objects to temporary files.
    public func prepare(_ objects: [StoredContent]) async throws(StorageError) -> any PreparedObjects {
        guard let path = objects.first?.path else { return UnpreparedObjects([], for: self) }
        let row = row(of: objects)
        let prepared = try await onStore(path, .writing) { () throws(StorageError) in try row.prepare() }
        return PreparedRow(path: path, row: row, prepared: prepared, driver: self)
    }

    private func row(of objects: [StoredContent]) -> FileRow {
        FileRow(
            items: objects.map { object in
                let target = place.absolute(object.path)
                let file = AtomicFile(changes: changes, target: target, directWrites: directWrites)
                return FileRow.Item(object: object, file: file)
            },
            waits: concurrentSteps,
            log: log
        )
    }

    /// Writes a small object that need not last.
    public func putPassing(
        _ content: ByteBuffer,
        at path: StoragePath,
        within tree: StoragePath
    ) async throws(StorageError) {
        let file = AtomicFile(changes: changes, target: place.absolute(path))
        let tree = place.absolute(tree)
        try await onStore(path, .writing) { () throws(StorageError) in
            do throws(SystemFailure) {
                try file.replacePassing(with: [content], within: tree)
            } catch {
                throw StorageError(error, at: path, .writing)
            }
        }
    }

    /// Writes a small object unless one is there.
    public func putIfAbsent(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) -> Bool {
        let file = AtomicFile(changes: changes, target: place.absolute(path))
        return try await onStore(path, .writing) { [place] () throws(StorageError) in
            do throws(SystemFailure) {
                if try file.create(with: [content]) { return true }
            } catch {
                throw StorageError(error, at: path, .writing)
            }
            if let status = try? place.status(of: path), status.isFolder {
                throw StorageError(.wrongKind, at: path, "a folder is there")
            }
            return false
        }
    }

    /// Opens an object that grows.
    public func writer(at path: StoragePath, resuming: Bool) async throws(StorageError) -> any StorageWriter {
        // A blob that comes with one request is looked for here, and isn't there; a thread that may wait need not be woken.
        if resuming, let folder = presence.folder, fromMemory({ $0.isAbsent(path, in: folder) }) == true {
            throw StorageError(SystemFailure(ENOENT, "open"), at: path, .reading)
        }
        let file = place.absolute(path)
        return try await onStore(path, .writing) {
            [place, blocking, appendingLarge, changes, presence, earlySyncs, directWrites, log] () throws(StorageError)
            in
            do throws(SystemFailure) {
                let descriptor = try Self.openGrowing(file, resuming: resuming, changes)
                do throws(SystemFailure) {
                    let status = try FileStatus(descriptor: descriptor)
                    return FilesystemWriter(
                        path: path,
                        file: GrowingFile(
                            file: file,
                            descriptor: descriptor,
                            size: status.size,
                            isNew: !resuming,
                            changes,
                            earlySyncs,
                            directWrites
                        ),
                        place: place,
                        blocking: blocking,
                        appending: appendingLarge,
                        presence: presence,
                        log: log
                    )
                } catch {
                    changes.calls.closeFile(descriptor)
                    throw error
                }
            } catch {
                throw StorageError(error, at: path, resuming ? .reading : .writing)
            }
        }
    }

    /// Opens the file that grows. A new one takes the place of an old one at once, and leaves it to those who read it.
    private static func openGrowing(
        _ file: String,
        resuming: Bool,
        _ changes: FolderChanges
    ) throws(SystemFailure) -> CInt {
        let calls = changes.calls
        if resuming { return try calls.openFile(file) }
        return try changes.insisting(on: parentFolder(file) ?? "/") { () throws(SystemFailure) in
            do throws(SystemFailure) {
                return try calls.createFile(file)
            } catch  where error.number == EEXIST {
                let temporary = TemporaryName.make(for: file)
                let descriptor = try calls.createFile(temporary)
                do throws(SystemFailure) {
                    try calls.renameFile(temporary, to: file)
                    return descriptor
                } catch {
                    calls.closeFile(descriptor)
                    try? calls.unlinkFile(temporary)
                    throw error
                }
            }
        }
    }

    /// Moves an object: one rename.
    public func move(from path: StoragePath, to target: StoragePath) async throws(StorageError) {
        let (file, place) = (place.absolute(path), place.absolute(target))
        try await blocking.run(path) { [changes, log] () throws(StorageError) in
            let folder = parentFolder(place) ?? "/"
            do throws(SystemFailure) {
                // Else a crash could put what the log has over what was moved, or where that was.
                try log.settle(put: place)
                try log.settle(removed: file)
                guard try !FileStatus(at: file).isFolder else { throw SystemFailure(EISDIR, "rename") }
                let isThere = try changes.insisting(on: folder) { () throws(SystemFailure) -> Bool in
                    do throws(SystemFailure) {
                        try changes.calls.renameFile(file, to: place)
                        return true
                    } catch {
                        // "Not there" is said of both names: a new folder does not help when the file is gone.
                        if error.number == ENOENT, (try? FileStatus(at: file)) == nil { return false }
                        throw error
                    }
                }
                guard isThere else { throw SystemFailure(ENOENT, "rename") }
                try changes.makeDurable(folder)
                try log.settle(put: place)
                try log.settle(removed: file)
            } catch {
                throw StorageError(error, at: path, error.number == ENOENT ? .reading : .writing)
            }
        }
    }

    /// Removes a folder if nothing is in it.
    public func removeIfEmpty(_ folder: StoragePath) async throws(StorageError) -> Bool {
        guard folder != .root else { return false }
        let place = place.absolute(folder)
        return try await blocking.run(folder) { [changes] () throws(StorageError) in
            do throws(SystemFailure) {
                try changes.calls.removeFolder(place)
                return true
            } catch {
                switch error.number {
                case ENOTEMPTY, EEXIST, ENOENT, ENOTDIR: return false
                default: throw StorageError(error, at: folder, .writing)
                }
            }
        }
    }

    /// Removes one object.
    public func delete(at path: StoragePath) async throws(StorageError) {
        let file = place.absolute(path)
        try await onStore(path, .writing) { [changes, log] () throws(StorageError) in
            do throws(SystemFailure) {
                try changes.calls.unlinkFile(file)
                try changes.makeDurable(parentFolder(file) ?? "/")
                try log.settle(removed: file)
            } catch {
                throw StorageError(error, at: path, .reading)
            }
        }
    }
}
