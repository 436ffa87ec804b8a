internal import NIOCore

extension Registry {
    /// How many entries of the index are read to fill a page whose filter drops most of them.
    private static let referrersReadPerPage = 10_000

    /// Lists the manifests that refer to a manifest as their subject (end-12 of the
    /// [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers)),
    /// sorted by their digests. An unknown subject has none.
    ///
    /// What was pushed to a server without this list stands in the index that clients kept under a tag made of the
    /// subject's digest (the specification's *referrers tag schema*); it is merged in.
    ///
    /// - Parameters:
    ///   - subject: the digest of the manifest that is referred to, which need not be there.
    ///   - repository: the repository.
    ///   - artifactType: only referrers of this type; `nil` for all.
    ///   - last: only referrers whose digests sort after this one.
    ///   - limit: the most referrers to return; at least 1.
    /// - Throws: ``StorageError``.
    public func referrers(
        of subject: Digest, in repository: RepositoryName, artifactType: String? = nil, after last: Digest? = nil,
        limit: Int
    ) async throws -> Page<Descriptor> {
        let fallback = try await fallbackReferrers(of: subject, in: repository)
        var indexed: [Descriptor] = []
        var after = last.map(StoreLayout.referrerEntry)
        var hasMore = false
        repeat {
            let page = try await referrerEntries(of: subject, in: repository, after: after, limit: limit + 1)
            hasMore = page.hasMore
            after = page.entries.last?.name ?? after
            let digests = page.entries.compactMap { StoreLayout.referrerDigest(ofEntry: $0.name) }
            let found = try await digests.mapConcurrently(atMost: 8) { digest in
                try await indexedReferrer(digest, of: subject, in: repository)
            }
            indexed.append(contentsOf: found.lazy.compactMap { $0 })
        } while hasMore && indexed.count <= limit && indexed.count < Self.referrersReadPerPage

        let bound = hasMore ? indexed.last?.digest : nil
        let known = Set(indexed.map(\.digest))
        var descriptors = indexed
        for descriptor in fallback where !known.contains(descriptor.digest) {
            guard last.map({ $0 < descriptor.digest }) ?? true, bound.map({ descriptor.digest < $0 }) ?? true,
                try await storedDigest(ofRevision: descriptor.digest, in: repository) != nil
            else { continue }
            descriptors.append(descriptor)
        }
        descriptors.sort { $0.digest < $1.digest }
        if let artifactType { descriptors.removeAll { $0.artifactType != artifactType } }
        let items = Array(descriptors.prefix(limit))
        return Page(items: items, hasMore: descriptors.count > items.count || (hasMore && !items.isEmpty))
    }

    /// Notes a referrer in the index, which can be made again from the manifests at any time.
    func indexReferrer(
        _ manifest: Manifest, digest: Digest, of subject: Digest, in repository: RepositoryName
    ) async throws {
        var content = ByteBuffer()
        manifest.descriptor(digest: digest).write(into: &content)
        try await driver.put(content, at: StoreLayout.referrer(digest, of: subject, in: repository))
    }

    private func referrerEntries(
        of subject: Digest, in repository: RepositoryName, after: String?, limit: Int
    ) async throws -> StorageListing {
        try await StorageError.ifPresent { try await driver.list(StoreLayout.referrers(of: subject, in: repository), after: after, limit: limit)
        } ?? StorageListing(entries: [], hasMore: false)
    }

    /// An entry of the index; `nil` when its manifest is gone, as it is after the replaced server deleted it.
    private func indexedReferrer(
        _ digest: Digest, of subject: Digest, in repository: RepositoryName
    ) async throws -> Descriptor? {
        guard try await storedDigest(ofRevision: digest, in: repository) != nil else { return nil }
        let content = try await StorageError.ifPresent { try await driver.content(
                at: StoreLayout.referrer(digest, of: subject, in: repository),
                limit: options.validation.limits.bytes * 2)
        }
        return content.flatMap { try? JSONValue(parsing: $0) }.flatMap { try? Descriptor(json: $0) }
    }

    /// The descriptors of the index under the subject's fallback tag.
    private func fallbackReferrers(of subject: Digest, in repository: RepositoryName) async throws -> [Descriptor] {
        let name = "\(subject.algorithm.rawValue.prefix(32))-\(subject.hex.prefix(64))"
        guard let tag = Tag(name),
            let digest = try await readLink(StoreLayout.tagCurrentLink(tag, in: repository)),
            let stored = try await storedManifest(digest, in: repository),
            let index = try? Manifest(stored: stored.content)
        else { return [] }
        return index.manifests
    }
}
