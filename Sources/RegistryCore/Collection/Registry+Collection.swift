internal import NIOCore

extension Registry {
    /// Removes what nothing refers to, while the store is served: by this process, and by others of this program on
    /// the same store. No reader and no writer waits for it, and none is refused because it runs.
    ///
    /// What a client was told exists stays for the grace period from then; an accepted manifest keeps all that it
    /// refers to. The protocol and what is assumed: `Documentation/explanation/collection.md`.
    ///
    /// It can be cancelled, or killed, at any time; the next run goes on, and after a long one where that was
    /// (``CollectionOptions/checkpointEvery``). It runs in the caller's task and in children of
    /// it, which must not be an event loop's.
    ///
    /// Without a grace period it takes the store for one that no server serves. One that announces itself meanwhile
    /// (``announceServer(_:named:)``) takes no pushes until the collection, which finds it within a second, has ended.
    ///
    /// - Parameters:
    ///   - options: what is removed, and how carefully.
    ///   - listener: is told what happens, from any task; it must not block.
    /// - Throws: ``CollectionError``; ``StorageError``. What was done until then is done.
    @concurrent public func collect(
        _ options: CollectionOptions = CollectionOptions(),
        reporting listener: (@Sendable (CollectionEvent) -> Void)? = nil
    ) async throws -> CollectionSummary {
        let least = self.options.lateAfter.components.seconds
        guard options.grace == 0 || options.grace >= 2 * least else {
            throw CollectionError.graceTooShort(seconds: options.grace, least: 2 * least)
        }
        guard !options.isDryRun else {
            let servers = options.removesAtOnceWhereUnserved ? try await presentServers() : []
            let run = CollectionRun(self, options.applied(to: servers, canTell: true), listener: listener)
            run.tell(of: servers)
            try await GarbageCollection(run: run).perform(renewing: {})
            return run.summary
        }
        let wantsAlone = options.grace == 0 || options.removesAtOnceWhereUnserved
        var lease = try await CollectionLease(
            driver,
            holder: options.holder,
            seconds: options.lease,
            isAlone: wantsAlone,
            now: shared.now
        )
        do {
            let summary = try await collect(options, holding: &lease, wantsAlone: wantsAlone, listener)
            await lease.release()
            return summary
        } catch {
            await lease.release()
            throw error
        }
    }

    private func collect(
        _ options: CollectionOptions,
        holding lease: inout CollectionLease,
        wantsAlone: Bool,
        _ listener: (@Sendable (CollectionEvent) -> Void)?
    ) async throws -> CollectionSummary {
        // After the term is written: see ``ServingNote``.
        let servers = wantsAlone ? try await presentServers() : []
        let options = options.applied(to: servers, canTell: lease.isHeld)
        let isAlone = options.grace == 0 && servers.isEmpty
        if wantsAlone, !isAlone { try await lease.share(for: options.lease) }
        let run = try await collectionRun(options, listener, renewing: { try await lease.renewIfDue() })
        run.tell(of: servers)
        if !lease.isHeld {
            run.report(.problem("the store is full: other processes are not told that this one collects"))
        }
        if options.removesAtOnceWhereUnserved, !lease.isHeld, servers.isEmpty {
            run.report(
                .problem(
                    "the store is full, so that a server could not say that it serves it: unreferenced content is kept for "
                        + "\(options.grace) s; a grace period of 0 removes it at once where there is none"
                )
            )
        }
        do {
            if isAlone {
                try await performAlone(run, holding: lease)
            } else {
                try await GarbageCollection(run: run).perform(renewing: { try await lease.renewIfDue() })
            }
            await run.keeper?.remove(of: run)
        } catch {
            noteRemoval()
            run.report(.problem("ended early: \(error)"))
            try? await keep(run.summary)
            throw error
        }
        noteRemoval()
        let summary = run.summary
        let isKept: Void? = try await run.ifThereIsRoom { try await keep(summary) }
        if isKept == nil { run.report(.problem("the store is full: what this collection did is not written down")) }
        return isKept == nil ? run.summary : summary
    }

    /// How often one that takes the store for unserved looks for servers: as long as their first pushes may wait.
    private static let lookout = Duration.seconds(1)

    /// Performs a run until a server comes. The term is held until nothing of the run goes on.
    private func performAlone(_ run: CollectionRun, holding lease: CollectionLease) async throws {
        try await first {
            try await first {
                try await GarbageCollection(run: run).perform(renewing: { try Task.checkCancellation() })
            } or: {
                while true {
                    try await Task.sleep(for: Self.lookout)
                    if let server = try await presentServers().first { throw CollectionError.served(by: server.name) }
                }
            }
        } or: {
            var lease = lease
            while true {
                try await Task.sleep(for: Self.lookout)
                try await lease.renewIfDue()
            }
        }
    }

