internal import NIOCore

/// One run of a collection, phase after phase. The protocol is told in `Documentation/explanation/collection.md`.
struct GarbageCollection: Sendable {
    let run: CollectionRun

    /// How often deleted repositories are looked for while the walk goes on.
    private static let trashInterval = Duration.seconds(5)

    private var driver: any StorageDriver { run.driver }
    private var options: CollectionOptions { run.options }

    /// - Parameter renew: is called between pieces of work; it throws when this collector should stop.
    func perform(renewing renew: () async throws -> Void) async throws {
        if let time = run.summary.resumed { run.report(.resumed(since: time)) }
        if run.keeper?.hasEnded(.marking) != true {
            run.enter(.marking)
            try await markAll(renew)
            try await run.keeper?.endMarking(of: run, renewing: renew)
        }
        if options.countsFirst { try await count(renew) }
        run.enter(.repositories)
        try await sweepRepositories(renew)
        run.enter(.blobs)
        try await sweepBlobs(run, renew)
        if !options.isDryRun {
            try await removeOldTrash()
            try await removeOldDeletions(renew)
        }
        if options.marksAgain, !options.isDryRun {
            run.enter(.markingAgain)
            let second = GarbageCollection(run: CollectionRun(bringingBack: run))
            try await second.markAll(renew)
            try await second.sweepRepositories(renew)
            try await second.sweepBlobs(second.run, renew)
            run.count { $0.restored += second.run.summary.restored }
            run.noteUndone(second.run.undoneCount)
        }
        if run.undoneCount > 0 {
            run.report(
                .problem("the store is full: \(run.undoneCount) steps that need room are left to the next collection")
            )
        }
        run.enter(.done)
    }

    // MARK: Marking

    private func markAll(_ renew: () async throws -> Void) async throws {
        let run = run
        var passed: Set<String> = []
        var lookedIntoTrash = ContinuousClock.now
        func lookIntoTrash() async throws {
            passed.formUnion(try await markTrash(renew, except: passed))
            lookedIntoTrash = .now
        }
        // Before the walk and after it: a repository may be restored, or deleted, while the walk passes.
        try await lookIntoTrash()
        // A link may come back to where the walk has passed, and leave nothing in quarantine by which the walk at the end
        // would find it.
        try await forEachHeld(renew) { try await $0.markHeld() }
        let last = run.keeper?.last(of: .marking)
        var live = RepositoryTree(driver, below: StoreLayout.repositories, after: last)
        try await forEachBetweenCheckpoints(.marking, of: run, renewing: renew, name: \.name) {
            // What would be seen at the end of an uninterrupted walk may have come back to where it passed before the walk
            // goes on: see "When a run is interrupted" in the protocol.
            try await lookIntoTrash()
        } next: {
            // A repository may be deleted before the walk comes to it, and be restored after the walk has passed.
            if ContinuousClock.now - lookedIntoTrash >= Self.trashInterval { try await lookIntoTrash() }
            return try await live.next()
        } _: { found in
            let repository = try repository(of: found)
            if found.parts.contains(StoreLayout.manifestsFolder) {
                run.report(.repository(repository))
                run.count { $0.repositories += 1 }
            }
            try await RepositoryMarking(run: run, place: Self.place(repository)).mark()
            run.reportProgress()
        }
        // Of some of these nothing is left in their places. The others are marked once more: a repository that came back
        // to its place since the walk above has passed must not be missed.
        try await forEachHeld(renew) { try await $0.mark() }
        try await lookIntoTrash()
        try await markDeletions(renew)
    }

    /// Marks, in silence, repositories of which something is in quarantine.
    private func forEachHeld(
        _ renew: () async throws -> Void,
        _ mark: @escaping @Sendable (RepositoryMarking) async throws -> Void
    ) async throws {
        let run = run
        var held = RepositoryTree(driver, below: StoreLayout.quarantinedRepositories)
        try await forEachConcurrently(atMost: options.concurrency) {
            try await renew()
            return try await held.next()
        } _: { found in
            var place = Self.place(try repository(of: found))
            place.isSilent = true
            try await mark(RepositoryMarking(run: run, place: place))
        }
    }

