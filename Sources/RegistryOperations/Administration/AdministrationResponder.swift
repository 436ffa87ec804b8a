import FoundationEssentials
public import HTTPTypes
import NIOCore
public import RegistryCore
public import RegistryHTTP

/// Answers what an operator asks of a server that runs: to collect, to delete whole repositories, to restore what was
/// deleted, to be read-only for a while.
///
/// It knows no users: it is for a socket that only the operator can open. `Documentation/reference/administration.md`
/// describes its paths.
public struct AdministrationResponder: Responder {
    /// Whether the server is read-only, and how that is changed.
    public struct ReadOnlySwitch: Sendable {
        let isOn: @Sendable () -> Bool
        let turn: @Sendable (Bool) async throws -> Void

        /// Makes a switch.
        ///
        /// - Parameters:
        ///   - isOn: whether nothing may be changed now.
        ///   - turn: lets later requests change something, or nothing.
        public init(isOn: @escaping @Sendable () -> Bool, turn: @escaping @Sendable (Bool) async throws -> Void) {
            self.isOn = isOn
            self.turn = turn
        }
    }

    private let registry: Registry
    private let collections: CollectionService
    private let retention: RetentionService?
    private let readOnly: ReadOnlySwitch
    private let defaults: CollectionOptions

    /// Makes a responder.
    ///
    /// - Parameters:
    ///   - registry: what is administered. It must allow deletion.
    ///   - collections: what collects.
    ///   - defaults: how it collects where a request says nothing else.
    ///   - retention: what applies the retention policy; `nil` when nothing does.
    ///   - readOnly: the server's read-only mode.
    public init(
        registry: Registry,
        collections: CollectionService,
        defaults: CollectionOptions,
        retention: RetentionService? = nil,
        readOnly: ReadOnlySwitch
    ) {
        self.registry = registry
        self.collections = collections
        self.defaults = defaults
        self.retention = retention
        self.readOnly = readOnly
    }

    /// Answers a request.
    public func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        do {
            return try await answer(request, body)
        } catch {
            return Response(RegistryError(wrapping: error))
        }
    }

    /// How many lines of a run one answer has. Some thousand of them took an event loop 1.25 ms to encode.
    private static let lineLimit = 500

    private func answer(_ request: HTTPRequest, _ body: RequestBody) async throws -> Response {
        let target = request.path ?? "/"
        let path = target.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        guard path.first == "v1" else { throw unknown(target) }
        switch (request.method, path.dropFirst().first, Array(path.dropFirst(2))) {
        case (.get, "collection", []):
            return try json(
                CollectionReport(collections.status(from: firstLine(wantedBy: target), atMost: Self.lineLimit))
            )
        case (.post, "collection", []):
            let wish = try await decode(CollectionWish.self, body)
            guard collections.begin(wish.applied(to: defaults)) else {
                throw RegistryError(.unsupported, message: "a collection is running already", status: 409)
            }
            return Response(.accepted)
        case (.get, "retention", []):
            guard let retention else { throw unknown(target) }
            return try json(
                RetentionStatus(retention.status(from: firstLine(wantedBy: target), atMost: Self.lineLimit))
            )
        case (.post, "retention", []):
            guard let retention else { throw unknown(target) }
            try retention.begin(try await decode(RetentionRequest.self, body))
            return Response(.accepted)
        case (.get, "read-only", []): return try json(ReadOnlyState(enabled: readOnly.isOn()))
        case (.put, "read-only", []):
            let state = try await decode(ReadOnlyState.self, body)
            try await readOnly.turn(state.enabled)
            return try json(state)
        case (.get, "deleted-repositories", []):
            return try json(try await registry.deletedRepositories().map(DeletedRecord.init))
        case (.get, "deletions", let name):
            let repository = try name.isEmpty ? nil : repositoryName(name.joined(separator: "/"))
            return try json(try await registry.deletions(in: repository).map(DeletionReport.init))
        case (.post, "restore", []): return try await restore(try await decode(RestorationWish.self, body))
        case (.delete, "repositories", let name) where !name.isEmpty:
            let repository = try repositoryName(name.joined(separator: "/"))
            return try json(DeletedRecord(try await registry.deleteRepository(repository)))
        case (.post, "deleted-repositories", let id) where id.count == 2 && id[1] == "restore":
            guard let name = try await registry.restoreRepository(id[0]) else {
                throw RegistryError(.nameUnknown, message: "there is no deleted repository \(id[0])", status: 404)
            }
            return try json(["name": name.description])
        default: throw unknown(target)
        }
    }

    private func restore(_ wish: RestorationWish) async throws -> Response {
        guard let target = RestorationTarget(wish.target) else {
            throw RegistryError(
                .unsupported,
                message: "\(wish.target.prefix(200)) is no repository, tag, digest or identifier",
                status: 400
            )
        }
        guard let restored = try await registry.restore(target) else {
            throw RegistryError(.nameUnknown, message: "there is no deleted \(wish.target.prefix(200))", status: 404)
        }
        return try json(RestorationReport(restored))
    }

    /// The line from which on a request wants to know how a run stands (`?from=`).
    private func firstLine(wantedBy target: String) -> Int {
        target.split(separator: "?").dropFirst().first?.split(separator: "=").last.flatMap { Int($0) } ?? 0
    }

    private func unknown(_ target: String) -> RegistryError {
        RegistryError(.unsupported, message: "there is nothing to administer at \(target.prefix(200))", status: 404)
    }

    private func repositoryName(_ text: String) throws(RegistryError) -> RepositoryName {
        do {
            return try RepositoryName(parsing: text)
        } catch {
            throw RegistryError(.nameInvalid, message: "invalid repository name: \(error)")
        }
    }

    private func json(_ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = ByteBuffer(bytes: try encoder.encode(value))
        return Response(.ok, headers: [.contentType: "application/json"], body: .bytes(bytes))
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ body: RequestBody) async throws -> Value {
        var content: [UInt8] = []
        while let part = try await body.next(), content.count <= 64 * 1024 { content += Array(buffer: part) }
        do {
            return try JSONDecoder().decode(type, from: Data(content.isEmpty ? Array("{}".utf8) : content))
        } catch {
            throw RegistryError(.unsupported, message: "the request's JSON can't be understood: \(error)", status: 400)
        }
    }
}

