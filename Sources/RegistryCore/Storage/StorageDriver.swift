public import NIOCore

/// Where a registry keeps its bytes: the port that a storage back end implements.
///
/// The contract is shaped for a file system and for an object store alike. Every sentence of it is held by a test
/// of the conformance suite in `RegistryTesting`; a driver that passes the suite can carry a registry.
///
/// **Objects and folders.** An object has a path and bytes. A folder is what the paths of objects imply: it comes
/// into being with the first object below it and need not outlive the last. No call makes a folder.
///
/// **Atomic.** A reader sees an object as it was before a ``put(_:at:)`` or a ``StorageWriter/commit(to:)``, or as it
/// is after, never in between, whether the other side is in this process, in another one, or has crashed.
///
/// **Durable.** What a call acknowledged survives a crash of the process and of the machine: the object, its name,
/// and the folders above it.
///
/// **Concurrent.** Every call may run beside any other, from any task. Of two writes to one path the last one to be
/// published wins. There is no lock in this contract, and none is needed for it.
///
/// **Errors.** Each call throws ``StorageError`` only. A call that throws has had no effect that a reader can see,
/// with two exceptions: ``deleteTree(at:)`` may have removed a part; and after `unavailable` or `failed` the whole
/// effect of a write may be there, when its answer was lost or the last step, making it durable, failed.
///
/// **Cancellation.** A cancelled call may finish or throw; either way the sentences above hold.
public protocol StorageDriver: Sendable {
    /// The driver's name in configuration, health and metrics, such as `filesystem`.
    var name: String { get }

    /// The whole content of a small object.
    ///
    /// - Parameters:
    ///   - path: the object.
    ///   - limit: the most bytes that the caller takes.
    /// - Throws: `notFound`; `wrongKind` for a folder; `tooLarge` when the object has more than `limit` bytes.
    func content(at path: StoragePath, limit: Int) async throws(StorageError) -> ByteBuffer

    /// Writes a small object, replacing what was there. Atomic, and durable on return.
    ///
    /// - Throws: `wrongKind` when a folder lies at the path or an object where the path needs a folder; `noSpace`,
    ///   `readOnly`, `unavailable`, `failed`.
    func put(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError)

    /// Writes small objects one after the other, as ``put(_:at:)`` does each: one is durable before the next can be
    /// seen. A driver that can prepares them all at once.
    ///
    /// - Parameters:
    ///   - objects: what to write.
    ///   - tree: what is then removed as ``discardTree(at:)`` does; it is no error if it isn't there or can't be.
    ///   - place: where the tree is moved instead of being removed, by a driver that can move it with all that is in it at
    ///     once; nothing lies there.
    /// - Throws: as ``put(_:at:)``. Those before the one that failed may be there.
    func put(
        inOrder objects: [StoredContent],
        discarding tree: StoragePath?,
        orMovingTo place: StoragePath?
    ) async throws(StorageError)

    /// Begins to write small objects of which it is not known yet whether they are wanted: as
    /// ``put(inOrder:discarding:orMovingTo:)`` does, up to where the first of them could be seen. A driver for which that
    /// wins nothing does nothing.
    ///
    /// - Returns: what goes on with them. Either of its calls must follow.
    /// - Throws: as ``put(_:at:)``; nothing is left of them then.
    func prepare(_ objects: [StoredContent]) async throws(StorageError) -> any PreparedObjects

    /// Writes a small object that only saves work, such as the notes beside an upload. Atomic, and **not** durable: after
    /// a crash of the machine it may be missing, or hold no bytes or zeros.
    ///
    /// - Parameters:
    ///   - path: the object; it lies below `tree`.
    ///   - tree: a folder that a crash of the machine may take away with all that is in it, until a writer of an object
    ///     directly in it was flushed. The folders above it are durable on return.
    /// - Throws: as ``put(_:at:)``.
    func putPassing(_ content: ByteBuffer, at path: StoragePath, within tree: StoragePath) async throws(StorageError)

    /// Writes a small object unless one is there. Of several concurrent calls for one path exactly one answers
    /// `true`, and its content is what every reader sees. Atomic, and durable on return.
    ///
    /// - Returns: whether this call wrote it.
    /// - Throws: as ``put(_:at:)``.
    func putIfAbsent(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) -> Bool

    /// What lies at a path. It is never answered from a cache that another process could have made stale.
    ///
    /// - Throws: `notFound`.
    func metadata(at path: StoragePath) async throws(StorageError) -> StorageMetadata

