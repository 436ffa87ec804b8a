internal import NIOCore

/// A repository that was deleted and can be restored.
public struct DeletedRepository: Sendable, Hashable {
    /// By what it is restored.
    public let id: String
    /// What it was.
    public let name: RepositoryName
    /// When it was deleted.
    public let deleted: WallTime
}

/// Moves a repository's objects into the trash and back. What lies in the trash keeps what it refers to.
///
/// Objects are moved one by one, links before what they make visible: pointers go first and come back last. A crash in
/// between leaves a part on either side; deleting, or restoring, once more goes on with it.
struct Trash: Sendable {
    /// In the order in which they go.
    private static let parts = [
        StoreLayout.tagsFolder, StoreLayout.revisionsFolder, StoreLayout.referrersFolder, StoreLayout.layersFolder,
        StoreLayout.manifestsFolder,
    ]

    let driver: any StorageDriver

    /// What is in the trash.
    func contents() async throws -> [DeletedRepository] {
        var found: [DeletedRepository] = []
        var pages = FolderPages(driver, StoreLayout.trash)
        while let page = try await pages.next() {
            for entry in page where entry.kind == .folder {
                if let deleted = try await record(entry.name) { found.append(deleted) }
            }
        }
        return found
    }

    func record(_ id: String) async throws -> DeletedRepository? {
        guard StoragePath.isComponent(id) else { return nil }
        let content = try await StorageError.ifPresent {
            try await driver.content(at: StoreLayout.trashRecord(id), limit: 4096)
        }
        guard let parts = content.map({ String(buffer: $0).split(separator: " ") }), parts.count == 2,
            let deleted = WallTime(rfc3339: parts[0]), let name = RepositoryName(parts[1])
        else { return nil }
        return DeletedRepository(id: id, name: name, deleted: deleted)
    }

    /// Moves a repository's content into the trash.
    ///
    /// - Returns: how many objects were moved.
    func take(_ name: RepositoryName, as id: String, at time: WallTime) async throws -> Int {
        let record = ByteBuffer(string: "\(time.rfc3339) \(name)")
        try await driver.put(record, at: StoreLayout.trashRecord(id))
        let (from, target) = (StoreLayout.repository(name), StoreLayout.trashedRepository(id))
        // What is in quarantine comes along: it was the repository's.
        let held = StoreLayout.quarantinedRepositories.appending(name.description)
        var count = try await bringBackAll(below: held, to: from)
        for part in Self.parts { count += try await move(from.appending(part), to: target.appending(part)) }
        try await driver.put(ByteBuffer(), at: StoreLayout.trashEnd(id))
        return count
    }

    /// Moves a repository's content back. What is in its place by now stays, save for what is the same.
    ///
    /// - Returns: how many objects were moved; `nil` when it is being removed for good.
    func restore(_ deleted: DeletedRepository, at time: WallTime) async throws -> Int? {
        let (from, target) = (StoreLayout.trashedRepository(deleted.id), StoreLayout.repository(deleted.name))
        var count = 0
        // Its time begins anew, so that it is not removed for good while it is restored.
        let record = ByteBuffer(string: "\(time.rfc3339) \(deleted.name)")
        try await driver.put(record, at: StoreLayout.trashRecord(deleted.id))
        try await StorageError.ifPresent { try await driver.delete(at: StoreLayout.trashEnd(deleted.id)) }
        // A collector that had found its time to be over before has claimed it by now, or finds the new time.
        guard try await !driver.exists(at: StoreLayout.trashClaim(deleted.id)) else { return nil }
        for part in Self.parts.reversed() where part != StoreLayout.manifestsFolder {
            count += try await move(from.appending(part), to: target.appending(part), replacing: false)
        }
        try await driver.deleteTree(at: StoreLayout.trash.appending(deleted.id))
        return count
    }

    /// Removes a repository from the trash for good, unless it is being restored.
    ///
    /// - Returns: whether it is gone.
    func remove(_ deleted: DeletedRepository) async throws -> Bool {
        let claim = StoreLayout.trashClaim(deleted.id)
        try await driver.put(ByteBuffer(string: "\(deleted.deleted.rfc3339) \(deleted.name)"), at: claim)
        // Who restores writes a new time, and then looks for a claim: one of the two sees the other.
        guard try await record(deleted.id) == deleted else {
            _ = try await StorageError.ifPresent { try await driver.delete(at: claim) }
            return false
        }
        _ = try await StorageError.ifPresent {
            try await driver.deleteTree(at: StoreLayout.trash.appending(deleted.id))
        }
        return true
    }

    /// Moves all objects of a folder. Folders are listed again until nothing is left, since moving changes the pages.
    private func move(_ folder: StoragePath, to target: StoragePath, replacing: Bool = true) async throws -> Int {
        var count = 0
        var pages = FolderPages(driver, folder)
        while let page = try await pages.next() {
            for entry in page {
                let (path, place) = (folder.appending(entry.name), target.appending(entry.name))
                guard entry.kind == .object else {
                    count += try await move(path, to: place, replacing: replacing)
                    continue
                }
                if !replacing, try await driver.exists(at: place) { continue }
                let moved: Void? = try await StorageError.ifPresent(ignoring: Quarantine.gone) {
                    try await driver.move(from: path, to: place)
                }
                if moved != nil { count += 1 }
            }
        }
        _ = try? await driver.removeIfEmpty(folder)
        return count
    }

    /// Brings the links of a repository back from quarantine.
    private func bringBackAll(below held: StoragePath, to repository: StoragePath) async throws -> Int {
        let quarantine = Quarantine(driver: driver)
        var count = 0
        for part in [StoreLayout.layersFolder, StoreLayout.revisionsFolder] {
            for algorithm in DigestAlgorithm.allCases {
                let folder = "\(part)/\(algorithm.rawValue)"
                var pages = FolderPages(driver, held.appending(folder))
                while let page = try await pages.next() {
                    for entry in page {
                        let link = repository.appending("\(folder)/\(entry.name)/\(StoreLayout.linkName)")
                        if try await quarantine.bringBack(link) == .brought { count += 1 }
                    }
                }
            }
        }
        return count
    }
}
