import NIOCore
import RegistryCore

/// What a ``MemoryDriver`` holds, behind its lock.
///
/// A key is a path with 1 in place of each slash, so that keys sort as paths do, component by component. A folder is
/// a run of keys.
struct MemoryStore {
    /// The largest value that is packed with its key.
    private static let packedLimit = 256
    /// A buffer can't hold more than 4 GiB, and doubles as it grows.
    private static let largestObject: Int64 = 1 << 31
    private static let separator: UInt8 = 1
    /// Sorts after all that lies below a key, and before all other keys that begin with it.
    private static let afterSubtree: UInt8 = 2

    private var entries = OrderedEntries()
    /// The values that are large or grow.
    private var outside: [UInt64: ByteBuffer] = [:]
    private var lastOutside: UInt64 = 0

    private static func key(_ path: StoragePath) -> [UInt8] {
        path.description.utf8.map { $0 == UInt8(ascii: "/") ? separator : $0 }
    }

    // MARK: Reading

    /// The content of an object and when it changed.
    func object(at path: StoragePath) throws(StorageError) -> (content: ByteBuffer, modified: Int64) {
        let key = Self.key(path)
        guard let (value, mark) = entries.value(of: key) else { throw missing(key, path) }
        return (outside[mark.outside] ?? ByteBuffer(bytes: value), mark.modified)
    }

    /// What lies at a path.
    func metadata(at path: StoragePath) throws(StorageError) -> StorageMetadata {
        let key = Self.key(path)
        if let (value, mark) = entries.value(of: key) {
            let size = outside[mark.outside]?.readableBytes ?? value.count
            return StorageMetadata(kind: .object, size: Int64(size), modified: mark.modified)
        }
        guard isFolder(key) else { throw StorageError(.notFound, at: path) }
        return StorageMetadata(kind: .folder, size: 0, modified: 0)
    }

    private func isFolder(_ key: [UInt8]) -> Bool {
        key.isEmpty || entries.hasKey(withPrefix: key + [Self.separator])
    }

    private func missing(_ key: [UInt8], _ path: StoragePath) -> StorageError {
        isFolder(key) ? StorageError(.wrongKind, at: path, "it is a folder") : StorageError(.notFound, at: path)
    }

