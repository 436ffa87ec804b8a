public import NIOCore

/// A manifest of a repository.
public struct StoredManifest: Sendable {
    /// The digest by which it was asked for, or that its tag points to.
    public let digest: Digest
    /// Its type.
    public let mediaType: MediaType
    /// Its bytes, as they were pushed.
    public let content: ByteBuffer
}

extension Registry {
    /// Reads a manifest (end-3 of the [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints)).
    ///
    /// - Throws: ``RegistryError`` with `MANIFEST_UNKNOWN`; ``StorageError``.
    public func manifest(_ reference: Reference, in repository: RepositoryName) async throws -> StoredManifest {
        guard let digest = try await digest(of: reference, in: repository),
            let manifest = try await storedManifest(digest, in: repository)
        else { throw unknownManifest(reference, in: repository) }
        var tag: Tag?
        if case .tag(let name) = reference { tag = name }
        record(
            .pull,
            in: repository,
            digest: digest,
            mediaType: manifest.mediaType,
            size: Int64(manifest.bytes.readableBytes),
            tag: tag
        )
        return StoredManifest(digest: digest, mediaType: manifest.mediaType, content: manifest.bytes)
    }

    /// The digest that a reference stands for; `nil` for a tag that is not there.
    ///
    /// It says nothing of whether the manifest is there: a tag can outlive its manifest in a store of the replaced
    /// server.
    ///
    /// - Throws: ``StorageError``.
    public func digest(of reference: Reference, in repository: RepositoryName) async throws -> Digest? {
        switch reference {
        case .digest(let digest): digest
        case .tag(let tag): try await readLink(StoreLayout.tagCurrentLink(tag, in: repository))
        }
    }

    /// A manifest by its digest; `nil` when the repository does not have it.
    func storedManifest(_ digest: Digest, in repository: RepositoryName) async throws -> Manifest? {
        guard let canonical = try await storedDigest(ofRevision: digest, in: repository) else { return nil }
        if let manifest = shared.manifests[canonical] { return manifest }
        guard let content = try await manifestContent(canonical) else { return nil }
        let parsed = await working(on: content.readableBytes) {
            Result { () throws(ManifestError) in try Manifest(stored: content) }
        }
        do {
            let manifest = try parsed.get()
            shared.manifests.insert(manifest, for: canonical)
            return manifest
        } catch {
            throw error.registryError
        }
    }

    /// The bytes of a manifest; `nil` when there are none, or others than those that were pushed: a disk may have
    /// changed them, and a crash of the replaced server cuts them short. Then the manifest is unknown, so that a client
    /// pushes it again.
    func manifestContent(_ canonical: Digest) async throws -> ByteBuffer? {
        let path = StoreLayout.blobData(canonical)
        return try await returning(path) {
            let content = try await StorageError.ifPresent(ignoring: [.notFound, .wrongKind, .tooLarge]) {
                try await driver.content(at: path, limit: options.validation.limits.bytes)
            }
            guard let content, content.readableBytes > 0 else { return nil }
            let actual = await working(on: content.readableBytes) {
                ContentHasher.digest(of: content, algorithm: canonical.algorithm)
            }
            return actual == canonical ? content : nil
        }
    }

    /// Removes a manifest, and with it every tag that points to it (end-9).
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
            // Tags first: were the manifest to go first, a crash would leave tags that point to nothing.
            try await deleteTags(pointingTo: names, in: repository)
            // The one that was asked for goes last, so that the same request can be repeated until all are gone.
            for name in names.subtracting([digest]).sorted() + [digest] {
                _ = try await quarantine.removeEverywhere(StoreLayout.revisionLink(name, in: repository))
            }
            if let content, let subject = try? Manifest(stored: content).subject {
                for name in names {
                    try await deleteIfPresent(StoreLayout.referrer(name, of: subject.digest, in: repository))
                }
            }
            noteRemoval(in: repository)
            record(.delete, in: repository, digest: digest)
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

    /// The pointer goes first, so that a tag is there whole or not at all; then the folder.
    func removeTag(_ tag: Tag, in repository: RepositoryName) async throws -> Bool {
        guard try await deleteIfPresent(StoreLayout.tagCurrentLink(tag, in: repository)) else { return false }
        try await deleteTreeIfPresent(StoreLayout.tag(tag, in: repository))
        return true
    }

    private func deleteTags(pointingTo digests: Set<Digest>, in repository: RepositoryName) async throws {
        var after: String?
        while let page = try await tagPage(in: repository, after: after, limit: 1000) {
            for entry in page.entries {
                guard let tag = Tag(entry.name),
                    let current = try await readLink(StoreLayout.tagCurrentLink(tag, in: repository))
                else { continue }
                if digests.contains(current) { _ = try await removeTag(tag, in: repository) }
            }
            guard page.hasMore, let last = page.entries.last?.name else { return }
            after = last
        }
    }

    func unknownManifest(_ reference: Reference, in repository: RepositoryName) -> RegistryError {
        let detail: ErrorDetail =
            switch reference {
            case .tag(let tag): .fields([.init("Tag", tag.description)])
            case .digest(let digest):
                .fields([.init("Name", repository.description), .init("Revision", digest.description)])
            }
        return RegistryError(
            .manifestUnknown,
            message: "manifest unknown: \(repository) has no \(reference)",
            detail: detail
        )
    }
}
