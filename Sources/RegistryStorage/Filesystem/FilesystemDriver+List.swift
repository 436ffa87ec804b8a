import CLinux
public import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension FilesystemDriver {
    /// A page of the direct children of a folder, sorted by their names byte by byte.
    public func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) async throws(StorageError) -> StorageListing {
        try await onStore(path, .reading) { [place, listings, presence] () throws(StorageError) in
            // The root is always there; so it has to be asked for here.
            if path == .root { try presence.check(for: path) }
            do throws(SystemFailure) {
                let folder = FolderReader(path: path, place: place, listings: listings)
                let names = try folder.names()
                let first = after.map { names.firstIndex(after: $0) } ?? 0
                if let holding {
                    return try folder.page(of: names, from: first, limit: max(limit, 1), holding: holding)
                }
                return FolderReader.page(of: names, from: first, limit: max(limit, 1))
            } catch {
                throw Self.listingError(error, path, in: place)
            }
        }
    }

    /// The first pages of several folders, in one visit to the pool: a page of the catalog looks into a hundred folders,
    /// and waiting for a thread takes longer than reading one.
    public func firstPages(of folders: [StoragePath], limit: Int) async throws(StorageError) -> [StorageListing?] {
        guard let first = folders.first else { return [] }
        return try await onStore(first, .reading) { [place, listings] () throws(StorageError) in
            var pages: [StorageListing?] = []
            pages.reserveCapacity(folders.count)
            for path in folders {
                do throws(SystemFailure) {
                    let names = try FolderReader(path: path, place: place, listings: listings).names()
                    pages.append(FolderReader.page(of: names, from: 0, limit: max(limit, 1)))
                } catch {
                    let error = Self.listingError(error, path, in: place)
                    guard error.code == .notFound || error.code == .wrongKind else { throw error }
                    pages.append(nil)
                }
            }
            return pages
        }
    }

    private static func listingError(
        _ failure: SystemFailure,
        _ path: StoragePath,
        in place: FilesystemRoot
    ) -> StorageError {
        // "Not a folder" is said of the path itself and of one above it alike.
        if failure.number == ENOTDIR, (try? place.status(of: path)) != nil {
            return StorageError(.wrongKind, at: path, "it is not a folder")
        }
        return StorageError(failure, at: path, .reading)
    }
}

/// One page of one folder, read on a thread of the pool.
private struct FolderReader {
    let path: StoragePath
    let place: FilesystemRoot
    let listings: ListingCache

    /// The folder's names, from memory where they are known to be those of this moment.
    func names() throws(SystemFailure) -> NameTable {
        do throws(SystemFailure) {
            let stamp = try place.status(of: path).stamp
            if let names = listings.names(in: path.description, stamp) { return names }
            return try scan()
        } catch {
            // The root is always there; it is made with the first object.
            if path == .root, error.number == ENOENT { return NameTableBuilder().sorted() }
            throw error
        }
    }

    private func scan() throws(SystemFailure) -> NameTable {
        let descriptor = try place.openForReading(path, flags: O_DIRECTORY)
        let now = FolderStamp.now()
        let before: FolderStamp
        let isLocal: Bool
        do throws(SystemFailure) {
            before = try FileStatus(descriptor: descriptor).stamp
            isLocal = try FilesystemKind(of: descriptor).stampsByOurClock
        } catch {
            close(descriptor)
            throw error
        }
        let names = try FolderScan.read(descriptor, .visible)
        if isLocal, before.isSettled(at: now), (try? place.status(of: path))?.stamp == before {
            listings.keep(names, of: path.description, before)
        }
        return names
    }

    /// A page of all names.
    static func page(of names: NameTable, from first: Int, limit: Int) -> StorageListing {
        let end = min(names.count - first, limit) + first
        var entries: [StorageListing.Entry] = []
        entries.reserveCapacity(end - first)
        for index in first..<end {
            entries.append(.init(name: names.name(at: index), kind: names.isFolder(at: index) ? .folder : .object))
        }
        return StorageListing(entries: entries, hasMore: end < names.count)
    }

    /// A page of the folders that hold an object. Where few do it ends early with what it has found, so that one
    /// call does not keep a thread for long; it never ends with nothing while there are more names.
    func page(
        of names: NameTable,
        from first: Int,
        limit: Int,
        holding: String
    ) throws(SystemFailure) -> StorageListing {
        let folder = try place.openForReading(path, flags: O_DIRECTORY)
        defer { close(folder) }
        let budget = limit.multipliedReportingOverflow(by: 4).partialValue &+ 1_000
        var entries: [StorageListing.Entry] = []
        var index = first
        while index < names.count, entries.count < limit, entries.isEmpty || index - first < budget {
            if names.isFolder(at: index), try Self.holds(folder, names, index, holding) {
                entries.append(.init(name: names.name(at: index), kind: .folder))
            }
            index += 1
        }
        return StorageListing(entries: entries, hasMore: index < names.count)
    }

    private static func holds(
        _ folder: CInt,
        _ names: NameTable,
        _ index: Int,
        _ holding: String
    ) throws(SystemFailure) -> Bool {
        let status = names.withName(at: index) { name in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: name.count + holding.utf8.count + 2) { path in
                var end = 0
                for byte in name {
                    path[end] = CChar(bitPattern: byte)
                    end += 1
                }
                path[end] = CChar(bitPattern: UInt8(ascii: "/"))
                end += 1
                for byte in holding.utf8 {
                    path[end] = CChar(bitPattern: byte)
                    end += 1
                }
                path[end] = 0
                return Result { () throws(SystemFailure) in
                    try FileStatus(path: UnsafePointer(path.baseAddress.unsafelyUnwrapped), below: folder)
                }
            }
        }
        switch status {
        case .success(let status): return !status.isFolder
        case .failure(let failure):
            if failure.number == ENOENT || failure.number == ENOTDIR { return false }
            throw failure
        }
    }
}
