internal import NIOCore

extension Registry {
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
        of subject: Digest,
        in repository: RepositoryName,
        artifactType: String? = nil,
        after last: Digest? = nil,
        limit: Int
    ) async throws -> Page<Descriptor> {
        // One more than the page is asked for, to know whether there are more.
        let limit = min(max(limit, 1), Int.max - 1)
        let fallback = try await fallbackReferrers(of: subject, in: repository, after: last)
        var items: [Descriptor] = []
        var passed = fallback[...]
        var after = last.map(StoreLayout.referrerEntry)
        var hasMore = true
        while hasMore, items.count <= limit {
            let page = try await referrerEntries(of: subject, in: repository, after: after, limit: limit + 1)
            hasMore = page.hasMore
            after = page.entries.last?.name ?? after
            let digests = page.entries.compactMap { StoreLayout.referrerDigest(ofEntry: $0.name) }
            // What stands only in the fallback's index is looked at where it comes in the order.
            let due = passed.prefix { digest in !hasMore || digests.last.map { digest <= $0 } ?? false }
            passed = passed.dropFirst(due.count)
            let merged = Set(digests).union(due).sorted()
            for start in stride(from: 0, to: merged.count, by: limit + 1) where items.count <= limit {
                let part = Array(merged[start..<min(start + limit + 1, merged.count)])
                let found = try await part.mapConcurrently(atMost: 8) { digest in
                    try await referrer(digest, to: subject, in: repository)
                }
                for case let descriptor? in found where artifactType == nil || descriptor.artifactType == artifactType {
                    items.append(descriptor)
                }
            }
        }
        return Page(items: Array(items.prefix(limit)), hasMore: items.count > limit)
    }

    /// Notes a referrer in the index, which can be made again from the manifests at any time.
    func indexReferrer(
        _ manifest: Manifest,
        digest: Digest,
        of subject: Digest,
        in repository: RepositoryName
    ) async throws {
        var content = ByteBuffer()
        manifest.descriptor(digest: digest).write(into: &content)
        try await driver.put(content, at: StoreLayout.referrer(digest, of: subject, in: repository))
    }

    private func referrerEntries(
        of subject: Digest,
        in repository: RepositoryName,
        after: String?,
        limit: Int
    ) async throws -> StorageListing {
        try await StorageError.ifPresent {
            try await driver.list(StoreLayout.referrers(of: subject, in: repository), after: after, limit: limit)
        } ?? StorageListing(entries: [], hasMore: false)
    }

    /// The descriptor of a referrer; `nil` when its manifest is gone, as it is after the replaced server deleted it, or
    /// does not refer to the subject.
    ///
    /// What the index lacks is read in the manifest itself: a client that kept a fallback tag may have written anything
    /// into it.
    private func referrer(
        _ digest: Digest,
        to subject: Digest,
        in repository: RepositoryName
    ) async throws -> Descriptor? {
        guard try await storedDigest(ofRevision: digest, in: repository) != nil else { return nil }
        let content = try await StorageError.ifPresent {
            try await driver.content(
                at: StoreLayout.referrer(digest, of: subject, in: repository),
                limit: max(options.validation.limits.bytes, options.validation.limits.bytes &* 2)
            )
        }
        let indexed = content.flatMap { try? JSONValue(parsing: $0) }.flatMap { try? Descriptor(json: $0) }
        if let indexed { return indexed }
        guard let manifest = try await storedManifest(digest, in: repository), manifest.subject?.digest == subject
        else { return nil }
        return manifest.descriptor(digest: digest)
    }

    /// The digests in the index under the subject's fallback tag, sorted, from one on.
    private func fallbackReferrers(
        of subject: Digest,
        in repository: RepositoryName,
        after last: Digest?
    ) async throws -> [Digest] {
        let name = "\(subject.algorithm.rawValue.prefix(32))-\(subject.hex.prefix(64))"
        guard let tag = Tag(name),
            let digest = try await readLink(StoreLayout.tagCurrentLink(tag, in: repository)),
            let index = try await storedManifest(digest, in: repository)
        else { return [] }
        let digests = Set(index.manifests.map(\.digest)).sorted()
        guard let last else { return digests }
        return Array(digests.drop { $0 <= last })
    }
}
