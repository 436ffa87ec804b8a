import NIOCore
import RegistryCore

/// An object that grows as a plain file.
struct FilesystemWriter: StorageWriter {
    let path: StoragePath
    let file: GrowingFile
    let place: FilesystemRoot
    let blocking: BlockingCalls
    /// Where a file is appended to that is written past the kernel's memory.
    let appending: BlockingCalls
    let presence: StorePresence
    let log: WriteAheadLog

    var size: Int64 { file.size }

    func expect(_ count: Int64) { file.expect(count) }

    func append(_ content: ByteBuffer) async throws(StorageError) { try await append([content]) }

    func append(_ content: [ByteBuffer]) async throws(StorageError) {
        try await run(by: file.isWrittenDirectly ? appending : blocking) { (file) throws(WriterFailure) in
            try file.append(content)
        }
    }

    func flush() async throws(StorageError) {
        try await run { (file) throws(WriterFailure) in try file.flush() }
    }

    func commit(to target: StoragePath) async throws(StorageError) {
        let target = place.absolute(target)
        try await run { [log] (file) throws(WriterFailure) in
            // Else a crash could put what the log has of the two over what was moved, or where that was.
            try Self.settle([file.file, target], log)
            try file.commit(to: target)
            try Self.settle([file.file, target], log)
        }
    }

    func close() async throws(StorageError) {
        try await run { (file) throws(WriterFailure) in try file.close() }
    }

    func cancel() async throws(StorageError) {
        try await run { [log] (file) throws(WriterFailure) in
            try file.cancel()
            try Self.settle([file.file], log)
        }
    }

    private static func settle(_ paths: [String], _ log: WriteAheadLog) throws(WriterFailure) {
        do throws(SystemFailure) {
            for path in paths { try log.settle(put: path) }
        } catch {
            throw .system(error)
        }
    }

    private func run(
        by calls: BlockingCalls? = nil,
        _ step: @escaping @Sendable (GrowingFile) throws(WriterFailure) -> Void
    ) async throws(StorageError) {
        try await (calls ?? blocking).run(path) { [file, path, presence] () throws(StorageError) in
            do throws(WriterFailure) {
                try step(file)
            } catch {
                switch error {
                case .system(let failure): throw StorageError(failure, at: path, .writing)
                case .ended: throw StorageError(.closed, at: path, "the writer has ended")
                case .overtaken:
                    try presence.check(for: path)
                    throw StorageError(.closed, at: path, "the file was removed or has another writer")
                }
            }
        }
    }
}
