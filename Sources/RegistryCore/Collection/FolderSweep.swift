/// Goes through the folders that are named by a digest in one folder: takes away what is not marked, and decides of what
/// was taken away before.
struct FolderSweep {
    /// What is swept.
    enum Subject: Sendable {
        case blob
        case layer(RepositoryName)
        case revision(RepositoryName)
    }

    let run: CollectionRun
    let subject: Subject
    let algorithm: DigestAlgorithm
    /// The folder whose children are named by digests.
    let folder: StoragePath
    /// What the ledger's names begin with: empty, or `_layers/sha256/`.
    let prefix: String
    /// Whether what is in its place and not marked is taken away. At most once in a run: see ``Quarantine``.
    let takesUnmarked: Bool
    let isMarked: @Sendable (Digest) -> Bool
    /// Whether something that may still come back refers to it: then it may be taken away, but stays in quarantine.
    var isAwaited: @Sendable (Digest) -> Bool = { _ in false }

    private var driver: any StorageDriver { run.driver }
    private var objectName: String {
        if case .blob = subject { StoreLayout.dataName } else { StoreLayout.linkName }
    }

    /// Goes through both.
    ///
    /// - Parameters:
    ///   - old: when what is in quarantine was seen there, as it was written down before.
    ///   - seen: takes that for what stays there.
    func sweep(_ old: QuarantineLedger, _ seen: inout QuarantineLedger) async throws {
        // Before the rest: what this run takes away is not old.
        try await sweepHeld(old, &seen)
        try await sweepPresent(&seen)
    }

    // MARK: In quarantine

    private func sweepHeld(_ old: QuarantineLedger, _ seen: inout QuarantineLedger) async throws {
        let top = StoreLayout.quarantinePlace(of: folder.appending(objectName))
        var pages = FolderPages(driver, top)
        while let page = try await pages.next() {
            for entry in page where entry.kind == .folder {
                guard let digest = Digest("\(algorithm.rawValue):\(entry.name)") else { continue }
                let place = top.appending(entry.name)
                var batches = FolderPages(driver, place)
                while let held = try await batches.next() {
                    for batch in held where batch.kind == .object {
                        let name = "\(prefix)\(entry.name)/\(batch.name)"
                        if try await settle(digest, at: place.appending(batch.name), seen: old.time(of: name)) {
                            continue
                        }
                        seen.note(name, at: old.time(of: name) ?? run.now.seconds)
                    }
                }
                await run.removeIfEmpty(place)
            }
        }
        await run.removeIfEmpty(top)
    }

    /// Decides of one object in quarantine.
    ///
    /// - Returns: whether it is gone from there.
    private func settle(_ digest: Digest, at held: StoragePath, seen: Int64?) async throws -> Bool {
        guard let size = try await size(of: held) else { return true }
        let path = folder.appending("\(digest.hex)/\(objectName)")
        if isMarked(digest) {
            // Where it is present as well, the copy is of no use, and goes when its time is over.
            let present = try await self.size(of: path) ?? -1
            if present < size {
                guard !run.options.isDryRun else { return false }
                return try await run.ifThereIsRoom { try await bringBack(held, to: path) } != nil
            }
        }
        guard !run.bringsBackOnly else { return false }
        guard run.options.grace == 0 || seen.map({ run.isOver(seen: $0) }) ?? false && !isAwaited(digest) else {
            return false
        }
        if run.options.isDryRun {
            removed(digest, size)
            return false
        }
        let deleted: Void? = try await StorageError.ifPresent { try await driver.delete(at: held) }
        if deleted != nil { removed(digest, size) }
        return true
    }

    private func bringBack(_ held: StoragePath, to path: StoragePath) async throws {
        let moved: Void? = try await StorageError.ifPresent(ignoring: Quarantine.gone) {
            try await driver.move(from: held, to: path)
        }
        if moved != nil { run.count { $0.restored += 1 } }
    }

    private func size(of path: StoragePath) async throws -> Int64? {
        let found = try await StorageError.ifPresent { try await driver.metadata(at: path) }
        return found?.kind == .object ? found?.size : nil
    }

    // MARK: In their places

    private func sweepPresent(_ seen: inout QuarantineLedger) async throws {
        guard takesUnmarked, isInScope, !run.bringsBackOnly else { return }
        var pages = FolderPages(driver, folder)
        while let page = try await pages.next() {
            for entry in page where entry.kind == .folder {
                // A server whose pushes wait for the end should not wait for a whole folder.
                try Task.checkCancellation()
                guard let digest = Digest("\(algorithm.rawValue):\(entry.name)"), !isMarked(digest) else { continue }
                let place = folder.appending(entry.name)
                let path = place.appending(objectName)
                let found = try await StorageError.ifPresent { try await driver.metadata(at: path) }
                if let found, found.kind == .object {
                    guard run.isOld(modified: found.modified / 1_000_000_000) else { continue }
                    try await take(digest, path, found.size, &seen)
                }
                await run.removeIfEmpty(place)
            }
        }
    }

    private var isInScope: Bool {
        switch subject {
        case .blob: run.options.removesBlobs
        case .layer(let repository): run.options.scope(repository)
        case .revision(let repository): run.options.scope(repository) && run.options.deletesUntagged
        }
    }

    private func take(
        _ digest: Digest,
        _ path: StoragePath,
        _ size: Int64,
        _ seen: inout QuarantineLedger
    ) async throws {
        report(digest, size)
        guard !run.options.isDryRun else { return run.options.grace == 0 ? removed(digest, size) : taken(size) }
        if run.options.grace == 0 {
            let deleted: Void? = try await StorageError.ifPresent { try await driver.delete(at: path) }
            if deleted != nil { removed(digest, size) }
        } else if try await run.ifThereIsRoom({ try await Quarantine(driver: driver).take(path, as: run.batch) })
            == true
        {
            // Seen there now, after it was moved: the time must not begin before.
            seen.note("\(prefix)\(digest.hex)/\(run.batch)", at: run.now.seconds)
            taken(size)
        }
    }

    // MARK: Counts

    private func report(_ digest: Digest, _ size: Int64) {
        guard run.reportsDetail else { return }
        switch subject {
        case .blob: run.report(.eligibleBlob(digest, bytes: size))
        case .layer(let repository): run.report(.eligibleLayer(digest, in: repository))
        case .revision: break  // Reported when it was found out.
        }
    }

    private func taken(_ size: Int64) {
        run.count { summary in
            switch subject {
            case .blob:
                summary.blobsQuarantined += 1
                summary.bytesQuarantined += size
            case .layer: summary.layersQuarantined += 1
            case .revision: summary.manifestsQuarantined += 1
            }
        }
    }

    private func removed(_ digest: Digest, _ size: Int64) {
        run.count { summary in
            switch subject {
            case .blob:
                summary.blobsRemoved += 1
                summary.bytesFreed += size
            case .layer: summary.layersRemoved += 1
            case .revision: summary.manifestsRemoved += 1
            }
        }
    }
}
