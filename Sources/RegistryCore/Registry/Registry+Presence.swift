internal import NIOCore

/// A server that says of itself that it serves a store.
public struct PresentServer: Sendable, Hashable {
    /// What it called itself: a host's name and a process's number.
    public var name: String
    /// When it said so last.
    public var seen: WallTime
}

extension Registry {
    /// How often a server says that it is there, in seconds.
    public static var presenceInterval: Int64 { 30 }

    /// For how long a note that was written is relied on, in seconds: shorter than it counts (``presentServers()``), by what a
    /// push may take from its last look to its last link.
    private static var reliance: Int64 { 2 * presenceInterval - 15 }

    /// From now on pushes wait until the store says that a server serves it, and are refused while it can't say so: a collection
    /// by another process would take the store for unserved. To be called before the server answers.
    ///
    /// - Parameters:
    ///   - id: the server's.
    ///   - name: what others are told of it.
    public func expectServer(_ id: UploadID, named name: String) { shared.serving.expect(id, named: name) }

    /// Notes in the store that a server serves it, so that a collection by another process leaves the grace period to
    /// its clients. To be repeated every ``presenceInterval`` seconds.
    ///
    /// - Parameters:
    ///   - id: the server's, the same each time.
    ///   - name: what others are told of it.
    /// - Throws: ``StorageError``; ``RegistryError`` with `UNAVAILABLE` while a collection goes on that began when nobody served
    ///   the store. Pushes are refused then; the collection ends when it finds the note.
    public func announceServer(_ id: UploadID, named name: String) async throws {
        expectServer(id, named: name)
        let time = shared.now()
        try await driver.put(ByteBuffer(string: "\(time.rfc3339) \(name)\n"), at: StoreLayout.server(id))
        if let holder = try await CollectionLease.loneHolder(in: driver, at: time) {
            shared.serving.stand(.behind(holder: holder, at: time))
            throw Self.behind(holder)
        }
        shared.serving.stand(.seen(until: WallTime(seconds: time.seconds + Self.reliance)))
    }

    private static func behind(_ holder: String) -> RegistryError {
        RegistryError(
            .unavailable,
            message: "pushes wait until the collection by \(holder) has ended, which began when nobody served the store"
        )
    }

    /// Refuses a push of which a collection by another process may not know.
    ///
    /// - Throws: ``RegistryError``; ``StorageError`` when the store can't say that it is served.
    func requirePushable() async throws {
        try requireWritable()
        // More than one turn only where the store takes longer to say it than that counts.
        for _ in 0..<3 {
            guard let server = shared.serving.server else { return }
            let time = shared.now()
            switch server.standing {
            case .seen(let until) where time < until: return
            case .behind(let holder, at: time): throw Self.behind(holder)
            case .seen, .behind: break
            }
            try await shared.serving.turns.withLock(server.id) {
                // Another push may have said it meanwhile.
                guard shared.serving.server == server else { return }
                try await announceServer(server.id, named: server.name)
            }
        }
        throw RegistryError(.unavailable, message: "the registry's storage takes too long to say that it is served")
    }

    /// Takes the note away when the server ends.
    ///
    /// - Throws: ``StorageError``.
    public func withdrawServer(_ id: UploadID) async throws {
        try await deleteIfPresent(StoreLayout.server(id))
        shared.serving.end()
    }

    /// The servers that serve the store now: those that said so within twice the interval. The notes of others, which
    /// ended without a word, are removed.
    ///
    /// - Throws: ``StorageError``.
    public func presentServers() async throws -> [PresentServer] {
        var servers: [PresentServer] = []
        let listing = try await StorageError.ifPresent {
            try await driver.list(StoreLayout.servers, after: nil, limit: 1000, holding: nil)
        }
        for entry in listing?.entries ?? [] {
            guard let id = UploadID(entry.name) else { continue }
            let content = try await StorageError.ifPresent {
                try await driver.content(at: StoreLayout.server(id), limit: 1024)
            }
            guard let content else { continue }
            let words = String(buffer: content).split(separator: " ", maxSplits: 1)
            let seen = words.first.flatMap { WallTime(rfc3339: $0) } ?? WallTime(seconds: 0)
            if shared.now().seconds - seen.seconds <= 2 * Self.presenceInterval {
                let name = words.dropFirst().first.map { String($0.filter { $0 != "\n" }) } ?? ""
                servers.append(PresentServer(name: name, seen: seen))
            } else {
                try await deleteIfPresent(StoreLayout.server(id))
            }
        }
        return servers
    }
}
