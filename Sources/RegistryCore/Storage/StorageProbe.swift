internal import NIOCore

/// Finds out whether a store can be written, by writing into it: a store that is full or mounted read-only answers all
/// that is only asked.
///
/// Each probe has an object of its own, `_registryd/health/<id>`, so that replicas don't meet.
public struct StorageProbe: Sendable {
    /// A block of a file system, so that a disk with room for names alone counts as full.
    private static let size = 4096

    private let driver: any StorageDriver
    private let path = StoreLayout.own.appending("health/\(UploadID())")

    /// Makes a probe of a store.
    public init(_ driver: any StorageDriver) { self.driver = driver }

    /// Writes an object and takes it away.
    ///
    /// - Throws: ``StorageError`` when it can't be written.
    public func write() async throws(StorageError) {
        do throws(StorageError) {
            try await driver.put(ByteBuffer(repeating: 0, count: Self.size), at: path)
        } catch {
            // An earlier one may lie there still, or this one after all.
            try? await driver.delete(at: path)
            throw error
        }
        do throws(StorageError) {
            try await driver.delete(at: path)
        } catch {
            guard error.code == .notFound else { throw error }
        }
    }
}