/// What a request for a collection may say.
struct CollectionWish: Codable {
    var dryRun: Bool?
    var deleteUntagged: Bool?
    /// In seconds.
    var grace: Int64?

    func applied(to options: CollectionOptions) -> CollectionOptions {
        var options = options
        if let dryRun { options.isDryRun = dryRun }
        if let deleteUntagged { options.deletesUntagged = deleteUntagged }
        if let grace { options.grace = grace }
        options.countsFirst = true
        return options
    }
}

/// How a collection stands, as JSON.
struct CollectionReport: Codable {
    var running: Bool
    var failure: String?
    var lines: [String]
    var nextLine: Int
    var hasMoreLines: Bool
    /// ``CollectionSummary/json``.
    var summary: String
    var repositories: Int
    var repositoriesSwept: Int
    var blobFolders: Int
    var blobFoldersSwept: Int
    var bytesFreed: Int64
    var blobsRemoved: Int
    var blobsQuarantined: Int
    var phase: String

    init(_ status: CollectionService.Status) {
        running = status.isRunning
        failure = status.failure
        lines = status.lines
        nextLine = status.firstLine + status.lines.count
        hasMoreLines = status.hasMoreLines
        let summary = status.summary
        self.summary = summary.json
        repositories = summary.repositories
        repositoriesSwept = summary.repositoriesSwept
        blobFolders = summary.blobFolders
        blobFoldersSwept = summary.blobFoldersSwept
        bytesFreed = summary.bytesFreed
        blobsRemoved = summary.blobsRemoved
        blobsQuarantined = summary.blobsQuarantined
        phase = summary.phase.rawValue
    }
}

struct ReadOnlyState: Codable {
    var enabled: Bool
}

struct DeletedRecord: Codable {
    var id: String
    var name: String
    var deleted: String

    init(_ repository: DeletedRepository) {
        id = repository.id
        name = repository.name.description
        deleted = repository.deleted.rfc3339
    }
}
