public import NIOCore

/// An object that grows, made by ``StorageDriver/writer(at:resuming:)``.
///
/// Its calls are made one after the other by one owner, save that ``size`` may be read at any time. After an error
/// of ``append(_:)`` the owner closes the writer; ``size`` is then what a writer that resumes will find or more.
///
/// Once a writer has ended, each of its calls throws `closed`. So does one that finds that the object was removed or
/// that another writer has gone on with it.
public protocol StorageWriter: Sendable {
    /// How many bytes were appended in all, those of earlier writers included.
    var size: Int64 { get }

    /// Says how many bytes will be appended from now on, where that is known: a hint, by which a store can choose how it takes
    /// them. There may be more or fewer.
    func expect(_ count: Int64)

    /// Appends bytes. It returns when the store has taken them, so that a caller which awaits it never runs ahead of
    /// the store; they need not be durable yet.
    ///
    /// - Throws: `noSpace`, `readOnly`, `unavailable`, `failed`; `closed` after any of the calls below that end it.
    func append(_ content: ByteBuffer) async throws(StorageError)

    /// Appends bytes that lie in several buffers, in their order, so that nobody has to copy them to lie in one.
    ///
    /// - Throws: as ``append(_:)-(ByteBuffer)``. Some of the buffers may have been appended.
    func append(_ parts: [ByteBuffer]) async throws(StorageError)

    /// Makes all bytes so far durable: a writer that resumes after a crash finds them.
    func flush() async throws(StorageError)

    /// Publishes the object at its final path and ends the writer. The object appears there whole and at once,
    /// replaces what was there, is durable on return, and no longer lies where it grew.
    ///
    /// - Throws: as ``append(_:)``; `wrongKind` as ``StorageDriver/put(_:at:)``. After an error the object still lies
    ///   where it grew and the writer goes on, unless making the new name durable was what failed.
    func commit(to path: StoragePath) async throws(StorageError)

    /// Flushes and ends the writer; another one may resume.
    func close() async throws(StorageError)

    /// Removes the object and ends the writer.
    func cancel() async throws(StorageError)
}

extension StorageWriter {
    /// Nothing: it is only a hint.
    public func expect(_ count: Int64) {}

    /// Appends one after the other.
    public func append(_ parts: [ByteBuffer]) async throws(StorageError) {
        for part in parts { try await append(part) }
    }
}
