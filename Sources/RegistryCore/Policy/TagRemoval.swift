internal import NIOCore

/// Removes a tag only as it was seen, beside pushes of this process and of others.
///
/// No call of a driver deletes a thing on a condition. So the pointer is moved aside first, and looked at there: a push
/// that came between the last look and the move has moved it too, and it is put back unless a later push has set the
/// tag meanwhile. A push writes the tag's history before its pointer, so that one of the same manifest shows there.
///
/// A crash leaves the pointer aside at the most; ``bringBackAll()`` puts it back, and it is decided on again.
struct TagRemoval: Sendable {
    /// What was seen of a tag when it was decided on.
    struct Sight: Sendable, Hashable {
        let digest: Digest
        /// In nanoseconds since 1970.
        let set: Int64
    }

    private let registry: Registry
    private var driver: any StorageDriver { registry.driver }

    init(_ registry: Registry) { self.registry = registry }

    /// Removes a tag that is still as it was seen.
    ///
    /// - Parameter mayGo: is asked under the repository's lock, right before.
    /// - Returns: whether the tag is gone by this call.
    /// - Throws: ``StorageError``; `CancellationError` before it began.
    func remove(
        _ tag: Tag,
        in repository: RepositoryName,
        ifStill sight: Sight,
        mayGo: @Sendable () -> Bool
    ) async throws -> Bool {
        try await registry.shared.repositories.withLock(repository) {
            let current = StoreLayout.tagCurrentLink(tag, in: repository)
            let entry = StoreLayout.tagIndexLink(sight.digest, of: tag, in: repository)
            let place = StoreLayout.takenTag(tag, in: repository)
            let history = try await modified(entry)
            guard try await registry.readLink(current) == sight.digest, try await modified(current) == sight.set,
                mayGo()
            else { return false }
            let moved: Void? = try await StorageError.ifPresent(ignoring: Quarantine.gone) {
                try await driver.move(from: current, to: place)
            }
            guard moved != nil else { return false }
            guard try await registry.readLink(place) == sight.digest, try await modified(entry) == history else {
                try await bringBack(tag, in: repository)
                return false
            }
            try await registry.deleteIfPresent(place)
            try await driver.removeEmptyFolders(above: place, below: StoreLayout.takenTags)
            try await removeHistory(of: tag, in: repository)
            registry.record(.delete, in: repository, tag: tag)
            return true
        }
    }

    /// Puts back what a crash has left aside.
    ///
    /// - Throws: ``StorageError``.
    func bringBackAll() async throws {
        var tree = RepositoryTree(driver, below: StoreLayout.takenTags)
        while let found = try await tree.next() {
            guard found.parts.contains(StoreLayout.takenFolder), let name = RepositoryName(found.name) else { continue }
            var pages = FolderPages(driver, found.path.appending(StoreLayout.takenFolder))
            while let page = try await pages.next() {
                for tag in page.lazy.compactMap({ Tag($0.name) }) {
                    try await registry.shared.repositories.withLock(name) { try await bringBack(tag, in: name) }
                }
            }
        }
    }

    /// A push that has set the tag meanwhile is later than what is put back.
    private func bringBack(_ tag: Tag, in repository: RepositoryName) async throws {
        let place = StoreLayout.takenTag(tag, in: repository)
        guard let digest = try await registry.readLink(place) else { return }
        _ = try await driver.putIfAbsent(
            ByteBuffer(string: digest.description),
            at: StoreLayout.tagCurrentLink(tag, in: repository)
        )
        try await registry.deleteIfPresent(place)
        try await driver.removeEmptyFolders(above: place, below: StoreLayout.takenTags)
    }

    /// Removes what is left of a tag, unless a push has set it meanwhile. Object by object, and folders only when nothing
    /// is in them, so that a push which comes now loses at the most an entry of its history.
    private func removeHistory(of tag: Tag, in repository: RepositoryName) async throws {
        let folder = StoreLayout.tag(tag, in: repository)
        for algorithm in DigestAlgorithm.allCases {
            var pages = FolderPages(driver, folder.appending("index/\(algorithm.rawValue)"))
            while let page = try await pages.next() {
                for digest in page.lazy.compactMap({ Digest("\(algorithm.rawValue):\($0.name)") }) {
                    if try await driver.exists(at: StoreLayout.tagCurrentLink(tag, in: repository)) { return }
                    let entry = StoreLayout.tagIndexLink(digest, of: tag, in: repository)
                    try await registry.deleteIfPresent(entry)
                    if let entryFolder = entry.parent { _ = try? await driver.removeIfEmpty(entryFolder) }
                }
            }
            _ = try? await driver.removeIfEmpty(folder.appending("index/\(algorithm.rawValue)"))
        }
        for empty in [folder.appending("index"), folder.appending("current"), folder] {
            _ = try? await driver.removeIfEmpty(empty)
        }
    }

    private func modified(_ path: StoragePath) async throws -> Int64? {
        try await StorageError.ifPresent { try await driver.metadata(at: path) }?.modified
    }
}
