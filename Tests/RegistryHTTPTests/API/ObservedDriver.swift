import NIOCore
import RegistryCore
import Synchronization

/// A store that counts what it is asked for, and fails where a test wants it to.
final class ObservedDriver: StorageDriver {
    /// What a call does.
    enum Operation: String, Sendable, Hashable {
        case content, put, open, writer, append, commit, list, metadata, delete
    }

    private struct State {
        var calls: [(operation: Operation, path: String)] = []
        var failure: (code: StorageError.Code, operations: Set<Operation>)?
    }

    private let base: any StorageDriver
    private let state = Mutex(State())

    var name: String { "observed" }

    init(_ base: any StorageDriver) { self.base = base }

    /// The paths that an operation was asked for.
    func paths(_ operation: Operation) -> [String] {
        state.withLock { $0.calls.filter { $0.operation == operation }.map(\.path) }
    }

    /// Makes operations fail from now on; no code ends that.
    func fail(_ operations: Set<Operation>, with code: StorageError.Code?) {
        state.withLock { $0.failure = code.map { ($0, operations) } }
    }

    fileprivate func note(_ operation: Operation, _ path: StoragePath) throws(StorageError) {
        let failure: StorageError.Code? = state.withLock { state in
            state.calls.append((operation, path.description))
            guard let failure = state.failure, failure.operations.contains(operation) else { return nil }
            return failure.code
        }
        if let failure { throw StorageError(failure, at: path, "as the test wants") }
    }

    func content(at path: StoragePath, limit: Int) async throws(StorageError) -> ByteBuffer {
        try note(.content, path)
        return try await base.content(at: path, limit: limit)
    }

    func put(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) {
        try note(.put, path)
        try await base.put(content, at: path)
    }

    func putIfAbsent(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) -> Bool {
        try note(.put, path)
        return try await base.putIfAbsent(content, at: path)
    }

    func metadata(at path: StoragePath) async throws(StorageError) -> StorageMetadata {
        try note(.metadata, path)
        return try await base.metadata(at: path)
    }

    func open(at path: StoragePath) async throws(StorageError) -> any StorageObject {
        try note(.open, path)
        return try await base.open(at: path)
    }

    func writer(at path: StoragePath, resuming: Bool) async throws(StorageError) -> any StorageWriter {
        try note(.writer, path)
        return ObservedWriter(base: try await base.writer(at: path, resuming: resuming), path: path, driver: self)
    }

    func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) async throws(StorageError) -> StorageListing {
        try note(.list, path)
        return try await base.list(path, after: after, limit: limit, holding: holding)
    }

    func delete(at path: StoragePath) async throws(StorageError) {
        try note(.delete, path)
        try await base.delete(at: path)
    }

    func deleteTree(at path: StoragePath) async throws(StorageError) {
        try note(.delete, path)
        try await base.deleteTree(at: path)
    }
}

private struct ObservedWriter: StorageWriter {
    let base: any StorageWriter
    let path: StoragePath
    let driver: ObservedDriver

    var size: Int64 { base.size }

    func append(_ content: ByteBuffer) async throws(StorageError) {
        try driver.note(.append, path)
        try await base.append(content)
    }

    func flush() async throws(StorageError) { try await base.flush() }

    func commit(to destination: StoragePath) async throws(StorageError) {
        try driver.note(.commit, path)
        try await base.commit(to: destination)
    }

    func close() async throws(StorageError) { try await base.close() }

    func cancel() async throws(StorageError) { try await base.cancel() }
}
