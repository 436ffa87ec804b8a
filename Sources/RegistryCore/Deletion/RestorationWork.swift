internal import NIOCore

/// Brings back what records of one repository hold, while the repository is locked.
///
/// To a collection it is like a push: what a manifest needs is looked for, which brings it back from quarantine, then
/// comes the link, and when that took long all is looked for once more. Pointers come last, and the record goes after
/// that, so that an interrupted restoration can be done again.
struct RestorationWork: Sendable {
    let registry: Registry
    let repository: RepositoryName
    /// The newest first.
    private var records: [DeletionRecord]
    private var changed: Set<Int> = []
    private(set) var result: Restoration

    init(_ registry: Registry, _ repository: RepositoryName, records: [DeletionRecord]) {
        self.registry = registry
        self.repository = repository
        self.records = records
        result = Restoration(repository)
    }

    // MARK: What is asked for

    /// - Returns: whether there is such a record.
    mutating func restore(_ id: DeletionID) async throws -> Bool {
        guard let position = records.firstIndex(where: { $0.id == id }) else { return false }
        try await restoreAll(of: position)
        return true
    }

    /// - Returns: whether a record has the tag.
    mutating func restore(_ tag: Tag) async throws -> Bool {
        for position in records.indices {
            guard let entry = records[position].tags.first(where: { $0.tag == tag }) else { continue }
            try await restore([entry], of: position)
            return true
        }
        return false
    }

    /// - Returns: whether a record has the manifest or the blob.
    mutating func restore(_ digest: Digest) async throws -> Bool {
        let first = records.firstIndex { record in
            record.holds(revision: digest) || record.layers.contains { $0.name == digest || $0.target == digest }
        }
        guard let first else { return false }
        let newest = records[first]
        try await restoreAll(of: first)
        guard newest.holds(revision: digest) else { return true }
        for position in records.indices.dropFirst(first + 1) where records[position].holds(revision: digest) {
            let record = records[position]
            // A deletion that was interrupted and then repeated has two records, and so has one after a restoration that
            // was interrupted; the tags are in the earlier one.
            guard record.isBeingRestored || (record.modified != 0 && record.modified == newest.modified) else {
                continue
            }
            try await restoreAll(of: position)
        }
        return true
    }

    /// Writes the records that have changed: what was not brought back stays in them.
    func finish() async throws {
        let store = DeletionRecords(driver: registry.driver)
        for position in changed.sorted() { try await store.write(records[position]) }
    }

    private mutating func restoreAll(of position: Int) async throws {
        try await restoreManifest(of: position)
        for link in records[position].layers { try await restoreLayer(link, of: position) }
        try await restore(records[position].tags, of: position)
    }

    // MARK: Manifests

    private mutating func restoreManifest(of position: Int) async throws {
        let record = records[position]
        guard let first = record.revisions.first else { return }
        let began = ContinuousClock.now
        guard let content = try await registry.manifestContent(first.target) else { return note(gone: first.name) }
        let manifest = try? Manifest(stored: content)
        var missing: [Digest] = []
        if let manifest {
            missing = try await self.missing(from: manifest)
            for entry in record.referrers {
                try await registry.indexReferrer(manifest, digest: entry.digest, of: entry.subject, in: repository)
            }
        }
        try await noteBeginning(of: position)
        var written: [StoragePath] = []
        for link in record.revisions.filter({ $0.name == $0.target }) + record.revisions {
            let path = StoreLayout.revisionLink(link.name, in: repository)
            guard try await registry.readLink(path) == nil else { continue }
            try await registry.writeLink(path, to: link.target)
            written.append(path)
        }
        if ContinuousClock.now - began > registry.options.lateAfter, try await isGone(first.target, manifest, missing) {
            for path in written { try await registry.deleteIfPresent(path) }
            return note(gone: first.name)
        }
        if !written.isEmpty {
            result.manifests.append(first.name)
            result.missing += missing
        }
        records[position].revisions = []
        records[position].referrers = []
        records[position].isBeingRestored = false
        changed.insert(position)
    }

    /// Whether a manifest, or what it refers to, has gone since it was looked for.
    private func isGone(_ canonical: Digest, _ manifest: Manifest?, _ missing: [Digest]) async throws -> Bool {
        guard try await registry.manifestContent(canonical) != nil else { return true }
        guard let manifest else { return false }
        return try await self.missing(from: manifest) != missing
    }

