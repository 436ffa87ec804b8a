internal import NIOCore

/// Removes what tags remember of manifests that are gone for good. Nobody can be led there any more, and a tag that moves
/// with every build would remember more and more.
struct TagHistorySweep: Sendable {
    let run: CollectionRun
    let repository: RepositoryName
    /// Whether a manifest is linked, in its place or in quarantine.
    let isLinked: @Sendable (Digest) async throws -> Bool

    private var driver: any StorageDriver { run.driver }

    func sweep() async throws {
        var pages = FolderPages(driver, StoreLayout.tags(in: repository))
        while let page = try await pages.next() {
            _ = try await page.mapConcurrently(atMost: 8) { entry in
                guard entry.kind == .folder, let tag = Tag(entry.name) else { return }
                for algorithm in DigestAlgorithm.allCases { try await sweep(tag, algorithm) }
            }
        }
    }

    private func sweep(_ tag: Tag, _ algorithm: DigestAlgorithm) async throws {
        let folder = StoreLayout.tag(tag, in: repository).appending("index/\(algorithm.rawValue)")
        var pages = FolderPages(driver, folder, absences: [.notFound, .wrongKind])
        while let page = try await pages.next() {
            for entry in page where entry.kind == .folder {
                guard let digest = Digest("\(algorithm.rawValue):\(entry.name)"), try await isGone(digest),
                    // What a tag points to is not history, whether it is there or not.
                    try await run.registry.readLink(StoreLayout.tagCurrentLink(tag, in: repository)) != digest
                else { continue }
                try await remove(digest, of: tag)
            }
        }
    }

    /// Whether a manifest is not there and was not when marking passed, in the trash neither.
    private func isGone(_ digest: Digest) async throws -> Bool {
        guard !run.marks.contains(.revision, digest, in: repository.description) else { return false }
        return try await !isLinked(digest)
    }

    private func remove(_ digest: Digest, of tag: Tag) async throws {
        let link = StoreLayout.tagIndexLink(digest, of: tag, in: repository)
        guard try await run.registry.deleteIfPresent(link) else { return }
        if let folder = link.parent { await run.removeIfEmpty(folder) }
        // A push writes the manifest's link before this one: then it is there now, and its entry is written again.
        if try await isLinked(digest) {
            try await run.registry.writeLink(link, to: digest)
        } else {
            run.count { $0.historyRemoved += 1 }
        }
    }
}
