internal import NIOCore

/// Marks what one repository's manifests refer to.
struct RepositoryMarking: Sendable {
    /// Where a repository's content lies: in its place, in quarantine, or in the trash.
    struct Place: Sendable {
        /// The name by which its links are marked.
        let name: String
        /// The repository, where events are told of it.
        let repository: RepositoryName?
        let path: StoragePath
        /// Where links that it lacks may be: of what lies in the trash, in the repository.
        let otherPath: StoragePath?
        /// Where its links lie in quarantine; `nil` for the trash.
        let quarantine: StoragePath?
        /// Whether nobody is told, since it is marked for the second time.
        var isSilent = false
    }

    /// A manifest that is linked in the repository.
    struct Revision: Sendable {
        /// The digest that it is linked by.
        let name: Digest
        /// The digest that its bytes are stored by.
        let canonical: Digest
        /// Whether the link is in quarantine.
        let isHeld: Bool
        /// When the link was written, in seconds; 0 where that is not known.
        let modified: Int64
    }

    let run: CollectionRun
    let place: Place

    private var driver: any StorageDriver { run.driver }

    /// Marks everything.
    ///
    /// - Throws: ``CollectionError/unreadable(path:reason:)``; ``StorageError``.
    func mark() async throws {
        let excluded = try await unkept()
        for source in try await sources() {
            try await forEachRevisions(held: source) { revisions in
                let kept = revisions.filter { !excluded.contains($0.canonical) || run.keepsUnkept }
                let read = try await kept.mapConcurrently(atMost: 8) { revision in
                    (revision, try await manifest(revision))
                }
                for (revision, manifest) in read {
                    try await mark(revision, manifest, isKept: !excluded.contains(revision.canonical))
                }
            }
        }
        guard !place.isSilent else { return }
        run.noteUnkept(excluded.count)
        guard let repository = place.repository, run.reportsDetail else { return }
        for digest in excluded.sorted() { run.report(.eligibleManifest(digest, in: repository)) }
    }

    /// Marks what the manifests refer to whose links are in quarantine.
    ///
    /// - Throws: as ``mark()``.
    func markHeld() async throws {
        try await forEachRevisions(held: true) { revisions in
            for revision in revisions { try await mark(revision, try await manifest(revision), isKept: false) }
        }
    }

    /// Where links are looked for, in order: in quarantine before and after their places, so that one which goes there
    /// or comes back meanwhile is seen. Nothing lies in quarantine in the usual case.
    private func sources() async throws -> [Bool] {
        guard let quarantine = place.quarantine, try await driver.exists(at: quarantine) else { return [false] }
        return [true, false, true]
    }

    /// The manifests that are to go.
    private func unkept() async throws -> Set<Digest> {
        guard run.options.deletesUntagged, place.quarantine != nil, let repository = place.repository,
            run.options.scope(repository), !run.isBeingMoved(repository)
        else { return [] }
        var graph = ManifestGraph()
        for source in try await sources() {
            try await forEachRevisions(held: source) { revisions in
                let read = try await revisions.mapConcurrently(atMost: 8) { revision in
                    let manifest = try await manifest(revision)
                    return (revision, manifest?.manifests.map(\.digest) ?? [], manifest?.subject?.digest)
                }
                for (revision, children, subject) in read {
                    graph.add(
                        revision.canonical,
                        linkedAs: revision.name,
                        children: children,
                        subject: subject,
                        // What was taken away was old enough then; its link has its time anew where moving sets it.
                        isRoot: !revision.isHeld && !run.isOld(modified: revision.modified)
                    )
                }
            }
        }
        let tagged = try await tagged()
        // After the tags: what is deleted meanwhile is in a record by then.
        let deleted = try await addDeletions(of: repository, to: &graph)
        return graph.unkept(tagged: tagged.union(deleted))
    }

    /// What the tags point to, and where a pointer can't be read, all that it has ever pointed to.
    private func tagged() async throws -> Set<Digest> {
        var found: Set<Digest> = []
        var pages = FolderPages(driver, place.path.appending(StoreLayout.tagsFolder))
        while let page = try await pages.next() {
            try Task.checkCancellation()
            let tags = page.filter { $0.kind == .folder }.map { $0.name }
            let read = try await tags.mapConcurrently(atMost: 8) { try await targets(ofTag: $0) }
            for digests in read { found.formUnion(digests) }
        }
        return found
    }

    private func targets(ofTag tag: String) async throws -> [Digest] {
        let folder = place.path.appending(StoreLayout.tagsFolder).appending(tag)
        let path = folder.appending(StoreLayout.currentLink)
        guard let content = try await optionalContent(path) else { return [] }
        if let digest = Digest(String(buffer: content)) { return [digest] }
        run.report(.problem("\(path) is not a link: all that the tag has pointed to is kept"))
        var history: [Digest] = []
        for algorithm in DigestAlgorithm.allCases {
            var pages = FolderPages(driver, folder.appending("index/\(algorithm.rawValue)"))
            while let page = try await pages.next() {
                history += page.compactMap { Digest("\(algorithm.rawValue):\($0.name)") }
            }
        }
        return history
    }

    // MARK: Revisions