    /// Opens an object for reading. The bytes stay readable as they were until the returned object is released, even
    /// when it is replaced or deleted meanwhile; an object store may throw `notFound` from a read instead.
    ///
    /// - Throws: `notFound`; `wrongKind` for a folder.
    func open(at path: StoragePath) async throws(StorageError) -> any StorageObject

    /// Opens an object that grows: bytes are appended to it, over several writers one after the other if need be,
    /// and at the end it is published at its final path.
    ///
    /// - Parameters:
    ///   - path: where the growing object lies until then. It is visible there to ``metadata(at:)`` and
    ///     ``open(at:)`` with at least the bytes that were flushed.
    ///   - resuming: `true` to go on after the bytes that are there; `false` to start anew, which drops them.
    /// - Throws: `notFound` when `resuming` and nothing lies there.
    func writer(at path: StoragePath, resuming: Bool) async throws(StorageError) -> any StorageWriter

    /// A page of the direct children of a folder, sorted by their names byte by byte.
    ///
    /// The cost is that of the page, not of the folder, once the folder has been read. Names that can't be a path's
    /// component (``StoragePath/isComponent(_:)``) are left out, and so is what a crashed write left behind.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - after: only names that sort after this one; it need not be a name in the folder, or valid.
    ///   - limit: the most entries to return; at least 1. A page may have fewer though the folder goes on.
    ///   - holding: only folders below which an object lies at this relative path, such as `current/link`.
    /// - Throws: `notFound` when there is no such folder; `wrongKind` for an object.
    func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) async throws(StorageError) -> StorageListing

    /// The first pages of several folders, in their order, as ``list(_:after:limit:holding:)`` gives each; `nil`
    /// where there is no folder. A driver that can reads them all at once.
    ///
    /// - Throws: as listing one does, for the first that can't be read.
    func firstPages(of folders: [StoragePath], limit: Int) async throws(StorageError) -> [StorageListing?]

    /// Removes one object. Durable on return.
    ///
    /// - Throws: `notFound`; `wrongKind` for a folder.
    func delete(at path: StoragePath) async throws(StorageError)

    /// Removes a folder and all below it, or one object. Only what lies below the path as a folder goes: never
    /// `/ab` for `/a`. Durable on return.
    ///
    /// - Throws: `notFound` when nothing is there. After any other error a part may be gone; the call can be repeated.
    func deleteTree(at path: StoragePath) async throws(StorageError)

    /// Removes a tree of which nothing is needed any more, as ``deleteTree(at:)`` does, but **not** durably: a crash of
    /// the machine may bring back what was in it.
    ///
    /// - Throws: as ``deleteTree(at:)``.
    func discardTree(at path: StoragePath) async throws(StorageError)

    /// Moves an object, over the one that lies at the new path. Of several concurrent calls for one object, and of these
    /// and ``delete(at:)``, one succeeds and the others throw `notFound` or `closed`. A reader finds the object at the
    /// old path or at the new one; where the store can't rename it may find it at both for a moment, never at neither.
    /// Durable on return.
    ///
    /// - Throws: `notFound` or `closed` when nothing lies there any more; `wrongKind`, `noSpace`, `readOnly`,
    ///   `unavailable`, `failed`.
    func move(from path: StoragePath, to target: StoragePath) async throws(StorageError)

    /// Removes a folder if nothing at all is in it. Where folders are only what paths imply there is nothing to do. It
    /// need not be durable: an empty folder that comes back is as good as none.
    ///
    /// - Returns: whether there was an empty folder, which is gone.
    /// - Throws: `readOnly`, `unavailable`, `failed`.
    func removeIfEmpty(_ folder: StoragePath) async throws(StorageError) -> Bool

    /// Where a client can fetch an object by itself, such as a presigned URL; `nil` when the registry serves it.
    ///
    /// - Parameter method: the request's method, `GET` or `HEAD`.
    func redirect(for path: StoragePath, method: String) async throws(StorageError) -> String?
}

extension StorageDriver {
    /// Writes one after the other, and removes the tree.
    public func put(
        inOrder objects: [StoredContent],
        discarding tree: StoragePath?,
        orMovingTo place: StoragePath?
    ) async throws(StorageError) {
        for object in objects { try await put(object.content, at: object.path) }
        if let tree { try? await discardTree(at: tree) }
    }

    /// Writes small objects one after the other: ``put(inOrder:discarding:orMovingTo:)`` with a tree that is removed, if
    /// any.
    public func put(
        inOrder objects: [StoredContent],
        discarding tree: StoragePath? = nil
    ) async throws(StorageError) {
        try await put(inOrder: objects, discarding: tree, orMovingTo: nil)
    }

