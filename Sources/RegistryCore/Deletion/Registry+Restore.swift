extension Registry {
    /// What was deleted and can be restored, in the order in which it was deleted.
    ///
    /// - Parameter repository: whose; `nil` for all.
    /// - Throws: ``StorageError``; ``CollectionError`` when a record can't be understood.
    public func deletions(in repository: RepositoryName? = nil) async throws -> [Deletion] {
        let records = DeletionRecords(driver: driver)
        var found = try await Trash(driver: driver).contents()
            .filter { repository == nil || $0.name == repository }.map(Deletion.init)
        let names = if let repository { [repository] } else { try await records.repositories() }
        for name in names {
            for record in try await records.records(in: name) {
                if let deletion = try await deletion(record) { found.append(deletion) }
            }
        }
        return found.sorted { ($0.deleted, $0.id) < ($1.deleted, $1.id) }
    }

    /// What of a record is gone; `nil` when nothing is. Tags that were written down before they were to go, and stayed, are
    /// not.
    private func deletion(_ record: DeletionRecord) async throws -> Deletion? {
        guard record.revisions.isEmpty, record.layers.isEmpty else { return Deletion(record) }
        let repository = record.repository
        let gone = try await record.tags.mapConcurrently(atMost: 8) { entry in
            let path = StoreLayout.tagCurrentLink(entry.tag, in: repository)
            return try await readLink(path) == entry.digest ? nil : DeletionRecord.TagEntry?.some(entry)
        }
        var rest = record
        rest.tags = gone.compactMap { $0 }
        return rest.isEmpty ? nil : Deletion(rest)
    }

    /// Restores what was deleted: a tag, a manifest with its tags, a blob, or a whole repository.
    ///
    /// What was pushed again since then stays as it is. It can be repeated when it was interrupted.
    ///
    /// - Returns: what was restored; `nil` when nothing of that name was deleted, or its time is over.
    /// - Throws: ``RegistryError`` with `UNSUPPORTED` in read-only mode; ``StorageError``; ``CollectionError`` when a
    ///   record can't be understood.
    public func restore(_ target: RestorationTarget) async throws -> Restoration? {
        try await requirePushable()
        switch target {
        case .tag(let tag, let repository):
            return try await restoring(in: repository) { work in try await work.restore(tag) }
        case .digest(let digest, let repository):
            return try await restoring(in: repository) { work in try await work.restore(digest) }
        case .identifierOrRepository(let text):
            if let id = DeletionID(text), let found = try await DeletionRecords(driver: driver).record(named: id) {
                return try await restoring(in: found.repository) { work in try await work.restore(id) }
            }
            if let name = try await restoreRepository(text) { return Self.whole(name) }
            let deleted = try await Trash(driver: driver).contents()
                .filter { $0.name.description == text }.max { $0.deleted < $1.deleted }
            guard let deleted, let name = try await restoreRepository(deleted.id) else { return nil }
            return Self.whole(name)
        }
    }

    private func restoring(
        in repository: RepositoryName,
        _ body: (inout RestorationWork) async throws -> Bool
    ) async throws -> Restoration? {
        try await shared.repositories.withLock(repository) {
            let records = try await DeletionRecords(driver: driver).records(in: repository)
            var work = RestorationWork(self, repository, records: records)
            guard try await body(&work) else { return nil }
            try await work.finish()
            shared.quotas.wantCount()
            return work.result
        }
    }

    private static func whole(_ name: RepositoryName) -> Restoration {
        var result = Restoration(name)
        result.isWhole = true
        return result
    }
}
