/// What was deleted and can be restored keeps what it refers to.
extension RepositoryMarking {
    /// Marks what the records of the repository would bring back.
    ///
    /// A deletion writes its record before it takes a link, so what is marked after the links is complete.
    ///
    /// - Throws: ``CollectionError/unreadable(path:reason:)``; ``StorageError``.
    func markDeletions(of repository: RepositoryName) async throws {
        for record in try await deletions(of: repository) {
            for revision in Self.revisions(of: record) {
                try await mark(revision, try await manifest(revision), isKept: true)
            }
            for layer in record.layers {
                try await mark(layer.name)
                run.marks.insert(.layer, layer.target, in: place.name)
                run.marks.insert(layer.target)
            }
        }
    }

    /// Adds the manifests of the records to those of the repository: they keep their children and their subjects.
    ///
    /// - Returns: what the tags of the records point to.
    func addDeletions(of repository: RepositoryName, to graph: inout ManifestGraph) async throws -> Set<Digest> {
        var tagged: Set<Digest> = []
        for record in try await deletions(of: repository) {
            tagged.formUnion(record.tags.map(\.digest))
            for revision in Self.revisions(of: record) {
                let manifest = try await manifest(revision)
                graph.add(
                    revision.canonical,
                    linkedAs: revision.name,
                    children: manifest?.manifests.map(\.digest) ?? [],
                    subject: manifest?.subject?.digest,
                    isRoot: true
                )
            }
        }
        return tagged
    }

    /// The records; none when what nothing refers to goes at once.
    private func deletions(of repository: RepositoryName) async throws -> [DeletionRecord] {
        guard run.options.grace > 0 else { return [] }
        return try await DeletionRecords(driver: run.driver).records(in: repository)
    }

    private static func revisions(of record: DeletionRecord) -> [Revision] {
        record.revisions.map { Revision(name: $0.name, canonical: $0.target, isHeld: true, modified: 0) }
    }
}

extension GarbageCollection {
    /// Marks what all records would bring back, also of repositories of which nothing else is left.
    func markDeletions(_ renew: () async throws -> Void) async throws {
        let run = run
        var names = try await DeletionRecords(driver: run.driver).repositories()[...]
        try await forEachConcurrently(atMost: run.options.concurrency) {
            try await renew()
            return names.popFirst()
        } _: { repository in
            var place = Self.place(repository)
            place.isSilent = true
            try await RepositoryMarking(run: run, place: place).markDeletions(of: repository)
        }
    }

    /// Removes the records whose time is over: the grace period, and at once without one. They were marked in this run;
    /// what only they referred to goes in the runs after.
    func removeOldDeletions(_ renew: () async throws -> Void) async throws {
        let records = DeletionRecords(driver: run.driver)
        for repository in try await records.repositories() {
            try await renew()
            for id in try await records.identifiers(in: repository) where run.isOver(seen: id.time.seconds) {
                if try await records.remove(id, in: repository) { run.count { $0.deletionsRemoved += 1 } }
            }
            let folder = DeletionRecords.folder(repository.description)
            await records.removeEmptyFolders(above: folder.appending("-"))
        }
    }
}
