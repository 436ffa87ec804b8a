internal import NIOCore

extension Registry {
    /// Removes the tags that a retention policy does not keep, while the store is served.
    ///
    /// No pull waits for it, and no push longer than for some hundred small reads. A tag is looked at once more right
    /// before it is removed: one that was set or pulled meanwhile stays. What is removed can be restored
    /// (``restore(_:)``), and was set then as it comes back. When anything of a repository's tags can't be
    /// read, the repository is left alone.
    ///
    /// The manifests stay, reachable by their digests, until a collection that removes untagged ones
    /// (``CollectionOptions/deletesUntagged``).
    ///
    /// When a tag was set is what the store says of its pointer (``StorageMetadata/modified``): a store that was copied
    /// without its files' times counts from the copy.
    ///
    /// - Parameters:
    ///   - rules: the rules, in their order.
    ///   - options: what is removed, and how carefully.
    ///   - listener: is told what happens, in order; it must not block.
    /// - Throws: ``RegistryError`` with `UNSUPPORTED` when nothing may be changed, unless it is a dry run;
    ///   ``StorageError`` when the repositories can't be listed; `CancellationError`. What was done until then is done.
    @concurrent public func retain(
        _ rules: [RetentionRule],
        _ options: RetentionOptions = RetentionOptions(),
        reporting listener: (@Sendable (RetentionEvent) -> Void)? = nil
    ) async throws -> RetentionSummary {
        var run = RetentionRun(self, rules, options, listener)
        guard !options.isDryRun else { return try await run.perform() }
        try requireDeletion()
        try await TagRemoval(self).bringBackAll()
        let summary = try await run.perform()
        if options.isNoted {
            try await driver.put(ByteBuffer(string: summary.json), at: StoreLayout.lastRetention)
        }
        return summary
    }

    /// When the last retention run in this store began, of those that were noted; `nil` when there was none.
    ///
    /// - Throws: ``StorageError``.
    public func lastRetention() async throws -> WallTime? {
        let content = try await StorageError.ifPresent {
            try await driver.content(at: StoreLayout.lastRetention, limit: 1 << 20)
        }
        guard let content, let summary = try? JSONValue(parsing: content) else { return nil }
        return summary.object?["started"]?.string.flatMap { WallTime(rfc3339: $0) }
    }
}

/// One walk over the repositories that rules name.
private struct RetentionRun {
    private let registry: Registry
    private let rules: [RetentionRule]
    private let options: RetentionOptions
    private let listener: (@Sendable (RetentionEvent) -> Void)?
    private let began: WallTime
    private var summary = RetentionSummary()
    /// How many tags are written down for their restoration at once, while pushes to the repository wait.
    private static let removalsAtOnce = 500

    init(
        _ registry: Registry,
        _ rules: [RetentionRule],
        _ options: RetentionOptions,
        _ listener: (@Sendable (RetentionEvent) -> Void)?
    ) {
        self.registry = registry
        self.rules = rules
        self.options = options
        self.listener = listener
        began = registry.shared.now()
        summary.isDryRun = options.isDryRun
        summary.started = began
    }

    mutating func perform() async throws -> RetentionSummary {
        var recording: PullRecording?
        if rules.contains(where: { $0.conditions.pulledWithin != nil }) {
            do {
                let (known, problem) = try await registry.storedPullRecording()
                recording = known
                if let problem { report(problem: problem) }
            } catch let error as StorageError {
                report(problem: "since when pulls are recorded can't be read: \(error)")
            }
        }
        var walk = RepositoryWalk(driver: registry.driver, after: nil)
        while let name = try await walk.next() {
            try Task.checkCancellation()
            guard options.scope(name), rules.contains(where: { $0.names(name) }) else { continue }
            summary.repositories += 1
            do {
                try await retain(name, recording)
            } catch let error as StorageError {
                summary.repositoriesLeft += 1
                report(problem: "\(name) is left alone: \(error)")
            }
            summary.ended = registry.shared.now()
            listener?(.progress(summary))
        }
        summary.ended = registry.shared.now()
        return summary
    }

    private mutating func report(problem: String) {
        summary.note(problem)
        listener?(.problem(problem))
    }

    // MARK: One repository

    private mutating func retain(_ name: RepositoryName, _ recording: PullRecording?) async throws {
        let (rules, began, protection) = (rules, began, options.protection)
        let immutability = registry.options.immutability
        func retention(_ recording: PullRecording?) -> RepositoryRetention {
            RepositoryRetention(rules, in: name, now: began, recording: recording) { tag in
                protection(name, tag) ?? immutability.reason(holding: tag, in: name)
            }
        }
        var decided = retention(recording)
        var record = PullRecord()
        if decided.asksForPulls, recording != nil {
            // Without the record nothing is removed by a condition that asks for it.
            if let stored = await storedPulls(in: name) { record = stored } else { decided = retention(nil) }
        }
        let pulls = PullHistory(stored: record, recorder: options.pulls, repository: name)
        if decided.needsRanking { try await rank(&decided, name) }
        let removals = try await decide(name, decided, pulls)
        try await remove(removals, from: name, pulls)
    }

