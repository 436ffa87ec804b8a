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
