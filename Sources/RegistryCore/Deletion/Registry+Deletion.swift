internal import NIOCore
internal import Synchronization

/// Deletions: of tags, of manifests, of blobs' links. Each is written down before anything goes, so that it can be
/// undone (``restore(_:)``) until a collection comes after the grace period. Whole repositories: ``deleteRepository(_:)``.
extension Registry {
    /// How much of a tag's history is kept for its restoration. The rest served verification only.
    private static var longestHistory: Int { 10_000 }

    /// Removes a manifest, and with it every tag that points to it (end-9 of the
    /// [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints)).
    ///
    /// - Throws: ``RegistryError`` with `MANIFEST_UNKNOWN`, `UNSUPPORTED`, `DENIED` by a rule; ``StorageError``.
    public func deleteManifest(_ digest: Digest, in repository: RepositoryName) async throws {
        try requireDeletion()
        try await shared.repositories.withLock(repository) {
            guard let canonical = try await storedDigest(ofRevision: digest, in: repository) else {
                throw unknownManifest(.digest(digest), in: repository)
            }
            var names: Set = [digest, canonical]
            let content = try await manifestContent(canonical)
            if let content {
                for algorithm in DigestAlgorithm.allCases where algorithm != canonical.algorithm {
                    names.insert(ContentHasher.digest(of: content, algorithm: algorithm))
                }
            }
            try await requireDeletable(names, in: repository)
            let subject = content.flatMap { try? Manifest(stored: $0).subject?.digest }
            let record = try await record(of: digest, named: names, subject: subject, in: repository)
            try await keep(record)
            // Tags first: were the manifest to go first, a crash would leave tags that point to nothing.
            for entry in record.tags {
                // Another server may have moved it since it was read.
                let path = StoreLayout.tagCurrentLink(entry.tag, in: repository)
                if let current = try await readLink(path), names.contains(current) {
                    try await takeAway(entry.tag, in: repository)
                }
            }
            // The one that was asked for goes last, so that the same request can be repeated until all are gone.
            for name in names.subtracting([digest]).sorted() + [digest] {
                _ = try await quarantine.removeEverywhere(StoreLayout.revisionLink(name, in: repository))
            }
            for name in names {
                guard let subject else { break }
                try await deleteIfPresent(StoreLayout.referrer(name, of: subject, in: repository))
            }
            noteRemoval(in: repository)
            self.record(.delete, in: repository, digest: digest)
        }
    }

    /// Removes a tag; the manifest that it points to stays (end-9).
    ///
    /// - Throws: ``RegistryError`` with `MANIFEST_UNKNOWN`, `UNSUPPORTED`, `DENIED` by a rule; ``StorageError``.
    public func deleteTag(_ tag: Tag, in repository: RepositoryName) async throws {
        try requireDeletion()
        try await shared.repositories.withLock(repository) {
            try await requireDeletable(tag, in: repository)
            guard try await removeTag(tag, in: repository) else {
                throw unknownManifest(.tag(tag), in: repository)
            }
            record(.delete, in: repository, tag: tag)
        }
    }

    /// Removes a blob from a repository (end-10). Its bytes stay until they are collected.
    ///
    /// - Throws: ``RegistryError`` with `BLOB_UNKNOWN`, `UNSUPPORTED`, `DENIED` by a rule; ``StorageError``.
    public func deleteBlob(_ digest: Digest, in repository: RepositoryName) async throws {
        try requireDeletion()
        // Under the lock, so that no manifest which needs it is given an immutable tag meanwhile.
        try await shared.repositories.withLock(repository) {
            guard let canonical = try await storedDigest(ofLayer: digest, in: repository) else {
                throw unknownBlob(digest)
            }
            try await requireDeletable([digest], in: repository)
            var record = newDeletion(in: repository)
            record.layers = [.init(name: digest, target: canonical)]
            try await keep(record)
            guard try await quarantine.removeEverywhere(StoreLayout.layerLink(digest, in: repository)) else {
                throw unknownBlob(digest)
            }
        }
        noteRemoval(in: repository)
        record(.delete, in: repository, digest: digest)
    }

    // MARK: Tags

    /// Removes a tag, to be called while the repository is locked.
    ///
    /// - Returns: whether it was there.
    func removeTag(_ tag: Tag, in repository: RepositoryName) async throws -> Bool {
        try await !removeTags([tag], in: repository).isEmpty
    }

