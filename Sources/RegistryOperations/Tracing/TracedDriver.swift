public import NIOCore
public import RegistryCore
public import Tracing

/// A driver that makes a span of each call to another one, named as in the replaced server and a child of the request's,
/// and changes nothing else.
public struct TracedDriver<Tracing: Tracer>: StorageDriver {
    private let driver: any StorageDriver
    private let tracer: Tracing

    /// Makes a driver that traces `driver`.
    public init(_ driver: any StorageDriver, tracer: Tracing) {
        self.driver = driver
        self.tracer = tracer
    }

    /// The other driver's name.
    public var name: String { driver.name }

    /// `GetContent`.
    public func content(at path: StoragePath, limit: Int) async throws(StorageError) -> ByteBuffer {
        try await trace("GetContent", path) { (span) async throws(StorageError) in
            let content = try await driver.content(at: path, limit: limit)
            span.attributes["\(prefix)content.length"] = content.readableBytes
            return content
        }
    }

    /// `PutContent`.
    public func put(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) {
        try await trace("PutContent", path) { (span) async throws(StorageError) in
            span.attributes["\(prefix)content.length"] = content.readableBytes
            try await driver.put(content, at: path)
        }
    }

    /// `PutContent`, once for all of them, at the first one's path.
    public func put(
        inOrder objects: [StoredContent],
        discarding tree: StoragePath?,
        orMovingTo place: StoragePath?
    ) async throws(StorageError) {
        guard let path = objects.first?.path ?? tree else { return }
        try await trace("PutContent", path) { (span) async throws(StorageError) in
            span.attributes["\(prefix)content.length"] = objects.reduce(0) { $0 + $1.byteCount }
            try await driver.put(inOrder: objects, discarding: tree, orMovingTo: place)
        }
    }

    /// `PutContent` for what is written, and `Move` when it is published, both at the first one's path.
    public func prepare(_ objects: [StoredContent]) async throws(StorageError) -> any PreparedObjects {
        guard let path = objects.first?.path else { return UnpreparedObjects([], for: self) }
        return try await trace("PutContent", path) { (span) async throws(StorageError) in
            span.attributes["\(prefix)content.length"] = objects.reduce(0) { $0 + $1.byteCount }
            return TracedObjects(objects: try await driver.prepare(objects), path: path, driver: self)
        }
    }

    /// `PutContent`.
    public func putPassing(
        _ content: ByteBuffer,
        at path: StoragePath,
        within tree: StoragePath
    ) async throws(StorageError) {
        try await trace("PutContent", path) { (span) async throws(StorageError) in
            span.attributes["\(prefix)content.length"] = content.readableBytes
            try await driver.putPassing(content, at: path, within: tree)
        }
    }

    /// `PutContent`.
    public func putIfAbsent(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) -> Bool {
        try await trace("PutContent", path) { (span) async throws(StorageError) in
            span.attributes["\(prefix)content.length"] = content.readableBytes
            return try await driver.putIfAbsent(content, at: path)
        }
    }

    /// `Stat`.
    public func metadata(at path: StoragePath) async throws(StorageError) -> StorageMetadata {
        try await trace("Stat", path) { (_) async throws(StorageError) in try await driver.metadata(at: path) }
    }

    /// `Reader`: opening; what is read of the object is read when the client takes it.
    public func open(at path: StoragePath) async throws(StorageError) -> any StorageObject {
        try await trace("Reader", path) { (_) async throws(StorageError) in try await driver.open(at: path) }
    }

    /// `Writer`.
    public func writer(at path: StoragePath, resuming: Bool) async throws(StorageError) -> any StorageWriter {
        let writer = try await trace("Writer", path) { (span) async throws(StorageError) in
            span.attributes["\(prefix)append"] = resuming
            return try await driver.writer(at: path, resuming: resuming)
        }
        return TracedWriter(writer: writer, source: path, driver: self)
    }

