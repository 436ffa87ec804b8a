import Synchronization

/// A ledger that tasks share.
final class QuotaAccount: Sendable {
    /// The patterns of the repositories that it is about.
    let repositories: [RepositoryPattern]
    let ledger = Mutex(QuotaLedger())

    init(_ repositories: [RepositoryPattern]) { self.repositories = repositories }

    func concerns(_ repository: String) -> Bool { repositories.match(repository) }
}

/// The accounts of all quotas, and who counts them.
///
/// An account goes by the patterns of its rule and not by the name or the limit, so that a rule with another limit, after
/// the configuration was read again, need not be counted again.
final class QuotaBook: Sendable {
    private let accounts = Mutex<[[RepositoryPattern]: QuotaAccount]>([:])
    /// One count at a time: a second one would read the same.
    let counting = KeyedLock<Bool>()
    /// Says that a count is wanted; one at the most waits.
    let wanted: AsyncStream<Void>
    private let wanting: AsyncStream<Void>.Continuation

    init() { (wanted, wanting) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// Asks for a count of everything, soon.
    func wantCount() { wanting.yield() }

    func account(_ repositories: [RepositoryPattern]) -> QuotaAccount {
        accounts.withLock { accounts in
            if let account = accounts[repositories] { return account }
            let account = QuotaAccount(repositories)
            accounts[repositories] = account
            return account
        }
    }

    /// Forgets the accounts of rules that are no longer there.
    func keep(_ kept: [QuotaAccount]) {
        accounts.withLock { accounts in
            accounts = accounts.filter { entry in kept.contains { $0 === entry.value } }
        }
    }

    /// Notes that something was taken out of a repository, or of any.
    func noteRemoval(in repository: RepositoryName?) {
        let name = repository?.description
        let concerned = accounts.withLock { accounts in
            accounts.values.filter { account in name.map { account.concerns($0) } ?? true }
        }
        for account in concerned { account.ledger.withLock { $0.noteRemoval() } }
    }
}

/// Room that was taken in accounts for a content that is about to be linked. Whoever has one ends it.
final class QuotaCharge: Sendable {
    private let key: UInt64
    private let accounts: [QuotaAccount]
    private let isLinked = Atomic<Bool>(false)

    init(_ key: UInt64, _ accounts: [QuotaAccount]) {
        self.key = key
        self.accounts = accounts
    }

    /// The content is linked.
    func succeeded() { isLinked.store(true, ordering: .relaxed) }

    /// Nothing more comes.
    func end() {
        let isLinked = isLinked.load(ordering: .relaxed)
        for account in accounts { account.ledger.withLock { $0.settle(key, isLinked: isLinked) } }
    }
}
