/// A blob of a repository, open for reading.
public struct StoredBlob: Sendable {
    /// The digest by which it was asked for.
    public let digest: Digest
    /// The bytes.
    public let object: any StorageObject
    /// Where a client can fetch the bytes by itself; `nil` when the registry sends them.
    public let redirect: String?
}

extension Registry {
    /// Opens a blob (end-2 of the [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints)).
    ///
    /// - Parameters:
    ///   - digest: the blob.
    ///   - repository: the repository that must hold it.
    ///   - method: `GET` or `HEAD`, for a store to which clients are redirected.
    /// - Throws: ``RegistryError`` with `BLOB_UNKNOWN`; ``StorageError``.
    public func blob(_ digest: Digest, in repository: RepositoryName, method: String = "GET") async throws -> StoredBlob
    {
        guard let canonical = try await storedDigest(ofLayer: digest, in: repository) else { throw unknownBlob(digest) }
        let path = StoreLayout.blobData(canonical)
        let present: (any StorageObject)? = try await returning(path) {
            let object = try await StorageError.ifPresent { try await driver.open(at: path) }
            return object.flatMap { isWhole($0.size, for: canonical) ? $0 : nil }
        }
        guard let object = present else { throw unknownBlob(digest) }
        shared.locations.remember(digest, in: repository)
        record(.pull, in: repository, digest: digest, mediaType: .octetStream, size: object.size)
        return StoredBlob(
            digest: digest,
            object: object,
            redirect: try await driver.redirect(for: path, method: method)
        )
    }

    /// Makes a blob of another repository part of this one without sending it (end-11).
    ///
    /// - Parameters:
    ///   - digest: the blob.
    ///   - source: the repository to take it from; `nil` to take it from wherever it was seen.
    ///   - repository: the repository to mount it into.
    ///   - mayRead: whether the caller may pull from a repository; asked for each source before it is looked into, so
    ///     that nobody gets at content by a mount that he can't pull.
    /// - Returns: whether the blob is now part of the repository; `false` when no source has it.
    /// - Throws: ``RegistryError`` with `UNSUPPORTED`, `DENIED` by a rule; ``StorageError``.
    public func mount(
        _ digest: Digest,
        from source: RepositoryName?,
        into repository: RepositoryName,
        mayRead: (RepositoryName) async -> Bool
    ) async throws -> Bool {
        try await requirePushable()
        let candidates = source.map { [$0] } ?? [repository] + shared.locations.repositories(holding: digest)
        let clock = ContinuousClock()
        for candidate in candidates {
            let began = clock.now
            guard await mayRead(candidate), let canonical = try await storedDigest(ofLayer: digest, in: candidate),
                let size = try await blobSize(canonical)
            else { continue }
            let charge = try await charge(canonical, bytes: size, to: repository, isBlob: true)
            defer { charge?.end() }
            try await linkLayer(digest, storedAs: canonical, in: repository)
            charge?.succeeded()
            if clock.now - began > options.lateAfter, try await blobSize(canonical) == nil { continue }
            record(.mount, in: repository, digest: digest, mediaType: .octetStream, size: size, mountedFrom: candidate)
            return true
        }
        return false
    }

    /// The length of a stored blob in bytes; `nil` when its data is missing or can't be whole.
    func blobSize(_ canonical: Digest) async throws -> Int64? {
        let path = StoreLayout.blobData(canonical)
        return try await returning(path) {
            let present = try await StorageError.ifPresent { try await driver.metadata(at: path) }
            guard let present, present.kind == .object, isWhole(present.size, for: canonical) else { return nil }
            return present.size
        }
    }

    /// A crash of the replaced server leaves data of no length; only one digest has such content.
    func isWhole(_ size: Int64, for digest: Digest) -> Bool {
        size > 0 || digest == ContentHasher(digest.algorithm).digest()
    }

    func unknownBlob(_ digest: Digest) -> RegistryError {
        RegistryError(.blobUnknown, detail: .text(digest.description))
    }
}