    /// Does two things until one of them ends, and cancels the other.
    private func first(
        _ body: @escaping @Sendable () async throws -> Void,
        or other: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask { try await other() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// A new run, or one that goes on with one that has not ended.
    private func collectionRun(
        _ options: CollectionOptions,
        _ listener: (@Sendable (CollectionEvent) -> Void)?,
        renewing renew: () async throws -> Void
    ) async throws -> CollectionRun {
        let checkpoints = CheckpointStore(driver: driver)
        let finding = try await checkpoints.find(for: options, now: shared.now(), renewing: renew)
        if case .checkpoint(let checkpoint, let marks) = finding {
            return CollectionRun(self, options, resuming: (checkpoint, marks), listener: listener)
        }
        let run = CollectionRun(self, options, listener: listener)
        if case .unusable(let reason) = finding {
            run.report(.problem("what a collection that was killed has written down is not used: \(reason)"))
        }
        return run
    }

    /// What the last collection in this store did, as JSON (``CollectionSummary/json``); `nil` when there was none. One
    /// that was killed has left the summary of the one before it.
    ///
    /// - Throws: ``StorageError``.
    public func lastCollection() async throws -> String? {
        let content = try await StorageError.ifPresent {
            try await driver.content(at: StoreLayout.lastCollection, limit: 1 << 20)
        }
        return content.map { String(buffer: $0) }
    }

    /// Removes uploads that were abandoned, as the replaced server's `uploadpurging` does.
    ///
    /// An upload to which bytes were added within the age is kept, however long ago it began.
    ///
    /// - Parameters:
    ///   - age: how old they must be, in seconds; the replaced server's default is 604,800, a week.
    ///   - isDryRun: whether only to count them.
    ///   - listener: is told of each (``CollectionEvent/eligibleUpload(_:in:)``).
    /// - Returns: how many there were.
    /// - Throws: ``StorageError``.
    @concurrent public func purgeUploads(
        olderThan age: Int64 = 604_800,
        isDryRun: Bool = false,
        reporting listener: (@Sendable (CollectionEvent) -> Void)? = nil
    ) async throws -> Int {
        var options = CollectionOptions()
        options.isDryRun = isDryRun
        let run = CollectionRun(self, options, listener: listener)
        var tree = RepositoryTree(driver, below: StoreLayout.repositories)
        try await forEachConcurrently(atMost: options.concurrency) {
            try await tree.next()
        } _: { found in
            guard found.parts.contains(StoreLayout.uploadsFolder), let repository = RepositoryName(found.name) else {
                return
            }
            try await UploadPurge(run: run, repository: repository, age: age).purge()
        }
        return run.summary.uploadsRemoved
    }

    private func keep(_ summary: CollectionSummary) async throws {
        try await driver.put(ByteBuffer(string: summary.json), at: StoreLayout.lastCollection)
    }

    // MARK: Whole repositories

    /// Deletes a repository with its tags, its manifests and its links. Uploads under way go on. Until the next
    /// collection after the grace period it can be restored.
    ///
    /// Not part of the specification; who may call it is the caller's to decide.
    ///
    /// - Returns: by what it can be restored.
    /// - Throws: ``RegistryError`` with `NAME_UNKNOWN`, `UNSUPPORTED`; ``StorageError``: a part may be deleted then, and
    ///   the call can be repeated.
    public func deleteRepository(_ name: RepositoryName) async throws -> DeletedRepository {
        try requireDeletion()
        return try await shared.repositories.withLock(name) {
            guard try await driver.exists(at: StoreLayout.repository(name).appending(StoreLayout.manifestsFolder))
            else { throw RegistryError(.nameUnknown, detail: .fields([.init("name", name.description)])) }
            let (id, time) = (UploadID().description, shared.now())
            _ = try await Trash(driver: driver).take(name, as: id, at: time)
            noteRemoval(in: name)
            record(.delete, in: name)
            return DeletedRepository(id: id, name: name, deleted: time)
        }
    }

    /// The repositories that were deleted and can be restored.
    ///
    /// - Throws: ``StorageError``.
    public func deletedRepositories() async throws -> [DeletedRepository] { try await Trash(driver: driver).contents() }

    /// Restores a deleted repository. A tag that was pushed again since then stays as it is now.
    ///
    /// - Returns: the repository; `nil` when it is not in the trash, or no longer.
    /// - Throws: ``RegistryError`` with `UNSUPPORTED`; ``StorageError``: the call can be repeated.
    @discardableResult
    public func restoreRepository(_ id: String) async throws -> RepositoryName? {
        try await requirePushable()
        let trash = Trash(driver: driver)
        guard let deleted = try await trash.record(id) else { return nil }
        return try await shared.repositories.withLock(deleted.name) {
            guard try await trash.restore(deleted, at: shared.now()) != nil else { return nil }
            shared.quotas.wantCount()
            return deleted.name
        }
    }
}

extension CollectionOptions {
    /// With the grace period that holds.
    ///
    /// - Parameter canTell: whether a server could have said that it is there.
    fileprivate func applied(to servers: [PresentServer], canTell: Bool) -> CollectionOptions {
        var options = self
        if removesAtOnceWhereUnserved, servers.isEmpty, canTell { options.grace = 0 }
        return options
    }
}

extension CollectionRun {
    fileprivate func tell(of servers: [PresentServer]) {
        for server in servers { report(.served(by: server.name, grace: options.grace)) }
    }
}

extension GarbageCollection {
    /// Removes deleted repositories whose time is over. What only they referred to goes in the run after.
    func removeOldTrash() async throws {
        let trash = Trash(driver: run.driver)
        let age = max(run.options.trashAge, run.options.grace)
        for deleted in try await trash.contents() where run.began.seconds - deleted.deleted.seconds > age {
            if try await run.ifThereIsRoom({ try await trash.remove(deleted) }) == true {
                run.count { $0.trashRemoved += 1 }
            }
        }
    }
}
