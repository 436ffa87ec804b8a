public import NIOCore
public import RegistryCore

/// A driver that measures how long another one takes, and changes nothing else: an opened object is the other
/// driver's own, so that files are still sent by the kernel.
///
/// As in the replaced server, reading and appending in pieces is not timed: it goes at the client's pace. What is timed
/// of a writer is its publication, which is that server's `Move`.
public struct MeteredDriver: StorageDriver {
    private let driver: any StorageDriver
    private let metrics: StorageMetrics

    /// Makes a driver that measures `driver`.
    public init(_ driver: any StorageDriver, metrics: StorageMetrics) {
        self.driver = driver
        self.metrics = metrics
    }

    /// The other driver's name.
    public var name: String { driver.name }

    /// `GetContent`.
    public func content(at path: StoragePath, limit: Int) async throws(StorageError) -> ByteBuffer {
        try await metrics.measure(.getContent) { () async throws(StorageError) in
            try await driver.content(at: path, limit: limit)
        }
    }

    /// `PutContent`.
    public func put(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) {
        try await metrics.measure(.putContent) { () async throws(StorageError) in
            try await driver.put(content, at: path)
        }
    }

    /// `PutContent`, once for all of them.
    public func put(
        inOrder objects: [StoredContent],
        discarding tree: StoragePath?,
        orMovingTo place: StoragePath?
    ) async throws(StorageError) {
        try await metrics.measure(.putContent) { () async throws(StorageError) in
            try await driver.put(inOrder: objects, discarding: tree, orMovingTo: place)
        }
    }

    /// `PutContent` for what is written, and `Move` when it is published.
    public func prepare(_ objects: [StoredContent]) async throws(StorageError) -> any PreparedObjects {
        try await metrics.measure(.putContent) { () async throws(StorageError) in
            MeteredObjects(objects: try await driver.prepare(objects), metrics: metrics)
        }
    }

    /// `PutContent`.
    public func putPassing(
        _ content: ByteBuffer,
        at path: StoragePath,
        within tree: StoragePath
    ) async throws(StorageError) {
        try await metrics.measure(.putContent) { () async throws(StorageError) in
            try await driver.putPassing(content, at: path, within: tree)
        }
    }

    /// `PutContent`.
    public func putIfAbsent(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) -> Bool {
        try await metrics.measure(.putContent) { () async throws(StorageError) in
            try await driver.putIfAbsent(content, at: path)
        }
    }

    /// `Stat`.
    public func metadata(at path: StoragePath) async throws(StorageError) -> StorageMetadata {
        try await metrics.measure(.stat) { () async throws(StorageError) in try await driver.metadata(at: path) }
    }

    /// Opens an object; not timed.
    public func open(at path: StoragePath) async throws(StorageError) -> any StorageObject {
        try await driver.open(at: path)
    }

    /// Opens a writer; not timed but for its publication.
    public func writer(at path: StoragePath, resuming: Bool) async throws(StorageError) -> any StorageWriter {
        MeteredWriter(writer: try await driver.writer(at: path, resuming: resuming), metrics: metrics)
    }

    /// `List`.
    public func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) async throws(StorageError) -> StorageListing {
        try await metrics.measure(.list) { () async throws(StorageError) in
            try await driver.list(path, after: after, limit: limit, holding: holding)
        }
    }

    /// `List`, once for all of them.
    public func firstPages(of folders: [StoragePath], limit: Int) async throws(StorageError) -> [StorageListing?] {
        try await metrics.measure(.list) { () async throws(StorageError) in
            try await driver.firstPages(of: folders, limit: limit)
        }
    }

    /// `Delete`.
    public func delete(at path: StoragePath) async throws(StorageError) {
        try await metrics.measure(.delete) { () async throws(StorageError) in try await driver.delete(at: path) }
    }

    /// `Delete`.
    public func deleteTree(at path: StoragePath) async throws(StorageError) {
        try await metrics.measure(.delete) { () async throws(StorageError) in try await driver.deleteTree(at: path) }
    }

    /// `Delete`.
    public func discardTree(at path: StoragePath) async throws(StorageError) {
        try await metrics.measure(.delete) { () async throws(StorageError) in try await driver.discardTree(at: path) }
    }

    /// `Move`.
    public func move(from path: StoragePath, to target: StoragePath) async throws(StorageError) {
        try await metrics.measure(.move) { () async throws(StorageError) in
            try await driver.move(from: path, to: target)
        }
    }

    /// `Delete`.
    public func removeIfEmpty(_ folder: StoragePath) async throws(StorageError) -> Bool {
        try await metrics.measure(.delete) { () async throws(StorageError) in try await driver.removeIfEmpty(folder) }
    }

    /// `RedirectURL`.
    public func redirect(for path: StoragePath, method: String) async throws(StorageError) -> String? {
        try await metrics.measure(.redirect) { () async throws(StorageError) in
            try await driver.redirect(for: path, method: method)
        }
    }
}

private struct MeteredObjects: PreparedObjects {
    let objects: any PreparedObjects
    let metrics: StorageMetrics

    func publish(discarding tree: StoragePath?, orMovingTo place: StoragePath?) async throws(StorageError) {
        try await metrics.measure(.move) { () async throws(StorageError) in
            try await objects.publish(discarding: tree, orMovingTo: place)
        }
    }

    func cancel() async { await objects.cancel() }
}

private struct MeteredWriter: StorageWriter {
    let writer: any StorageWriter
    let metrics: StorageMetrics

    var size: Int64 { writer.size }

    func expect(_ count: Int64) { writer.expect(count) }

    func append(_ content: ByteBuffer) async throws(StorageError) { try await writer.append(content) }

    func append(_ parts: [ByteBuffer]) async throws(StorageError) { try await writer.append(parts) }

    func flush() async throws(StorageError) { try await writer.flush() }

    func commit(to path: StoragePath) async throws(StorageError) {
        try await metrics.measure(.move) { () async throws(StorageError) in try await writer.commit(to: path) }
    }

    func close() async throws(StorageError) { try await writer.close() }

    func cancel() async throws(StorageError) { try await writer.cancel() }
}

extension StorageMetrics {
    fileprivate func measure<Result>(
        _ action: Action,
        _ body: () async throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        let began = ContinuousClock.now
        defer { took(action, since: began) }
        do {
            return try await body()
        } catch {
            if error.code != .notFound { failed(action) }
            throw error
        }
    }
}
