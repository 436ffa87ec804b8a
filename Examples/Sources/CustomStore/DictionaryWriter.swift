import NIOCore
import RegistryCore
import Synchronization

/// A writer: it knows its size without waiting, and that it has ended; the rest is the driver's.
final class DictionaryWriter: StorageWriter {
    private let driver: DictionaryDriver
    private let path: StoragePath
    private let number: Int
    private let state: Mutex<(size: Int64, hasEnded: Bool)>

    init(driver: DictionaryDriver, path: StoragePath, number: Int, size: Int64) {
        self.driver = driver
        self.path = path
        self.number = number
        state = Mutex((size, false))
    }

    var size: Int64 { state.withLock { $0.size } }

    func append(_ content: ByteBuffer) async throws(StorageError) {
        try requireOpen()
        try await driver.append(content, at: path, writer: number)
        state.withLock { $0.size += Int64(content.readableBytes) }
    }

    /// Nothing to do: an append reaches the dictionary at once.
    func flush() async throws(StorageError) { try requireOpen() }

    func commit(to target: StoragePath) async throws(StorageError) {
        try requireOpen()
        try await driver.commit(path, to: target, writer: number)
        end()
    }

    func close() async throws(StorageError) {
        try requireOpen()
        end()
    }

    func cancel() async throws(StorageError) {
        try requireOpen()
        await driver.cancel(path, writer: number)
        end()
    }

    private func end() { state.withLock { $0.hasEnded = true } }

    private func requireOpen() throws(StorageError) {
        if state.withLock({ $0.hasEnded }) { throw StorageError(.closed, at: path, "the writer has ended") }
    }
}
