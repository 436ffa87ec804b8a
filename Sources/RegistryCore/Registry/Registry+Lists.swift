/// A page of a list that is sorted byte by byte.
public struct Page<Item: Sendable>: Sendable {
    /// The items.
    public var items: [Item]
    /// Whether there are more after the last one.
    public var hasMore: Bool

    /// Makes a page.
    public init(items: [Item], hasMore: Bool) {
        self.items = items
        self.hasMore = hasMore
    }
}

extension Registry {
    /// Lists a repository's tags (end-8 of the [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints)).
    ///
    /// - Parameters:
    ///   - repository: the repository.
    ///   - last: only tags that sort after this text, which need not be a tag.
    ///   - limit: the most tags to return; `nil` for all.
    /// - Throws: ``RegistryError`` with `NAME_UNKNOWN`; ``StorageError``.
    public func tags(
        in repository: RepositoryName,
        after last: String? = nil,
        limit: Int? = nil
    ) async throws -> Page<Tag> {
        var tags: [Tag] = []
        var after = last
        while true {
            let wanted = limit.map { max(1, $0 - tags.count) } ?? 10_000
            guard let page = try await tagPage(in: repository, after: after, limit: wanted) else {
                let folder = StoreLayout.repository(repository).appending(StoreLayout.manifestsFolder)
                // Whether the folder outlives the last tag depends on the store; a manifest makes the repository.
                if try await driver.exists(at: folder) {
                    return Page(items: tags, hasMore: false)
                }
                throw RegistryError(.nameUnknown, detail: .fields([.init("name", repository.description)]))
            }
            if limit == 0 { return Page(items: [], hasMore: false) }
            tags.append(contentsOf: page.entries.lazy.compactMap { Tag($0.name) })
            after = page.entries.last?.name ?? after
            if !page.hasMore { return Page(items: tags, hasMore: false) }
            if let limit, tags.count >= limit { return Page(items: tags, hasMore: true) }
        }
    }

    /// A page of the folders of tags; `nil` when the repository never had one.
    func tagPage(in repository: RepositoryName, after: String?, limit: Int) async throws -> StorageListing? {
        try await StorageError.ifPresent {
            try await driver.list(
                StoreLayout.tags(in: repository),
                after: after,
                limit: limit,
                holding: StoreLayout.currentLink
            )
        }
    }

    /// Lists the repositories of the whole registry, by name.
    ///
    /// - Parameters:
    ///   - last: only names that sort after this text, which need not be a name.
    ///   - limit: the most names to return.
    /// - Throws: ``StorageError``.
    public func repositories(after last: String? = nil, limit: Int) async throws -> Page<RepositoryName> {
        guard limit > 0 else { return Page(items: [], hasMore: false) }
        var walk = RepositoryWalk(driver: driver, after: last)
        var names: [RepositoryName] = []
        while let name = try await walk.next() {
            if names.count == limit { return Page(items: names, hasMore: true) }
            names.append(name)
        }
        return Page(items: names, hasMore: false)
    }
}
