public import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
public import RegistryCore

/// Asks a running server's ``AdministrationResponder`` through its socket.
public struct AdministrationClient: Sendable {
    private let client: HTTPClient
    private let path: String

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - client: what requests are sent with.
    ///   - path: the socket's path.
    public init(client: HTTPClient, socket path: String) {
        self.client = client
        self.path = path
    }

    /// What a running collection reports.
    public struct Progress: Sendable {
        /// Whether it goes on.
        public var isRunning: Bool
        /// Why it ended early; `nil` when it didn't.
        public var failure: String?
        /// Lines that were not reported before.
        public var lines: [String]
        /// The line to ask from next.
        public var nextLine: Int
        /// Whether more lines are there already.
        public var hasMoreLines: Bool
        /// ``CollectionSummary/json``.
        public var summary: String
        /// How far it is.
        public var counts: (repositories: Int, blobFolders: Int, swept: Int, bytesFreed: Int64)
        /// How many blobs it removed and quarantined.
        public var blobs: (removed: Int, quarantined: Int)
    }

    /// Whether a server listens there.
    public func isServed() async -> Bool { (try? await send(.GET, "/v1/read-only")) != nil }

    /// Begins a collection.
    ///
    /// - Parameters: what the verb was given; `nil` leaves the server's settings.
    /// - Throws: ``AdministrationError``.
    public func beginCollection(isDryRun: Bool, deletesUntagged: Bool?, grace: Int64?) async throws {
        let wish = CollectionWish(dryRun: isDryRun, deleteUntagged: deletesUntagged, grace: grace)
        try await send(.POST, "/v1/collection", try JSONEncoder().encode(wish))
    }

    /// How the collection stands.
    ///
    /// - Throws: ``AdministrationError``.
    public func collection(from line: Int) async throws -> Progress {
        let report = try await decode(CollectionReport.self, .GET, "/v1/collection?from=\(line)")
        return Progress(
            isRunning: report.running,
            failure: report.failure,
            lines: report.lines,
            nextLine: report.nextLine,
            hasMoreLines: report.hasMoreLines,
            summary: report.summary,
            counts: (report.repositories, report.blobFolders, report.blobFoldersSwept, report.bytesFreed),
            blobs: (report.blobsRemoved, report.blobsQuarantined)
        )
    }

    /// Switches the server's read-only mode.
    ///
    /// - Throws: ``AdministrationError``.
    public func setReadOnly(_ isOn: Bool) async throws {
        try await send(.PUT, "/v1/read-only", try JSONEncoder().encode(ReadOnlyState(enabled: isOn)))
    }

    /// Whether the server is read-only.
    ///
    /// - Throws: ``AdministrationError``.
    public func isReadOnly() async throws -> Bool {
        try await decode(ReadOnlyState.self, .GET, "/v1/read-only").enabled
    }

    /// Deletes a repository.
    ///
    /// - Returns: by what it can be restored.
    /// - Throws: ``AdministrationError``.
    public func deleteRepository(_ name: RepositoryName) async throws -> String {
        try await decode(DeletedRecord.self, .DELETE, "/v1/repositories/\(name)").id
    }

    /// The repositories that can be restored: identifier, name, and when they were deleted.
    ///
    /// - Throws: ``AdministrationError``.
    public func deletedRepositories() async throws -> [(id: String, name: String, deleted: String)] {
        try await decode([DeletedRecord].self, .GET, "/v1/deleted-repositories").map { ($0.id, $0.name, $0.deleted) }
    }

    /// Restores a repository.
    ///
    /// - Returns: its name.
    /// - Throws: ``AdministrationError``.
    public func restoreRepository(_ id: String) async throws -> String {
        try await decode([String: String].self, .POST, "/v1/deleted-repositories/\(id)/restore")["name"] ?? ""
    }

    /// What can be restored, a line for each (`Deletion.lines`).
    ///
    /// - Parameter repository: whose; `nil` for all.
    /// - Throws: ``AdministrationError``.
    public func deletions(in repository: RepositoryName? = nil) async throws -> [String] {
        let path = repository.map { "/v1/deletions/\($0)" } ?? "/v1/deletions"
        return try await decode([DeletionReport].self, .GET, path).flatMap(\.lines)
    }

    /// Restores a tag, a manifest, a blob or a repository.
    ///
    /// - Parameter what: as `RestorationTarget` reads it.
    /// - Returns: `Restoration.lines`, and whether all is in its place; `nil` when nothing of that name was deleted.
    /// - Throws: ``AdministrationError``.
    public func restore(_ what: String) async throws -> (lines: [String], isComplete: Bool)? {
        let wish = try JSONEncoder().encode(RestorationWish(target: what))
        guard let data = try await send(.POST, "/v1/restore", wish, toleratingAbsence: true) else { return nil }
        let report = try Self.decode(RestorationReport.self, data)
        return (report.lines, report.complete)
    }

    func decode<Value: Decodable>(
        _ type: Value.Type,
        _ method: HTTPMethod,
        _ path: String
    ) async throws -> Value {
        try Self.decode(type, try await send(method, path))
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw AdministrationError("the server's answer can't be understood: \(error)")
        }
    }

    @discardableResult
    func send(_ method: HTTPMethod, _ target: String, _ content: Data? = nil) async throws -> Data {
        guard let answer = try await send(method, target, content, toleratingAbsence: false) else {
            throw AdministrationError("the server answers 404")
        }
        return answer
    }

    /// - Parameter toleratingAbsence: whether 404 is answered by `nil`.
    private func send(
        _ method: HTTPMethod,
        _ target: String,
        _ content: Data?,
        toleratingAbsence: Bool
    ) async throws -> Data? {
        guard let url = URL(httpURLWithSocketPath: path, uri: target) else {
            throw AdministrationError("no server can be asked at \(path)")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        // Otherwise the client names the socket's path here, which is no host.
        request.headers.add(name: "Host", value: "localhost")
        request.method = method
        if let content { request.body = .bytes(ByteBuffer(bytes: content)) }
        let response: HTTPClientResponse
        let answer: Data
        do {
            response = try await client.execute(request, timeout: .seconds(300))
            answer = Data(buffer: try await response.body.collect(upTo: 64 << 20))
        } catch {
            throw AdministrationError("the server at \(path) does not answer: \(error)")
        }
        if toleratingAbsence, response.status.code == 404 { return nil }
        guard response.status.code < 300 else { throw AdministrationError(Self.message(answer, response.status)) }
        return answer
    }

    private static func message(_ answer: Data, _ status: HTTPResponseStatus) -> String {
        struct Refusal: Decodable {
            struct Entry: Decodable { var message: String }
            var errors: [Entry]
        }
        let entries = (try? JSONDecoder().decode(Refusal.self, from: answer))?.errors ?? []
        return entries.isEmpty ? "the server answers \(status.code)" : entries.map(\.message).joined(separator: "; ")
    }
}

extension Data {
    fileprivate init(buffer: ByteBuffer) { self.init(Array(buffer: buffer)) }
}