    /// Keeps the objects until they are to be published.
    public func prepare(_ objects: [StoredContent]) async throws(StorageError) -> any PreparedObjects {
        UnpreparedObjects(objects, for: self)
    }

    /// Writes the object durably.
    public func putPassing(
        _ content: ByteBuffer,
        at path: StoragePath,
        within tree: StoragePath
    ) async throws(StorageError) {
        try await put(content, at: path)
    }

    /// Removes the tree durably.
    public func discardTree(at path: StoragePath) async throws(StorageError) { try await deleteTree(at: path) }

    /// Moves an object by what a writer does: it resumes where the object lies and is committed at the new path.
    public func move(from path: StoragePath, to target: StoragePath) async throws(StorageError) {
        let writer = try await writer(at: path, resuming: true)
        do throws(StorageError) {
            try await writer.commit(to: target)
        } catch {
            try? await writer.close()
            throw error
        }
    }

    /// Nothing: there are no folders but those that paths imply.
    public func removeIfEmpty(_ folder: StoragePath) async throws(StorageError) -> Bool { false }

    /// No redirect.
    public func redirect(for path: StoragePath, method: String) async throws(StorageError) -> String? { nil }

    /// Lists one after the other.
    public func firstPages(of folders: [StoragePath], limit: Int) async throws(StorageError) -> [StorageListing?] {
        var pages: [StorageListing?] = []
        for folder in folders {
            do throws(StorageError) {
                pages.append(try await list(folder, after: nil, limit: limit, holding: nil))
            } catch {
                guard error.code == .notFound || error.code == .wrongKind else { throw error }
                pages.append(nil)
            }
        }
        return pages
    }

    /// A page of the direct children of a folder: ``list(_:after:limit:holding:)`` without a condition.
    public func list(_ path: StoragePath, after: String?, limit: Int) async throws(StorageError) -> StorageListing {
        try await list(path, after: after, limit: limit, holding: nil)
    }

    /// Whether an object or a folder lies at a path.
    public func exists(at path: StoragePath) async throws -> Bool {
        try await StorageError.ifPresent { try await metadata(at: path) } != nil
    }
}

/// A small object that is to be written.
public struct StoredContent: Sendable, Hashable {
    /// Where.
    public var path: StoragePath
    /// Its bytes, in as many buffers as they came in.
    public var parts: [ByteBuffer]

    /// How many bytes it has.
    public var byteCount: Int { parts.byteCount }

    /// Its bytes in one buffer, to which they are copied where they lie in several.
    public var content: ByteBuffer {
        guard parts.count != 1 else { return parts[0] }
        var content = ByteBufferAllocator().buffer(capacity: byteCount)
        for part in parts { content.writeImmutableBuffer(part) }
        return content
    }

    /// Makes one.
    public init(_ content: ByteBuffer, at path: StoragePath) { self.init([content], at: path) }

    /// Makes one of the bytes that lie in several buffers.
    public init(_ parts: [ByteBuffer], at path: StoragePath) {
        self.path = path
        self.parts = parts
    }
}

/// What lies at a path.
public struct StorageMetadata: Sendable, Hashable {
    /// An object or a folder.
    public enum Kind: Sendable, Hashable {
        /// An object, which has bytes.
        case object
        /// A folder, which has children.
        case folder
    }

    /// An object or a folder.
    public var kind: Kind
    /// The object's length in bytes; 0 for a folder.
    public var size: Int64
    /// When the object last changed, in nanoseconds since 1970 (UTC); 0 where the store does not know.
    public var modified: Int64

    /// Makes a description of what lies at a path.
    public init(kind: Kind, size: Int64, modified: Int64) {
        self.kind = kind
        self.size = size
        self.modified = modified
    }
}

/// One page of a folder.
public struct StorageListing: Sendable, Hashable {
    /// A child of a folder.
    public struct Entry: Sendable, Hashable {
        /// The name below the folder.
        public var name: String
        /// An object or a folder.
        public var kind: StorageMetadata.Kind

        /// Makes an entry.
        public init(name: String, kind: StorageMetadata.Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// The children, sorted by name byte by byte.
    public var entries: [Entry]
    /// Whether the folder has more children after the last one; the next page may turn out empty all the same. A page
    /// that is empty itself has none after it, so that the last name is always where to go on.
    public var hasMore: Bool

    /// Makes a page.
    public init(entries: [Entry], hasMore: Bool) {
        self.entries = entries
        self.hasMore = hasMore
    }
}

extension [ByteBuffer] {
    /// How many bytes can be read from all of them.
    package var byteCount: Int { reduce(0) { $0 + $1.readableBytes } }
}
