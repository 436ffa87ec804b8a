import RegistryCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Knows whether the folder that holds the store is the one that was there before.
///
/// A disk that is unmounted leaves its empty mount point, and a folder that is moved away leaves nothing. Neither is a
/// store in which nothing is to be found, and neither may be written to: what is acknowledged there is lost when the
/// disk comes back. So a store that had content and now has none, in another folder than before, is away.
final class StorePresence: Sendable {
    private let place: FilesystemRoot
    private let seen = Mutex<FileIdentity?>(nil)
    private let hasSeen = Atomic(false)

    init(_ place: FilesystemRoot) { self.place = place }

    /// Whether the folder was seen with content; until then a call looks for it.
    var isKnown: Bool { hasSeen.load(ordering: .relaxed) }

    /// The folder that was seen with content; `nil` until then.
    var folder: FileIdentity? { seen.withLock { $0 } }

    /// Makes sure that the store is there, or that there never was one. It costs a `stat`, and more only while the store
    /// is new or another one than before.
    ///
    /// - Throws: `unavailable` when it was there and is away.
    func check(for path: StoragePath) throws(StorageError) {
        let identity: FileIdentity
        do throws(SystemFailure) {
            identity = try place.status(of: .root).identity
        } catch {
            guard error.number == ENOENT || error.number == ENOTDIR else {
                throw StorageError(error, at: path, .reading)
            }
            guard isKnown else { return }
            throw StorageError(.unavailable, at: path, "the store's folder is gone")
        }
        let known = folder
        guard identity != known else { return }
        if try hasContent(path) {
            seen.withLock { $0 = identity }
            hasSeen.store(true, ordering: .relaxed)
        } else if known != nil {
            throw StorageError(.unavailable, at: path, "the store's folder is empty, and another one than before")
        }
    }

    /// Makes sure that the path leads to the folder that was seen with content, if any was.
    ///
    /// - Throws: `ESTALE` when another one lies there; `ENOENT` when none does.
    func checkIdentity() throws(SystemFailure) {
        guard let known = folder else { return }
        guard try place.status(of: .root).identity == known else { throw SystemFailure(ESTALE, "stat") }
    }

    /// The folder in which another one may be made, where not any at the path will do.
    ///
    /// A disk may go between ``check(for:)`` and a write, which would then begin a store on the mount point. It can't
    /// without making the store's topmost folder: there is none, or the mount point were not empty.
    ///
    /// - Returns: the store's own folder, for one right below it; `nil` for one anywhere else.
    /// - Throws: `ESTALE` for the store's own folder, when that was there and is gone.
    func only(above folder: String) throws(SystemFailure) -> FileIdentity? {
        guard isKnown else { return nil }
        let top = place.absolute(.root)
        if folder == top { throw SystemFailure(ESTALE, "mkdir") }
        return parentFolder(folder) == top ? self.folder : nil
    }

    private func hasContent(_ path: StoragePath) throws(StorageError) -> Bool {
        do throws(SystemFailure) {
            let descriptor = try place.openForReading(.root, flags: O_DIRECTORY)
            return try FolderScan.read(descriptor, .all).count > 0
        } catch {
            // Who may go through the folder need not be allowed to list it; then it is taken for the store.
            if error.number == EACCES || error.number == EPERM { return true }
            throw StorageError(error, at: path, .reading)
        }
    }
}

extension FilesystemDriver {
    /// Runs work that changes the store, if that is there, and that may end after the thread has left it.
    ///
    /// - Parameter tree: what is discarded when the work has ended well.
    /// - Throws: `unavailable` when the store is away; what the work ends with.
    func changeStore(
        at path: StoragePath,
        discarding tree: AbandonedTree? = nil,
        _ work: @escaping @Sendable (_ end: @escaping FileRow.End) -> Void
    ) async throws(StorageError) {
        try await blocking.run(path) { [presence, calls] end in
            do throws(StorageError) {
                try presence.check(for: path)
            } catch {
                return end(.failure(error))
            }
            work { result in
                if case .success = result { tree?.discard(calls) }
                guard case .failure(let error) = result, error.code == .notFound else { return end(result) }
                end(
                    .of { () throws(StorageError) in
                        try presence.check(for: path)
                        throw error
                    }
                )
            }
        }
    }

    /// Runs blocking work on the store, if that is there.
    ///
    /// - Parameter purpose: what changes the store looks for it first; what only reads looks when it has found nothing.
    /// - Throws: `unavailable` when the store is away; what `body` throws.
    func onStore<Value: Sendable>(
        _ path: StoragePath,
        _ purpose: SystemPurpose,
        _ body: @escaping @Sendable () throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        try await blocking.run(path) { [presence] () throws(StorageError) in
            if purpose == .writing || !presence.isKnown { try presence.check(for: path) }
            do throws(StorageError) {
                return try body()
            } catch {
                if error.code == .notFound { try presence.check(for: path) }
                throw error
            }
        }
    }
}