    /// Removes tags at the price of one record for all of them, to be called while the repository is locked.
    ///
    /// - Returns: those that were there.
    /// - Throws: ``StorageError``: some may be gone by then.
    func removeTags(_ tags: [Tag], in repository: RepositoryName) async throws -> [Tag] {
        try await writeDown(tags, in: repository)
        var removed: [Tag] = []
        for tag in tags where try await takeAway(tag, in: repository) { removed.append(tag) }
        return removed
    }

    /// Writes down tags that are about to be removed, in one record, to be called while the repository is locked. One
    /// that stays nevertheless is no harm: what is there is never overwritten by a restoration.
    func writeDown(_ tags: [Tag], in repository: RepositoryName) async throws {
        var record = newDeletion(in: repository)
        record.tags = try await tags.mapConcurrently(atMost: 8) { tag in
            // What is no link can't be brought back, and goes all the same.
            try await readLink(StoreLayout.tagCurrentLink(tag, in: repository)).asyncMap { current in
                DeletionRecord.TagEntry(
                    tag: tag,
                    digest: current,
                    history: try await history(of: tag, in: repository)
                )
            }
        }.compactMap { $0 }
        if !record.isEmpty { try await keep(record) }
    }

    /// The pointer goes first, so that a tag is there whole or not at all; then the folder.
    @discardableResult
    private func takeAway(_ tag: Tag, in repository: RepositoryName) async throws -> Bool {
        guard try await deleteIfPresent(StoreLayout.tagCurrentLink(tag, in: repository)) else { return false }
        try await deleteTreeIfPresent(StoreLayout.tag(tag, in: repository))
        return true
    }

    private func history(of tag: Tag, in repository: RepositoryName) async throws -> [Digest] {
        var found: [Digest] = []
        for algorithm in DigestAlgorithm.allCases {
            let folder = StoreLayout.tag(tag, in: repository).appending("index/\(algorithm.rawValue)")
            var pages = FolderPages(driver, folder, absences: [.notFound, .wrongKind])
            while found.count < Self.longestHistory, let page = try await pages.next() {
                found += page.compactMap { Digest("\(algorithm.rawValue):\($0.name)") }
            }
        }
        return Array(found.prefix(Self.longestHistory))
    }

    // MARK: Records

    private func newDeletion(in repository: RepositoryName) -> DeletionRecord {
        let number = shared.deletions.wrappingAdd(1, ordering: .relaxed).newValue
        return DeletionRecord(DeletionID(shared.now(), number: number), in: repository)
    }

    /// What a manifest's deletion takes away.
    private func record(
        of digest: Digest,
        named names: Set<Digest>,
        subject: Digest?,
        in repository: RepositoryName
    ) async throws -> DeletionRecord {
        var record = newDeletion(in: repository)
        for name in [digest] + names.subtracting([digest]).sorted() {
            if let target = try await storedDigest(ofRevision: name, in: repository) {
                record.revisions.append(.init(name: name, target: target))
            }
            guard let subject else { continue }
            if try await driver.exists(at: StoreLayout.referrer(name, of: subject, in: repository)) {
                record.referrers.append(.init(digest: name, subject: subject))
            }
        }
        let link = StoreLayout.revisionLink(digest, in: repository)
        record.modified = try await StorageError.ifPresent { try await driver.metadata(at: link) }?.modified ?? 0
        var after: String?
        while let page = try await tagPage(in: repository, after: after, limit: 1000) {
            for entry in page.entries {
                guard let tag = Tag(entry.name),
                    let current = try await readLink(StoreLayout.tagCurrentLink(tag, in: repository)),
                    names.contains(current)
                else { continue }
                record.tags.append(
                    .init(tag: tag, digest: current, history: try await history(of: tag, in: repository))
                )
            }
            guard page.hasMore, let last = page.entries.last?.name else { break }
            after = last
        }
        return record
    }

    /// Writes down what is about to go. On a full disk nothing can be written, and who deletes there needs the room
    /// more than the way back: then the deletion can't be undone.
    private func keep(_ record: DeletionRecord) async throws {
        do {
            try await DeletionRecords(driver: driver).write(record)
        } catch let error as StorageError where error.code == .noSpace {
            return
        }
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async throws -> Result? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