    /// Calls a body with the manifests' links, some at a time.
    private func forEachRevisions(
        held: Bool,
        _ body: ([Revision]) async throws -> Void
    ) async throws {
        guard let top = held ? place.quarantine : place.path else { return }
        for algorithm in DigestAlgorithm.allCases {
            let folder = top.appending("\(StoreLayout.revisionsFolder)/\(algorithm.rawValue)")
            var pages = FolderPages(driver, folder)
            while let page = try await pages.next() {
                try Task.checkCancellation()
                let names = page.compactMap { Digest("\(algorithm.rawValue):\($0.name)") }
                let read = try await names.mapConcurrently(atMost: 8) { name in
                    try await revision(name, in: folder.appending(name.hex), held: held)
                }
                try await body(read.compactMap { $0 })
            }
        }
    }

    private func revision(_ name: Digest, in folder: StoragePath, held: Bool) async throws -> Revision? {
        var path = folder.appending(StoreLayout.linkName)
        if held {
            var pages = FolderPages(driver, folder)
            guard let batch = try await pages.next()?.last?.name else { return nil }
            path = folder.appending(batch)
        }
        guard let content = try await optionalContent(path) else {
            // What a deletion leaves: nothing of content, so that it may go while marking goes on.
            if !held { await run.removeIfEmpty(folder) }
            return nil
        }
        let modified = try await StorageError.ifPresent { try await driver.metadata(at: path) }?.modified ?? 0
        if let canonical = Digest(String(buffer: content)) {
            return Revision(name: name, canonical: canonical, isHeld: held, modified: modified / 1_000_000_000)
        }
        // A link that a crash cut short: nobody can read the manifest by it, and it is kept all the same.
        run.report(.problem("\(path) is not a link"))
        guard name.algorithm == .canonical else { return nil }
        return Revision(name: name, canonical: name, isHeld: held, modified: 0)
    }

    /// A manifest's content, in its place or in quarantine; `nil` when there is none: then nobody can have it.
    func manifest(_ revision: Revision) async throws -> Manifest? {
        let path = StoreLayout.blobData(revision.canonical)
        guard let content = try await contentAnywhere(path), content.readableBytes > 0 else {
            run.report(.problem("\(place.name): manifest \(revision.name) is linked, and its content is missing"))
            return nil
        }
        guard ContentHasher.digest(of: content, algorithm: revision.canonical.algorithm) == revision.canonical else {
            throw CollectionError.unreadable(path: path.description, reason: "it does not match its digest")
        }
        do {
            return try Manifest(stored: content)
        } catch {
            throw CollectionError.unreadable(path: path.description, reason: "\(error)")
        }
    }

    private func contentAnywhere(_ path: StoragePath) async throws -> ByteBuffer? {
        for _ in 0..<3 {
            if let content = try await optionalContent(path) { return content }
            let place = StoreLayout.quarantinePlace(of: path)
            var pages = FolderPages(driver, place)
            guard let batch = try await pages.next()?.last?.name else { continue }
            if let content = try await optionalContent(place.appending(batch)) { return content }
        }
        return nil
    }

    private func optionalContent(_ path: StoragePath) async throws -> ByteBuffer? {
        try await StorageError.ifPresent(ignoring: [.notFound]) {
            try await driver.content(at: path, limit: run.largestManifest)
        }
    }

    // MARK: Marks

    func mark(_ revision: Revision, _ manifest: Manifest?, isKept: Bool) async throws {
        if isKept {
            run.marks.insert(.revision, revision.name, in: place.name)
            run.marks.insert(.revision, revision.canonical, in: place.name)
        }
        let isNew = run.marks.insert(revision.canonical)
        if isNew, isKept { run.count { $0.manifestsMarked += 1 } }
        if let repository = place.repository, isKept, !place.isSilent {
            run.report(.markedManifest(revision.name, in: repository))
        }
        guard let manifest else { return }
        let references = manifest.references
        if !isKept {
            for child in references.manifests { run.marks.insert(.awaited, child.digest, in: place.name) }
        }
        for descriptor in references.blobs + references.manifests {
            try await mark(descriptor.digest)
        }
        if let repository = place.repository, isKept, !place.isSilent, run.reportsDetail {
            for descriptor in references.blobs { run.report(.markedBlob(descriptor.digest, in: repository)) }
        }
    }

    /// Marks what a manifest refers to: a blob, or a child, which is a manifest with a link of its own or a plain blob.
    func mark(_ digest: Digest) async throws {
        run.marks.insert(.layer, digest, in: place.name)
        guard digest.algorithm != .canonical else {
            run.marks.insert(digest)
            return
        }
        for folder in [StoreLayout.layersFolder, StoreLayout.revisionsFolder] {
            let link = "\(folder)/\(digest.algorithm.rawValue)/\(digest.hex)/\(StoreLayout.linkName)"
            for path in [place.path, place.otherPath].compactMap({ $0 }) {
                guard let content = try await contentAnywhere(path.appending(link)),
                    let canonical = Digest(String(buffer: content))
                else { continue }
                run.marks.insert(.layer, canonical, in: place.name)
                run.marks.insert(canonical)
            }
        }
    }
}