    private mutating func storedPulls(in name: RepositoryName) async -> PullRecord? {
        do {
            if let record = try await registry.storedPulls(in: name) { return record }
            report(problem: "\(StoreLayout.pulls(in: name)) can't be understood")
        } catch {
            report(problem: "when \(name) was pulled can't be read: \(error)")
        }
        return nil
    }

    private func rank(_ retention: inout RepositoryRetention, _ name: RepositoryName) async throws {
        let driver = registry.driver
        try await forEachPage(of: name) { tags in
            let found = try await tags.mapConcurrently(atMost: 8) { tag in
                try await StorageError.ifPresent {
                    try await driver.metadata(at: StoreLayout.tagCurrentLink(tag, in: name))
                }
            }
            // A pointer that is shorter than the shortest digest is a broken one.
            for case (let tag, let link?) in zip(tags, found) where link.modified > 0 && link.size >= 71 {
                retention.rank(tag, set: link.modified)
            }
        }
        retention.endRanking()
    }

    /// Decides on every tag, and tells of those that stay.
    ///
    /// - Returns: those that are to go.
    private mutating func decide(
        _ name: RepositoryName,
        _ retention: RepositoryRetention,
        _ pulls: PullHistory
    ) async throws -> [RetentionDecision] {
        var removals: [RetentionDecision] = []
        var (tags, kept, withoutRule, later) = (0, 0, 0, 0)
        let (registry, listener, most) = (registry, listener, options.mostRemovals)
        try await forEachPage(of: name) { page in
            for use in try await page.mapConcurrently(atMost: 8, { try await registry.use(of: $0, in: name, pulls) }) {
                guard let use else { continue }
                let decision = retention.decide(use)
                tags += 1
                if decision.isKept {
                    kept += 1
                    if decision.basis == .noRule {
                        withoutRule += 1
                    } else {
                        listener?(.tag(.init(decision, in: name, .keep)))
                    }
                } else if removals.count < most {
                    removals.append(decision)
                } else {
                    later += 1
                }
            }
        }
        summary.tags += tags
        summary.tagsKept += kept
        summary.tagsWithoutRule += withoutRule
        if later > 0 { report(problem: "\(name): \(later) more tags are to go, and go in the next runs") }
        return removals
    }

    private mutating func remove(
        _ removals: [RetentionDecision],
        from name: RepositoryName,
        _ pulls: PullHistory
    ) async throws {
        guard !options.isDryRun else {
            summary.tagsRemoved += removals.count
            for decision in removals { listener?(.tag(.init(decision, in: name, .remove))) }
            return
        }
        for start in stride(from: 0, to: removals.count, by: Self.removalsAtOnce) {
            let some = removals[start..<min(start + Self.removalsAtOnce, removals.count)]
            try checkMayChange()
            try await registry.shared.repositories.withLock(name) { [registry] in
                try await registry.writeDown(some.map(\.use.tag), in: name)
            }
            for decision in some { try await remove(decision, from: name, pulls) }
        }
    }

    private func checkMayChange() throws {
        try Task.checkCancellation()
        guard !options.mayChange() else { return }
        throw RegistryError(.unsupported, message: "the registry has become read-only meanwhile")
    }

    private mutating func remove(
        _ decision: RetentionDecision,
        from name: RepositoryName,
        _ pulls: PullHistory
    ) async throws {
        let use = decision.use
        guard let digest = use.digest, let set = use.set else { return }
        try checkMayChange()
        let isGone = try await TagRemoval(registry).remove(
            use.tag,
            in: name,
            ifStill: .init(digest: digest, set: set),
            mayGo: { pulls.lastPull(of: use.tag, digest) == use.pulled }
        )
        if isGone {
            summary.tagsRemoved += 1
            listener?(.tag(.init(decision, in: name, .removed)))
        } else {
            summary.tagsLeft += 1
            listener?(.tag(.init(decision, in: name, .left, because: "it was set, pulled or deleted meanwhile")))
        }
    }

    /// Calls a body with the tags of a repository, page by page; with none where it has none.
    private func forEachPage(of name: RepositoryName, _ body: ([Tag]) async throws -> Void) async throws {
        var after: String?
        while let page = try await registry.tagPage(in: name, after: after, limit: 512) {
            try Task.checkCancellation()
            try await body(page.entries.compactMap { Tag($0.name) })
            guard page.hasMore, let last = page.entries.last?.name else { return }
            after = last
        }
    }
}

extension Registry {
    /// A tag as a policy sees it; `nil` when it is gone.
    fileprivate func use(of tag: Tag, in name: RepositoryName, _ pulls: PullHistory) async throws -> TagUse? {
        let path = StoreLayout.tagCurrentLink(tag, in: name)
        let digest = try await readLink(path)
        // After the pointer, so that a tag which is set now is at the worst taken for newer than it is.
        guard let metadata = try await StorageError.ifPresent({ try await driver.metadata(at: path) }) else {
            return nil
        }
        return TagUse(
            tag,
            digest: digest,
            set: metadata.modified > 0 ? metadata.modified : nil,
            pulled: pulls.lastPull(of: tag, digest)
        )
    }
}
