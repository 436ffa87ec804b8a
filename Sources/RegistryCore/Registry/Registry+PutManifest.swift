public import NIOCore

/// What was accepted when a manifest was pushed.
public struct AcceptedManifest: Sendable, Hashable {
    /// The manifest's address: the digest by which it was pushed, else its canonical digest.
    public let digest: Digest
    /// The manifest that it refers to, if it is a referrer.
    public let subject: Digest?
    /// The tags that now point to it.
    public let tags: [Tag]
}

extension Registry {
    /// Accepts a manifest (end-7 of the [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints)).
    ///
    /// It is stored as it came, byte for byte. What it refers to must be part of the repository already, save for its
    /// subject, which may come later.
    ///
    /// - Parameters:
    ///   - content: the manifest's bytes.
    ///   - declared: the type that the client declared.
    ///   - reference: the tag or digest that it is pushed by.
    ///   - tags: further tags that are to point to it.
    ///   - repository: the repository.
    /// - Throws: ``RegistryError`` with `MANIFEST_INVALID`, `MANIFEST_BLOB_UNKNOWN`, `DIGEST_INVALID`, `UNSUPPORTED`,
    ///   `DENIED` by a rule; ``StorageError``.
    public func putManifest(
        _ content: ByteBuffer,
        declared: MediaType?,
        as reference: Reference,
        tags: [Tag] = [],
        in repository: RepositoryName
    ) async throws -> AcceptedManifest {
        try await requirePushable()
        let (manifest, canonical, digest) = try await working(on: content.readableBytes) {
            Result { () throws(RegistryError) in try examine(content, declared: declared, pushedAs: reference) }
        }.get()
        var allTags = tags
        if case .tag(let tag) = reference { allTags.insert(tag, at: 0) }

        try await shared.repositories.withLock(repository) {
            let began = ContinuousClock.now
            try await requireMovable(allTags, to: digest, storedAs: canonical, in: repository)
            // Checked under the lock, so that a manifest which is being deleted can't become a child meanwhile.
            try await checkReferences(of: manifest, in: repository)
            let charge = try await charge(canonical, bytes: Int64(content.readableBytes), to: repository)
            defer { charge?.end() }
            try await store(content, canonical: canonical)
            // The index of referrers leaves out what has no link, so an entry before its link is not seen; one after
            // it would be missing from the list if a crash came in between.
            if let subject = manifest.subject {
                try await indexReferrer(manifest, digest: digest, of: subject.digest, in: repository)
            }
            try await writeLink(StoreLayout.revisionLink(canonical, in: repository), to: canonical)
            if digest != canonical {
                try await writeLink(StoreLayout.revisionLink(digest, in: repository), to: canonical)
            }
            charge?.succeeded()
            for tag in heldFirst(allTags, in: repository) {
                try await point(tag, to: digest, storedAs: canonical, in: repository)
            }
            if ContinuousClock.now - began > options.lateAfter {
                try await checkAgain(manifest, canonical: canonical, as: digest, tags: allTags, in: repository)
            }
        }
        record(
            .push,
            in: repository,
            digest: digest,
            mediaType: manifest.mediaType,
            size: Int64(content.readableBytes),
            tag: allTags.first
        )
        return AcceptedManifest(digest: digest, subject: manifest.subject?.digest, tags: allTags)
    }

    /// Parses a manifest, checks what can be checked without the store, and hashes it.
    private func examine(
        _ content: ByteBuffer,
        declared: MediaType?,
        pushedAs reference: Reference
    ) throws(RegistryError) -> (manifest: Manifest, canonical: Digest, digest: Digest) {
        let manifest: Manifest
        do {
            manifest = try Manifest(parsing: content, mediaType: declared, limits: options.validation.limits)
            try manifest.checkURLs(against: options.validation.urls)
        } catch {
            throw error.registryError
        }
        let canonical = ContentHasher.digest(of: content, algorithm: .canonical)
        return (manifest, canonical, try digest(of: content, pushedAs: reference, canonical: canonical))
    }

