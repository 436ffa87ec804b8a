internal import NIOCore

/// Cleans one repository's folder: its links, its index of referrers, its uploads, and what is empty after that.
struct RepositorySweep: Sendable {
    let run: CollectionRun
    let repository: RepositoryName
    /// Whether what is not marked is taken away; `false` to decide only of what was taken before.
    let takesUnmarked: Bool

    private var driver: any StorageDriver { run.driver }
    private var path: StoragePath { StoreLayout.repository(repository) }

    func sweep() async throws {
        let shard = "repositories/\(repository)"
        let old = try await QuarantineLedger.read(shard, from: driver)
        var seen = QuarantineLedger()
        let marks = run.marks
        let name = repository.description
        for algorithm in DigestAlgorithm.allCases {
            for (kind, part) in [
                (MarkSet.Kind.layer, StoreLayout.layersFolder), (.revision, StoreLayout.revisionsFolder),
            ] {
                let sweep = FolderSweep(
                    run: run,
                    subject: kind == .layer ? .layer(repository) : .revision(repository),
                    algorithm: algorithm,
                    folder: path.appending("\(part)/\(algorithm.rawValue)"),
                    prefix: "\(part)/\(algorithm.rawValue)/",
                    takesUnmarked: takesUnmarked,
                    isMarked: { marks.contains(kind, $0, in: name) },
                    isAwaited: { kind == .revision && marks.contains(.awaited, $0, in: name) }
                )
                try await sweep.sweep(old, &seen)
            }
        }
        if !run.options.isDryRun {
            _ = try await run.ifThereIsRoom { try await seen.write(shard, replacing: old, to: run.driver) }
        }
        if run.options.scope(repository), !run.bringsBackOnly {
            try await sweepReferrers()
            if !run.options.isDryRun {
                try await TagHistorySweep(run: run, repository: repository) { try await isLinked($0) }.sweep()
            }
            if let age = run.options.uploadAge {
                try await UploadPurge(run: run, repository: repository, age: age).purge()
            }
            if run.options.removesEmptyRepositories { await removeEmptyFolders() }
        }
        run.count { $0.repositoriesSwept += 1 }
        run.reportProgress()
    }

    // MARK: Referrers

    /// Removes the entries of manifests that are gone. They are not seen (``Registry/referrers(of:in:artifactType:after:limit:)``
    /// looks for the manifest), so this is thrift only.
    private func sweepReferrers() async throws {
        guard !run.options.isDryRun else { return }
        let top = path.appending(StoreLayout.referrersFolder)
        for algorithm in DigestAlgorithm.allCases {
            var subjects = FolderPages(driver, top.appending(algorithm.rawValue))
            while let page = try await subjects.next() {
                for subject in page where subject.kind == .folder {
                    let folder = top.appending("\(algorithm.rawValue)/\(subject.name)")
                    try await sweepReferrers(in: folder)
                    await run.removeIfEmpty(folder)
                }
            }
        }
    }

    private func sweepReferrers(in folder: StoragePath) async throws {
        var entries = FolderPages(driver, folder)
        while let page = try await entries.next() {
            for entry in page {
                guard let digest = StoreLayout.referrerDigest(ofEntry: entry.name),
                    try await !isLinked(digest)
                else { continue }
                let place = folder.appending(entry.name)
                let content = try await StorageError.ifPresent {
                    try await driver.content(at: place, limit: run.largestManifest * 2)
                }
                let deleted: Void? = try await StorageError.ifPresent { try await driver.delete(at: place) }
                guard let content, deleted != nil else { continue }
                // The manifest may have been pushed in between, and its entry written before: then it is written again.
                if try await isLinked(digest) {
                    try await driver.put(content, at: place)
                } else {
                    run.count { $0.referrersRemoved += 1 }
                }
            }
        }
    }

    private func isLinked(_ digest: Digest) async throws -> Bool {
        let link = StoreLayout.revisionLink(digest, in: repository)
        if try await driver.exists(at: link) { return true }
        var held = FolderPages(driver, StoreLayout.quarantinePlace(of: link))
        if try await held.next() != nil { return true }
        return try await driver.exists(at: link)
    }

    // MARK: Empty folders

    /// Removes what is empty, from below. Each call removes a folder only if nothing is in it.
    private func removeEmptyFolders() async {
        for part in [StoreLayout.layersFolder, StoreLayout.revisionsFolder, StoreLayout.referrersFolder] {
            for algorithm in DigestAlgorithm.allCases {
                await run.removeIfEmpty(path.appending("\(part)/\(algorithm.rawValue)"))
            }
            await run.removeIfEmpty(path.appending(part))
        }
        for part in [StoreLayout.tagsFolder, StoreLayout.manifestsFolder, StoreLayout.uploadsFolder] {
            await run.removeIfEmpty(path.appending(part))
        }
        var folder: StoragePath? = path
        while let empty = folder, empty != StoreLayout.repositories {
            await run.removeIfEmpty(empty)
            folder = empty.parent
        }
    }
}
