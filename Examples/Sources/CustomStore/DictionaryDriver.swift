import NIOCore
import RegistryCore

/// Keeps a registry in a dictionary: the whole storage port with the least code, to begin a driver from.
///
/// The actor makes every call atomic; what a call acknowledged lasts as long as the driver. ``list(_:after:limit:holding:)``
/// looks at every path, where the port asks for the cost of the page: a driver for more than a demonstration keeps its
/// names sorted or asks a back end that does.
public actor DictionaryDriver: StorageDriver {
    /// The name in messages and metrics.
    public nonisolated var name: String { "dictionary" }

    private struct Entry {
        var bytes: ByteBuffer
        /// The writer that the object belongs to while it grows.
        var writer: Int?
    }

    private var entries: [String: Entry] = [:]
    private var lastWriter = 0

    /// Makes an empty store.
    public init() {}

    // MARK: Small objects

    /// The whole content of an object.
    public func content(at path: StoragePath, limit: Int) async throws(StorageError) -> ByteBuffer {
        let bytes = try object(at: path)
        guard bytes.readableBytes <= limit else { throw StorageError(.tooLarge, at: path) }
        return bytes
    }

    /// Writes an object, replacing what was there.
    public func put(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) {
        try requirePlace(for: path)
        entries[path.description] = Entry(bytes: content)
    }

    /// Writes an object unless one is there.
    public func putIfAbsent(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) -> Bool {
        try requirePlace(for: path)
        guard entries[path.description] == nil else { return false }
        entries[path.description] = Entry(bytes: content)
        return true
    }

    // MARK: Reading

    /// What lies at a path.
    public func metadata(at path: StoragePath) async throws(StorageError) -> StorageMetadata {
        if isFolder(path) { return StorageMetadata(kind: .folder, size: 0, modified: 0) }
        return StorageMetadata(kind: .object, size: Int64(try object(at: path).readableBytes), modified: 0)
    }

    /// Opens an object for reading.
    public func open(at path: StoragePath) async throws(StorageError) -> any StorageObject {
        DictionaryObject(bytes: try object(at: path))
    }

    /// A page of the direct children of a folder.
    public func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) async throws(StorageError) -> StorageListing {
        guard isFolder(path) else {
            throw StorageError(entries[path.description] == nil ? .notFound : .wrongKind, at: path)
        }
        let prefix = "\(path.description)/"
        var kinds: [String: StorageMetadata.Kind] = [:]
        for below in entries.keys where below.hasPrefix(prefix) {
            let parts = below.dropFirst(prefix.count).split(separator: "/", maxSplits: 1)
            kinds[String(parts[0])] = parts.count == 1 ? .object : .folder
        }
        // Names are ASCII, `after` may be anything: so by bytes.
        let names = kinds.keys.filter { name in
            (after.map { $0.utf8.lexicographicallyPrecedes(name.utf8) } ?? true)
                && (holding.map { entries["\(prefix)\(name)/\($0)"] != nil } ?? true)
        }
        let page = names.sorted().prefix(max(limit, 1))
        return StorageListing(
            entries: page.map { .init(name: $0, kind: kinds[$0] ?? .object) },
            hasMore: names.count > page.count
        )
    }

    // MARK: Deletion

    /// Removes one object.
    public func delete(at path: StoragePath) async throws(StorageError) {
        _ = try object(at: path)
        entries[path.description] = nil
    }

    /// Removes a folder and all below it, or one object.
    public func deleteTree(at path: StoragePath) async throws(StorageError) {
        let kept = entries.filter { $0.key != path.description && !$0.key.hasPrefix("\(path.description)/") }
        guard kept.count < entries.count else { throw StorageError(.notFound, at: path) }
        entries = kept
    }

    // MARK: Growing objects

    /// Opens an object that grows.
    public func writer(at path: StoragePath, resuming: Bool) async throws(StorageError) -> any StorageWriter {
        let bytes = resuming ? try object(at: path) : ByteBuffer()
        try requirePlace(for: path)
        lastWriter += 1
        entries[path.description] = Entry(bytes: bytes, writer: lastWriter)
        return DictionaryWriter(driver: self, path: path, number: lastWriter, size: Int64(bytes.readableBytes))
    }

    /// Appends for a writer, if the object is still its own.
    func append(_ content: ByteBuffer, at path: StoragePath, writer: Int) throws(StorageError) {
        try requireOwner(writer, of: path)
        entries[path.description]?.bytes.writeImmutableBuffer(content)
    }

    /// Moves a writer's object to its final path.
    func commit(_ path: StoragePath, to target: StoragePath, writer: Int) throws(StorageError) {
        try requireOwner(writer, of: path)
        try requirePlace(for: target)
        let bytes = entries.removeValue(forKey: path.description)?.bytes ?? ByteBuffer()
        entries[target.description] = Entry(bytes: bytes)
    }

    /// Removes a writer's object, unless another writer has taken it.
    func cancel(_ path: StoragePath, writer: Int) {
        if entries[path.description]?.writer == writer { entries[path.description] = nil }
    }

    // MARK: Objects and folders

    /// Whether an object lies below; the root is a folder also in an empty store.
    private func isFolder(_ path: StoragePath) -> Bool {
        path == .root || entries.keys.contains { $0.hasPrefix("\(path.description)/") }
    }

    private func object(at path: StoragePath) throws(StorageError) -> ByteBuffer {
        if let entry = entries[path.description] { return entry.bytes }
        throw StorageError(isFolder(path) ? .wrongKind : .notFound, at: path)
    }

    /// A folder and an object can't share a path, and nothing lies below an object.
    private func requirePlace(for path: StoragePath) throws(StorageError) {
        if isFolder(path) { throw StorageError(.wrongKind, at: path, "a folder lies there") }
        var above = path.parent
        while let folder = above {
            if entries[folder.description] != nil { throw StorageError(.wrongKind, at: folder, "an object lies there") }
            above = folder.parent
        }
    }

    private func requireOwner(_ writer: Int, of path: StoragePath) throws(StorageError) {
        guard entries[path.description]?.writer == writer else {
            throw StorageError(.closed, at: path, "the object is another writer's, or gone")
        }
    }
}