    private func digest(
        of content: ByteBuffer,
        pushedAs reference: Reference,
        canonical: Digest
    ) throws(RegistryError) -> Digest {
        guard case .digest(let expected) = reference else { return canonical }
        let actual =
            expected.algorithm == canonical.algorithm
            ? canonical : ContentHasher.digest(of: content, algorithm: expected.algorithm)
        guard actual == expected else {
            throw RegistryError(
                .digestInvalid,
                message: "the manifest's digest is \(actual), not \(expected)",
                detail: .text(actual.description)
            )
        }
        return expected
    }

    /// Writes a manifest's bytes unless they are there whole.
    private func store(_ content: ByteBuffer, canonical: Digest) async throws {
        let path = StoreLayout.blobData(canonical)
        if let present = try? await driver.content(at: path, limit: content.readableBytes), present == content {
            return
        }
        try await driver.put(content, at: path)
    }

    /// Looks once more for what was there when the push began, which was longer ago than a collection relies on: this
    /// process may have been stopped meanwhile. When something is gone the manifest is withdrawn, as if it had been
    /// refused at once; nobody was told yet that it is accepted.
    private func checkAgain(
        _ manifest: Manifest,
        canonical: Digest,
        as digest: Digest,
        tags: [Tag],
        in repository: RepositoryName
    ) async throws {
        do {
            try await checkReferences(of: manifest, in: repository)
            guard try await storedDigest(ofRevision: digest, in: repository) != nil,
                try await manifestContent(canonical) != nil
            else { throw unknownManifest(.digest(digest), in: repository) }
        } catch let error as RegistryError {
            for tag in tags {
                let path = StoreLayout.tagCurrentLink(tag, in: repository)
                if try await readLink(path) == digest { _ = try await removeTag(tag, in: repository) }
            }
            for name in Set([canonical, digest]) {
                _ = try await quarantine.removeEverywhere(StoreLayout.revisionLink(name, in: repository))
            }
            throw error
        }
    }

    /// Looks for everything that must be part of the repository, some of it at a time.
    ///
    /// - Throws: ``RegistryError`` with one `MANIFEST_BLOB_UNKNOWN` for each thing that is missing.
    private func checkReferences(of manifest: Manifest, in repository: RepositoryName) async throws {
        var wanted = manifest.references.blobs.filter { !$0.mayBeAbsent }.map {
            WantedContent(digest: $0.digest, size: $0.size, isManifest: false)
        }
        for child in manifest.manifests where options.validation.children.demandsPresence(of: child) {
            wanted.append(WantedContent(digest: child.digest, size: child.size, isManifest: true))
        }
        let present = try await wanted.mapConcurrently(atMost: 8) { item in
            var canonical: Digest?
            if item.isManifest { canonical = try await storedDigest(ofRevision: item.digest, in: repository) }
            // A child of an index may be a plain blob: build caches are indexes of layers.
            if canonical == nil { canonical = try await storedDigest(ofLayer: item.digest, in: repository) }
            guard let canonical, let size = try await blobSize(canonical) else { return false }
            if size == item.size { return true }
            // Either the manifest is wrong about the size, which the replaced server accepts, or the bytes are not whole
            // and must not be trusted because they are there. Out of the way, they will be pushed again.
            return try await setAsideIfBroken(canonical) == .foundWhole
        }
        let missing = zip(wanted, present).filter { !$0.1 }.map(\.0)
        let entries = missing.map { item in
            RegistryError.Entry(
                .manifestBlobUnknown,
                message: item.isManifest
                    ? "the manifest refers to manifest \(item.digest), which is not in \(repository)"
                    : "the manifest refers to blob \(item.digest), which is not in \(repository)",
                detail: .text(item.digest.description)
            )
        }
        if let error = RegistryError(entries: entries) { throw error }
    }

    private struct WantedContent: Sendable {
        let digest: Digest
        let size: Int64
        let isManifest: Bool
    }
}