    /// Marks what deleted repositories refer to.
    ///
    /// - Returns: those that were deleted whole when they were marked.
    private func markTrash(_ renew: () async throws -> Void, except passed: Set<String>) async throws -> Set<String> {
        var whole: Set<String> = []
        var pages = FolderPages(driver, StoreLayout.trash)
        while let page = try await pages.next() {
            for entry in page where entry.kind == .folder && !passed.contains(entry.name) {
                try await renew()
                let isWhole = try await driver.exists(at: StoreLayout.trashEnd(entry.name))
                // Its links are marked by its name: while it is deleted or restored some are in their places.
                let repository = try await Trash(driver: driver).record(entry.name)?.name
                if let repository, !isWhole { run.noteMoving(repository) }
                let place = RepositoryMarking.Place(
                    name: repository?.description ?? "/" + entry.name,
                    repository: nil,
                    path: StoreLayout.trashedRepository(entry.name),
                    otherPath: repository.map(StoreLayout.repository),
                    quarantine: nil
                )
                try await RepositoryMarking(run: run, place: place).mark()
                if isWhole { whole.insert(entry.name) }
            }
        }
        return whole
    }

    static func place(_ repository: RepositoryName) -> RepositoryMarking.Place {
        RepositoryMarking.Place(
            name: repository.description,
            repository: repository,
            path: StoreLayout.repository(repository),
            otherPath: nil,
            quarantine: StoreLayout.quarantinedRepositories.appending(repository.description)
        )
    }

    /// A folder whose name breaks the grammar was made by hand or by something else: what it holds can't be judged.
    private func repository(of found: RepositoryTree.Found) throws -> RepositoryName {
        guard let name = RepositoryName(found.name) else {
            throw CollectionError.unreadable(path: found.path.description, reason: "it is no repository's name")
        }
        return name
    }

    // MARK: Sweeping

    private func sweepRepositories(_ renew: () async throws -> Void) async throws {
        let (run, driver) = (run, driver)
        for stage in [CollectionPosition.Stage.repositories, .heldRepositories] {
            guard run.keeper?.hasEnded(stage) != true else { continue }
            let isLive = stage == .repositories
            let top = isLive ? StoreLayout.repositories : StoreLayout.quarantinedRepositories
            var tree = RepositoryTree(driver, below: top, after: run.keeper?.last(of: stage))
            try await forEachBetweenCheckpoints(stage, of: run, renewing: renew, name: \.name) {
                try await tree.next()
            } _: { found in
                // Made since the marking, by whatever makes such names: it is left alone.
                guard let repository = RepositoryName(found.name) else { return }
                let path = StoreLayout.repository(repository)
                if !isLive, try await !RepositoryTree.parts(of: path, in: driver).isEmpty { return }
                try await RepositorySweep(run: run, repository: repository, takesUnmarked: isLive).sweep()
            }
        }
    }

    private func sweepBlobs(_ run: CollectionRun, _ renew: () async throws -> Void) async throws {
        let folders = try await blobFolders()
        var rest = folders[...]
        if let last = run.keeper?.last(of: .blobs) { rest = rest.drop { $0 <= last } }
        let done = folders.count - rest.count
        run.count {
            $0.blobFolders = folders.count
            $0.blobFoldersSwept = done
        }
        let driver = driver
        try await forEachBetweenCheckpoints(.blobs, of: run, renewing: renew, name: \.self) {
            rest.popFirst()
        } _: { name in
            let marks = run.marks
            let shard = "blobs/\(name)"
            let old = try await QuarantineLedger.read(shard, from: driver)
            var seen = QuarantineLedger()
            let sweep = FolderSweep(
                run: run,
                subject: .blob,
                algorithm: .canonical,
                folder: StoreLayout.canonicalBlobs.appending(name),
                prefix: "",
                takesUnmarked: true,
                isMarked: { marks.contains($0) }
            )
            try await sweep.sweep(old, &seen)
            if !run.options.isDryRun {
                _ = try await run.ifThereIsRoom { try await seen.write(shard, replacing: old, to: run.driver) }
            }
            run.count { $0.blobFoldersSwept += 1 }
            run.reportProgress()
        }
    }

    /// The folders of two digits, in their places and in quarantine.
    private func blobFolders() async throws -> [String] {
        var names: Set<String> = []
        let top = StoreLayout.canonicalBlobs
        for folder in [top, StoreLayout.quarantinePlace(of: top.appending(StoreLayout.dataName))] {
            var pages = FolderPages(driver, folder)
            while let page = try await pages.next() {
                names.formUnion(page.lazy.filter { $0.kind == .folder }.map { $0.name })
            }
        }
        return names.sorted()
    }

    /// Counts what is eligible, by a sweep that changes nothing and that nobody hears of.
    private func count(_ renew: () async throws -> Void) async throws {
        let rehearsal = CollectionRun(rehearsing: run)
        try await sweepBlobs(rehearsal, renew)
        let counted = rehearsal.summary
        run.report(
            .counted(
                markedBlobs: run.marks.blobCount,
                eligibleBlobs: options.grace == 0 ? counted.blobsRemoved : counted.blobsQuarantined,
                eligibleManifests: run.unkeptCount
            )
        )
    }
}