    /// `List`.
    public func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) async throws(StorageError) -> StorageListing {
        try await trace("List", path) { (_) async throws(StorageError) in
            try await driver.list(path, after: after, limit: limit, holding: holding)
        }
    }

    /// `List`, once for all of them, at the first one's path.
    public func firstPages(of folders: [StoragePath], limit: Int) async throws(StorageError) -> [StorageListing?] {
        guard let first = folders.first else { return [] }
        return try await trace("List", first) { (_) async throws(StorageError) in
            try await driver.firstPages(of: folders, limit: limit)
        }
    }

    /// `Delete`.
    public func delete(at path: StoragePath) async throws(StorageError) {
        try await trace("Delete", path) { (_) async throws(StorageError) in try await driver.delete(at: path) }
    }

    /// `Delete`.
    public func deleteTree(at path: StoragePath) async throws(StorageError) {
        try await trace("Delete", path) { (_) async throws(StorageError) in try await driver.deleteTree(at: path) }
    }

    /// `Delete`.
    public func discardTree(at path: StoragePath) async throws(StorageError) {
        try await trace("Delete", path) { (_) async throws(StorageError) in try await driver.discardTree(at: path) }
    }

    /// `Move`.
    public func move(from path: StoragePath, to target: StoragePath) async throws(StorageError) {
        try await trace("Move", path) { (span) async throws(StorageError) in
            span.attributes["\(prefix)source.path"] = path.description
            span.attributes["\(prefix)dest.path"] = target.description
            try await driver.move(from: path, to: target)
        }
    }

    /// `Delete`.
    public func removeIfEmpty(_ folder: StoragePath) async throws(StorageError) -> Bool {
        try await trace("Delete", folder) { (_) async throws(StorageError) in try await driver.removeIfEmpty(folder) }
    }

    /// `RedirectURL`.
    public func redirect(for path: StoragePath, method: String) async throws(StorageError) -> String? {
        try await trace("RedirectURL", path) { (_) async throws(StorageError) in
            try await driver.redirect(for: path, method: method)
        }
    }

    /// Runs a call within a span.
    fileprivate func trace<Result>(
        _ operation: String,
        _ path: StoragePath,
        _ body: (Tracing.Span) async throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        // Not the tracer's own `withSpan`, which forgets what kind of error there can be.
        let span = tracer.startSpan(operation, context: .current ?? .topLevel, ofKind: .internal)
        defer { span.end() }
        if span.isRecording {
            var attributes = span.attributes
            attributes["\(prefix)driver.name"] = driver.name
            attributes["\(prefix)path"] = path.description.isEmpty ? "/" : path.description
            span.attributes = attributes
        }
        do {
            return try await body(span)
        } catch {
            // That nothing is there is an answer: half of a push asks whether it must be sent.
            if error.code != .notFound {
                span.recordError(error)
                span.setStatus(SpanStatus(code: .error, message: "\(error)"))
            }
            throw error
        }
    }
}

/// What the replaced server's names of attributes begin with.
private let prefix = "io.cncf.distribution.storage."

private struct TracedObjects<Tracing: Tracer>: PreparedObjects {
    let objects: any PreparedObjects
    let path: StoragePath
    let driver: TracedDriver<Tracing>

    func publish(discarding tree: StoragePath?, orMovingTo place: StoragePath?) async throws(StorageError) {
        try await driver.trace("Move", path) { (_) async throws(StorageError) in
            try await objects.publish(discarding: tree, orMovingTo: place)
        }
    }

    func cancel() async { await objects.cancel() }
}

private struct TracedWriter<Tracing: Tracer>: StorageWriter {
    let writer: any StorageWriter
    let source: StoragePath
    let driver: TracedDriver<Tracing>

    var size: Int64 { writer.size }

    func expect(_ count: Int64) { writer.expect(count) }

    func append(_ content: ByteBuffer) async throws(StorageError) { try await writer.append(content) }

    func append(_ parts: [ByteBuffer]) async throws(StorageError) { try await writer.append(parts) }

    func flush() async throws(StorageError) { try await writer.flush() }

    func commit(to path: StoragePath) async throws(StorageError) {
        try await driver.trace("Move", source) { (span) async throws(StorageError) in
            span.attributes["\(prefix)source.path"] = source.description
            span.attributes["\(prefix)dest.path"] = path.description
            try await writer.commit(to: path)
        }
    }

    func close() async throws(StorageError) { try await writer.close() }

    func cancel() async throws(StorageError) { try await writer.cancel() }
}
