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

    /// Notes in the store that a server serves it, so that a collection by another process leaves the grace period to
    /// its clients. To be repeated every ``presenceInterval`` seconds.
    ///
    /// - Parameters:
    ///   - id: the server's, the same each time.
    ///   - name: what others are told of it.
    /// - Throws: ``StorageError``.
    public func announceServer(_ id: UploadID, named name: String) async throws {
        let content = ByteBuffer(string: "\(shared.now().rfc3339) \(name)\n")
        try await driver.put(content, at: StoreLayout.server(id))
    }

    /// Takes the note away when the server ends.
    ///
    /// - Throws: ``StorageError``.
    public func withdrawServer(_ id: UploadID) async throws { try await deleteIfPresent(StoreLayout.server(id)) }

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