    /// A page of a folder.
    func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) throws(StorageError) -> StorageListing {
        let key = Self.key(path)
        guard isFolder(key) else {
            let isObject = entries.value(of: key) != nil
            throw StorageError(isObject ? .wrongKind : .notFound, at: path)
        }
        let folder = key + [Self.separator]
        let below = holding.map { [Self.separator] + $0.utf8.map { $0 == UInt8(ascii: "/") ? Self.separator : $0 } }
        let last = after.map { Array($0.utf8) }
        var cursor = last.map { folder + $0 + [Self.afterSubtree] } ?? folder
        var page = StorageListing(entries: [], hasMore: false)
        while let found = entries.firstKey(from: cursor, withPrefix: folder) {
            if page.entries.count >= limit {
                page.hasMore = true
                break
            }
            let rest = found[folder.count...]
            let name = rest.prefix { $0 != Self.separator }
            cursor = folder + name + [Self.afterSubtree]
            let isObject = name.count == rest.count
            // Only an "after" with control characters in it can lead to a name that sorts before it.
            if let last, !last.lexicographicallyPrecedes(name) { continue }
            if let below, isObject || entries.value(of: folder + name + below) == nil { continue }
            page.entries.append(.init(name: String(decoding: name, as: UTF8.self), kind: isObject ? .object : .folder))
        }
        return page
    }

    // MARK: Writing

    /// Refuses a path that can't be an object's.
    private func checkPlace(_ key: [UInt8], _ path: StoragePath) throws(StorageError) {
        if isFolder(key) { throw StorageError(.wrongKind, at: path, "a folder is there") }
        for index in key.indices.dropFirst() where key[index] == Self.separator {
            guard entries.value(of: Array(key[..<index])) == nil else {
                throw StorageError(.wrongKind, at: path, "an object lies where the path needs a folder")
            }
        }
    }

    /// Writes an object.
    ///
    /// - Returns: whether it was written; `false` when one was there and must not be replaced.
    mutating func put(
        _ content: ByteBuffer,
        at path: StoragePath,
        replacing: Bool,
        modified: Int64
    ) throws(StorageError) -> Bool {
        let key = Self.key(path)
        if let (_, mark) = entries.value(of: key) {
            guard replacing else { return false }
            outside[mark.outside] = nil
        } else {
            try checkPlace(key, path)
        }
        store(content, key, modified)
        return true
    }

    private mutating func store(_ content: ByteBuffer, _ key: [UInt8], _ modified: Int64) {
        if content.readableBytes <= Self.packedLimit {
            entries.set(key, content.readableBytesView, EntryMark(modified: modified, outside: 0))
        } else {
            _ = storeOutside(content, key, modified)
        }
    }

    private mutating func storeOutside(_ content: ByteBuffer, _ key: [UInt8], _ modified: Int64) -> UInt64 {
        lastOutside += 1
        outside[lastOutside] = content
        entries.set(key, EmptyCollection(), EntryMark(modified: modified, outside: lastOutside))
        return lastOutside
    }

    /// Removes an object.
    mutating func delete(at path: StoragePath) throws(StorageError) {
        let key = Self.key(path)
        guard let (_, mark) = entries.value(of: key) else { throw missing(key, path) }
        outside[mark.outside] = nil
        entries.remove(key)
    }

    /// Removes an object, or a folder and all below it.
    mutating func deleteTree(at path: StoragePath) throws(StorageError) {
        let key = Self.key(path)
        if entries.value(of: key) != nil { return try delete(at: path) }
        guard isFolder(key) else { throw StorageError(.notFound, at: path) }
        for mark in entries.remove(from: key + [Self.separator], upTo: key + [Self.afterSubtree]) {
            outside[mark.outside] = nil
        }
    }

    // MARK: Growing

    /// Opens an object that grows.
    ///
    /// - Returns: its identity, by which a writer knows later that it is still the same, and its length.
    mutating func open(
        at path: StoragePath,
        resuming: Bool,
        modified: Int64
    ) throws(StorageError) -> (identity: UInt64, size: Int64) {
        let key = Self.key(path)
        guard let (value, mark) = entries.value(of: key) else {
            if resuming { throw missing(key, path) }
            try checkPlace(key, path)
            return (storeOutside(ByteBuffer(), key, modified), 0)
        }
        if resuming, let content = outside[mark.outside] { return (mark.outside, Int64(content.readableBytes)) }
        let content = resuming ? ByteBuffer(bytes: value) : ByteBuffer()
        outside[mark.outside] = nil
        return (storeOutside(content, key, modified), Int64(content.readableBytes))
    }

    /// Appends to an object if it is still what its writer knows.
    mutating func append(
        _ content: ByteBuffer,
        at path: StoragePath,
        _ identity: UInt64,
        size: Int64,
        modified: Int64
    ) throws(StorageError) {
        let key = Self.key(path)
        try checkGrowing(key, path, identity, size: size)
        guard size + Int64(content.readableBytes) <= Self.largestObject else {
            throw StorageError(.noSpace, at: path, "an object in memory can't have more than 2 GiB")
        }
        // In place: a buffer that is also held by a reader is copied, any other isn't.
        outside[identity]?.writeImmutableBuffer(content)
        entries.set(key, EmptyCollection(), EntryMark(modified: modified, outside: identity))
    }

    /// Whether an object is still what its writer knows.
    func checkGrowing(
        _ path: StoragePath,
        _ identity: UInt64,
        size: Int64
    ) throws(StorageError) { try checkGrowing(Self.key(path), path, identity, size: size) }

    private func checkGrowing(
        _ key: [UInt8],
        _ path: StoragePath,
        _ identity: UInt64,
        size: Int64
    ) throws(StorageError) {
        guard let (_, mark) = entries.value(of: key), mark.outside == identity,
            Int64(outside[identity]?.readableBytes ?? 0) == size
        else { throw StorageError(.closed, at: path, "the object was removed or has another writer") }
    }

    /// Moves an object that grew to its final place.
    mutating func commit(
        _ path: StoragePath,
        to target: StoragePath,
        _ identity: UInt64,
        size: Int64,
        modified: Int64
    ) throws(StorageError) {
        let key = Self.key(path)
        try checkGrowing(key, path, identity, size: size)
        guard target != path else { return }
        let content = outside[identity] ?? ByteBuffer()
        _ = try put(content, at: target, replacing: true, modified: modified)
        outside[identity] = nil
        entries.remove(key)
    }

    /// Removes an object that grew, if it is still its writer's.
    mutating func cancel(_ path: StoragePath, _ identity: UInt64) {
        let key = Self.key(path)
        guard let (_, mark) = entries.value(of: key), mark.outside == identity else { return }
        outside[identity] = nil
        entries.remove(key)
    }
}
