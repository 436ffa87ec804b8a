public import NIOCore
public import RegistryCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Keeps a registry in memory, for tests and for registries that may forget.
///
/// What it acknowledged lasts as long as the driver. An object of up to 256 bytes takes its size, what its path does
/// not share with its neighbours', and some 40 bytes; a larger one an allocation of its own.
public final class MemoryDriver: StorageDriver {
    /// `inmemory`, as the CNCF distribution server calls it.
    public var name: String { "inmemory" }

    fileprivate let store = Mutex(MemoryStore())
    fileprivate let now: @Sendable () -> Int64

    /// Makes an empty store.
    ///
    /// - Parameter now: the time in nanoseconds since 1970; the system's where nothing else is said.
    public init(now: @escaping @Sendable () -> Int64 = MemoryDriver.systemTime) { self.now = now }

    /// The system's time in nanoseconds since 1970.
    public static func systemTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Runs a step on the store.
    fileprivate func locked<Value: Sendable>(
        _ step: (inout MemoryStore) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        try store.withLock { store in
            Result { () throws(StorageError) in try step(&store) }
        }.get()
    }

    /// The whole content of a small object.
    public func content(at path: StoragePath, limit: Int) async throws(StorageError) -> ByteBuffer {
        let content = try locked { (store) throws(StorageError) in try store.object(at: path).content }
        guard content.readableBytes <= limit else {
            throw StorageError(.tooLarge, at: path, "\(content.readableBytes) bytes; at most \(limit) were asked for")
        }
        return content
    }

    /// Writes a small object, replacing what was there.
    public func put(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) {
        let time = now()
        _ = try locked { (store) throws(StorageError) in
            try store.put(content, at: path, replacing: true, modified: time)
        }
    }

    /// Writes a small object unless one is there.
    public func putIfAbsent(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) -> Bool {
        let time = now()
        return try locked { (store) throws(StorageError) in
            try store.put(content, at: path, replacing: false, modified: time)
        }
    }

    /// What lies at a path.
    public func metadata(at path: StoragePath) async throws(StorageError) -> StorageMetadata {
        try locked { (store) throws(StorageError) in try store.metadata(at: path) }
    }

    /// Opens an object for reading.
    public func open(at path: StoragePath) async throws(StorageError) -> any StorageObject {
        let (content, modified) = try locked { (store) throws(StorageError) in try store.object(at: path) }
        return MemoryObject(content: content, modified: modified)
    }

    /// Opens an object that grows.
    public func writer(at path: StoragePath, resuming: Bool) async throws(StorageError) -> any StorageWriter {
        let time = now()
        let (identity, size) = try locked { (store) throws(StorageError) in
            try store.open(at: path, resuming: resuming, modified: time)
        }
        return MemoryWriter(driver: self, path: path, identity: identity, size: size)
    }

    /// A page of the direct children of a folder.
    public func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) async throws(StorageError) -> StorageListing {
        try locked { (store) throws(StorageError) in
            try store.list(path, after: after, limit: max(limit, 1), holding: holding)
        }
    }

    /// Removes one object.
    public func delete(at path: StoragePath) async throws(StorageError) {
        try locked { (store) throws(StorageError) in try store.delete(at: path) }
    }

    /// Removes a folder and all below it, or one object.
    public func deleteTree(at path: StoragePath) async throws(StorageError) {
        try locked { (store) throws(StorageError) in try store.deleteTree(at: path) }
    }
}

/// An object as it was when it was opened.
private struct MemoryObject: StorageObject {
    let content: ByteBuffer
    let modified: Int64

    var size: Int64 { Int64(content.readableBytes) }

    func read(at offset: Int64, count: Int) async throws(StorageError) -> ByteBuffer {
        let wanted = min(Int64(count), size - offset)
        guard offset >= 0, wanted > 0 else { return ByteBuffer() }
        return content.getSlice(at: content.readerIndex + Int(offset), length: Int(wanted)) ?? ByteBuffer()
    }
}

/// A writer into the store.
private final class MemoryWriter: StorageWriter {
    private struct State {
        var size: Int64
        var hasEnded = false
    }

    private let driver: MemoryDriver
    private let path: StoragePath
    private let identity: UInt64
    private let state: Mutex<State>

    init(driver: MemoryDriver, path: StoragePath, identity: UInt64, size: Int64) {
        self.driver = driver
        self.path = path
        self.identity = identity
        state = Mutex(State(size: size))
    }

    var size: Int64 { state.withLock { $0.size } }

    func append(_ content: ByteBuffer) async throws(StorageError) {
        let time = driver.now()
        try step { (store, state) throws(StorageError) in
            try store.append(content, at: self.path, self.identity, size: state.size, modified: time)
            state.size += Int64(content.readableBytes)
        }
    }

    func flush() async throws(StorageError) {
        try step { (_, _) throws(StorageError) in }
    }

    func commit(to target: StoragePath) async throws(StorageError) {
        let time = driver.now()
        try step { (store, state) throws(StorageError) in
            try store.commit(self.path, to: target, self.identity, size: state.size, modified: time)
            state.hasEnded = true
        }
    }

    func close() async throws(StorageError) {
        try step { (_, state) throws(StorageError) in state.hasEnded = true }
    }

    func cancel() async throws(StorageError) {
        try step { (store, state) throws(StorageError) in
            store.cancel(self.path, self.identity)
            state.hasEnded = true
        }
    }

    private func step(
        _ body: (inout MemoryStore, inout State) throws(StorageError) -> Void
    ) throws(StorageError) {
        try state.withLock { state in
            Result { () throws(StorageError) in
                guard !state.hasEnded else { throw StorageError(.closed, at: path, "the writer has ended") }
                try driver.locked { (store) throws(StorageError) in try body(&store, &state) }
            }
        }.get()
    }
}
