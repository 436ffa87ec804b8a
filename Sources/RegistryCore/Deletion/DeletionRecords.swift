internal import NIOCore

/// The records of what was deleted from repositories: `_registryd/deleted/<repository>/_records/<id>`.
struct DeletionRecords: Sendable {
    /// A run of a retention policy may remove all tags of a large repository, each with its history.
    private static let largest = 1 << 30

    let driver: any StorageDriver

    static func folder(_ repository: String) -> StoragePath {
        StoreLayout.deletions.appending(repository).appending(StoreLayout.deletionRecordsFolder)
    }

    private func path(_ id: DeletionID, in repository: RepositoryName) -> StoragePath {
        Self.folder(repository.description).appending(id.description)
    }

    /// Writes a record, or writes it anew with what is left of it; an empty one is removed.
    func write(_ record: DeletionRecord) async throws {
        let path = path(record.id, in: record.repository)
        guard record.isEmpty else { return try await driver.put(record.content, at: path) }
        _ = try await StorageError.ifPresent { try await driver.delete(at: path) }
        await removeEmptyFolders(above: path)
    }

    /// The names of the records of a repository, in no order.
    func identifiers(in repository: RepositoryName) async throws -> [DeletionID] {
        var found: [DeletionID] = []
        var pages = FolderPages(driver, Self.folder(repository.description))
        while let page = try await pages.next() { found += page.compactMap { DeletionID($0.name) } }
        return found
    }

    /// A record; `nil` when it is not there, or not any more.
    ///
    /// - Throws: ``CollectionError/unreadable(path:reason:)`` when it can't be understood; ``StorageError``.
    func record(_ id: DeletionID, in repository: RepositoryName) async throws -> DeletionRecord? {
        let path = path(id, in: repository)
        let content = try await StorageError.ifPresent { try await driver.content(at: path, limit: Self.largest) }
        guard let content else { return nil }
        guard let record = DeletionRecord(String(buffer: content), id, in: repository) else {
            throw CollectionError.unreadable(path: path.description, reason: "it is no record of a deletion")
        }
        return record
    }

    /// The records of a repository, the newest first.
    func records(in repository: RepositoryName) async throws -> [DeletionRecord] {
        var found: [DeletionRecord] = []
        for id in try await identifiers(in: repository).sorted(by: >) {
            if let record = try await record(id, in: repository) { found.append(record) }
        }
        return found
    }

    /// The repositories of which there are records.
    func repositories() async throws -> [RepositoryName] {
        var names: [RepositoryName] = []
        var tree = RepositoryTree(driver, below: StoreLayout.deletions)
        while let found = try await tree.next() {
            if let name = RepositoryName(found.name) { names.append(name) }
        }
        return names
    }

    /// The record of a name, wherever it lies.
    func record(named id: DeletionID) async throws -> DeletionRecord? {
        var tree = RepositoryTree(driver, below: StoreLayout.deletions)
        while let found = try await tree.next() {
            guard let name = RepositoryName(found.name) else { continue }
            if let record = try await record(id, in: name) { return record }
        }
        return nil
    }

    /// Removes a record for good.
    ///
    /// - Returns: whether it was there.
    func remove(_ id: DeletionID, in repository: RepositoryName) async throws -> Bool {
        try await StorageError.ifPresent { try await driver.delete(at: path(id, in: repository)) } != nil
    }

    /// Removes the folders above a record in which nothing is left.
    func removeEmptyFolders(above path: StoragePath) async {
        try? await driver.removeEmptyFolders(above: path, below: StoreLayout.deletions)
    }
}
