import Synchronization

/// Counting what the repositories of quotas hold, by walking through their links.
extension Registry {
    /// How much of each quota is used, as far as it was counted.
    public func quotaUsage(of rules: [QuotaRule]) -> [QuotaUsage] {
        rules.compactMap { rule in
            rule.bytes.map { limit in
                let used = shared.quotas.account(rule.repositories).ledger.withLock { $0.used }
                return QuotaUsage(rule: rule.name, used: used, limit: limit)
            }
        }
    }

    /// Counts what the repositories of quotas hold, so that it is known what other processes on the store have added
    /// and what collections took away. Requests go on meanwhile.
    ///
    /// It reads every link of these repositories; the length of a blob only where it isn't known yet.
    ///
    /// - Parameter rules: the quotas; all others are forgotten.
    /// - Throws: ``StorageError``; `CancellationError`. What was counted before stays then.
    @concurrent public func countQuotas(_ rules: [QuotaRule]) async throws {
        var accounts: [QuotaAccount] = []
        for rule in rules where rule.bytes != nil {
            let account = shared.quotas.account(rule.repositories)
            if !accounts.contains(where: { $0 === account }) { accounts.append(account) }
        }
        shared.quotas.keep(accounts)
        guard !accounts.isEmpty else { return }
        try await shared.quotas.counting.withLock(true) { try await count(accounts) }
    }

    /// Asks whoever keeps the quotas counted (``keepQuotasCounted(every:_:_:)``) to do so soon.
    public func wantQuotaCount() { shared.quotas.wantCount() }

    /// Counts quotas now, every so often, and when it is wanted, until the task is cancelled. To be called once for a
    /// registry and its copies.
    ///
    /// - Parameters:
    ///   - interval: the time between two counts; more where a count takes long, so that it takes no more than a
    ///     twentieth of the time.
    ///   - rules: the quotas of the moment.
    ///   - report: is told how each count ended, `nil` for well.
    @concurrent public func keepQuotasCounted(
        every interval: Duration,
        _ rules: @escaping @Sendable () -> [QuotaRule],
        _ report: @escaping @Sendable ((any Error)?) -> Void
    ) async {
        let clock = ContinuousClock()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                repeat { wantQuotaCount() } while (try? await clock.sleep(for: interval)) != nil
            }
            for await _ in shared.quotas.wanted {
                let began = clock.now
                do {
                    try await countQuotas(rules())
                    report(nil)
                } catch {
                    report(error)
                }
                // A pause, so that requests that want a count one after the other don't keep the store busy.
                let pause = max(.seconds(1), began.duration(to: clock.now) * 20)
                guard (try? await clock.sleep(for: pause)) != nil else { break }
            }
            group.cancelAll()
        }
    }

    /// Counts one account, unless somebody has since a moment; gives up after ``Options/quotaWait``.
    func count(_ account: QuotaAccount, since moment: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Whoever asks finds out by the ledger how it went.
                try? await shared.quotas.counting.withLock(true) {
                    if let last = account.ledger.withLock({ $0.lastCount }), last >= moment { return }
                    try await count([account])
                }
            }
            group.addTask { try? await Task.sleep(for: options.quotaWait) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Counts accounts in one walk. No other may count meanwhile.
    @concurrent private func count(_ accounts: [QuotaAccount]) async throws {
        let began = ContinuousClock.now
        let counts = accounts.map { QuotaCount($0) }
        for account in accounts { account.ledger.withLock { $0.beginCount() } }
        do {
            var tree = RepositoryTree(driver, below: StoreLayout.repositories)
            try await forEachConcurrently(atMost: 4) {
                try await tree.next()
            } _: { found in
                let concerned = counts.filter { $0.account.concerns(found.name) }
                guard !concerned.isEmpty else { return }
                for folder in [StoreLayout.layersFolder, StoreLayout.revisionsFolder] {
                    let links = "\(folder)/\(DigestAlgorithm.canonical.rawValue)"
                    try await count(linksIn: found.path.appending(links), for: concerned)
                }
            }
        } catch {
            for account in accounts { account.ledger.withLock { $0.abandonCount() } }
            throw error
        }
        for count in counts { count.finish(began: began) }
    }

    /// Counts what the links of a folder point to. Links by other algorithms stand beside a canonical one each.
    private func count(linksIn folder: StoragePath, for counts: [QuotaCount]) async throws {
        var pages = FolderPages(driver, folder, holding: StoreLayout.linkName)
        while let page = try await pages.next() {
            try Task.checkCancellation()
            let digests = page.compactMap { Digest("\(DigestAlgorithm.canonical.rawValue):\($0.name)") }
            let sizes = try await digests.mapConcurrently(atMost: 8) { digest -> Int64? in
                let key = SizeTable.fingerprint(digest)
                for count in counts {
                    if let size = count.knownSize(key) { return size }
                }
                let path = StoreLayout.blobData(digest)
                return try await StorageError.ifPresent { try await driver.metadata(at: path) }?.size
            }
            for (digest, size) in zip(digests, sizes) {
                guard let size else { continue }
                for count in counts { count.add(SizeTable.fingerprint(digest), size) }
            }
        }
    }
}

/// A count of an account under way.
private final class QuotaCount: Sendable {
    let account: QuotaAccount
    private let found = Mutex(SizeTable())

    init(_ account: QuotaAccount) { self.account = account }

    /// The length of a content, where it is known from this count or the one before: it never changes.
    func knownSize(_ key: UInt64) -> Int64? { found.withLock { $0[key] } ?? account.ledger.withLock { $0[key] } }

    func add(_ key: UInt64, _ size: Int64) { found.withLock { $0.insert(key, size: size) } }

    func finish(began: ContinuousClock.Instant) {
        let found = found.withLock { table in
            defer { table = SizeTable() }
            return table
        }
        account.ledger.withLock { $0.finishCount(found, began: began) }
    }
}