    /// Writes down that the manifest of a record with tags comes back, before it does: were it deleted once more before
    /// its tags are back, they would be in this record only.
    private mutating func noteBeginning(of position: Int) async throws {
        guard !records[position].isBeingRestored, !records[position].tags.isEmpty else { return }
        records[position].isBeingRestored = true
        try await DeletionRecords(driver: registry.driver).write(records[position])
    }

    /// What a manifest refers to and the repository does not have. What it has comes back from quarantine.
    private func missing(from manifest: Manifest) async throws -> [Digest] {
        let validation = registry.options.validation
        let wanted =
            manifest.references.blobs.filter { !$0.mayBeAbsent }
            + manifest.manifests.filter { validation.children.demandsPresence(of: $0) }
        let (registry, repository) = (registry, repository)
        let found = try await Set(wanted.map(\.digest)).sorted().mapConcurrently(atMost: 8) { digest in
            var canonical = try await registry.storedDigest(ofLayer: digest, in: repository)
            if canonical == nil { canonical = try await registry.storedDigest(ofRevision: digest, in: repository) }
            guard let canonical, try await registry.blobSize(canonical) != nil else { return Digest?.some(digest) }
            return nil
        }
        return found.compactMap { $0 }
    }

    // MARK: Blobs

    private mutating func restoreLayer(_ link: DeletionRecord.Link, of position: Int) async throws {
        let path = StoreLayout.layerLink(link.name, in: repository)
        if try await registry.storedDigest(ofLayer: link.name, in: repository) == nil {
            let began = ContinuousClock.now
            guard try await registry.blobSize(link.target) != nil else { return note(gone: link.name) }
            try await registry.writeLink(path, to: link.target)
            if ContinuousClock.now - began > registry.options.lateAfter,
                try await registry.blobSize(link.target) == nil
            {
                try await registry.deleteIfPresent(path)
                return note(gone: link.name)
            }
            result.blobs.append(link.name)
        }
        records[position].layers.removeAll { $0 == link }
        changed.insert(position)
    }

    // MARK: Tags

    private mutating func restore(_ entries: [DeletionRecord.TagEntry], of position: Int) async throws {
        for entry in entries {
            guard try await restore(entry) else { continue }
            records[position].tags.removeAll { $0.tag == entry.tag }
            changed.insert(position)
        }
    }

    /// - Returns: whether the tag is in its place.
    private mutating func restore(_ entry: DeletionRecord.TagEntry) async throws -> Bool {
        let path = StoreLayout.tagCurrentLink(entry.tag, in: repository)
        if let current = try await registry.readLink(path) { return isInPlace(entry, current) }
        if try await !isThere(entry.digest) {
            // The manifest was deleted after the tag was.
            if let position = records.firstIndex(where: { $0.holds(revision: entry.digest) }) {
                try await restoreManifest(of: position)
            }
            guard try await isThere(entry.digest) else {
                note(gone: entry.digest)
                return false
            }
        }
        // What it points to comes last, and is the newest of its history.
        for digest in entry.history.filter({ $0 != entry.digest }) + [entry.digest] {
            let link = StoreLayout.tagIndexLink(digest, of: entry.tag, in: repository)
            if try await registry.readLink(link) == nil { try await registry.writeLink(link, to: digest) }
        }
        if try await !registry.driver.putIfAbsent(ByteBuffer(string: entry.digest.description), at: path) {
            if let current = try await registry.readLink(path) { return isInPlace(entry, current) }
            // What is no link leads nowhere.
            try await registry.writeLink(path, to: entry.digest)
        }
        result.tags.append(entry.tag)
        return true
    }

    private mutating func isInPlace(_ entry: DeletionRecord.TagEntry, _ current: Digest) -> Bool {
        guard current != entry.digest else { return true }
        if !result.kept.contains(entry.tag) { result.kept.append(entry.tag) }
        return false
    }

    private func isThere(_ digest: Digest) async throws -> Bool {
        guard let canonical = try await registry.storedDigest(ofRevision: digest, in: repository) else { return false }
        return try await registry.manifestContent(canonical) != nil
    }

    private mutating func note(gone digest: Digest) {
        if !result.gone.contains(digest) { result.gone.append(digest) }
    }
}
