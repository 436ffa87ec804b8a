internal import NIOCore
import Synchronization

/// Quotas: ``QuotaRule`` in the way of a push. Where there is no rule each check is a look at an empty list.
///
/// Room is taken before a link is written, so that pushes at once in this process never exceed a quota. It is refused
/// only by a count of the store that is fresh: made since the request began, or not older than
/// ``Options/quotaFreshness`` when this process has taken nothing away since.
extension Registry {
    /// Takes the room that a content needs in each quota of a repository.
    ///
    /// - Parameters:
    ///   - canonical: the content.
    ///   - bytes: its length.
    ///   - repository: where it is about to be linked.
    ///   - isBlob: whether the limit of a single blob holds for it.
    /// - Returns: what has to be ended, whether the link was written or not; `nil` where there is no rule at all.
    /// - Throws: ``RegistryError`` with `DENIED` that names the rule; `UNAVAILABLE` when a rule can't be counted.
    func charge(
        _ canonical: Digest,
        bytes: Int64,
        to repository: RepositoryName,
        isBlob: Bool = false
    ) async throws -> QuotaCharge? {
        guard !options.quotas.isEmpty else { return nil }
        let rules = options.quotas.filter { $0.concerns(repository) }
        if isBlob, let rule = rules.first(where: { $0.refusesBlob(of: bytes) }) {
            throw rule.refusalOfBlob(in: repository)
        }
        let key = SizeTable.fingerprint(canonical)
        var taken: [QuotaAccount] = []
        do {
            for rule in rules {
                guard let limit = rule.bytes else { continue }
                let account = shared.quotas.account(rule.repositories)
                let question = question(key, bytes: bytes, limit: limit)
                let room = try await ask(rule, account, question, for: repository) { $0.reserve(question) }
                if room == nil { account.ledger.withLock { $0.reserve(key, bytes: bytes) } }
                taken.append(account)
            }
        } catch {
            QuotaCharge(key, taken).end()
            throw error
        }
        return QuotaCharge(key, taken)
    }

    /// Checks that an upload may begin: that no quota of the repository is used up.
    func requireRoom(forUploadIn repository: RepositoryName) async throws {
        guard !options.quotas.isEmpty else { return }
        let rules = options.quotas.filter { $0.concerns(repository) }
        _ = try await allowance(for: 1, of: nil, under: rules, in: repository)
    }

    /// A source that ends with a refusal as soon as the upload can't become a blob of the repository any more: before
    /// the first byte where the length is known.
    ///
    /// - Parameters:
    ///   - source: the bytes.
    ///   - taken: how many bytes the upload has already.
    ///   - digest: what the blob must hash to, where that is known.
    ///   - repository: the repository.
    func limited(
        _ source: ContentSource,
        after taken: Int64,
        expecting digest: Digest?,
        in repository: RepositoryName
    ) async throws -> ContentSource {
        guard !options.quotas.isEmpty else { return source }
        let rules = options.quotas.filter { $0.concerns(repository) }
        guard !rules.isEmpty else { return source }
        let (announced, isTooMuch) = taken.addingReportingOverflow(source.length ?? 0)
        let allowed = try await allowance(
            for: isTooMuch ? .max : announced,
            of: digest,
            under: rules,
            in: repository
        )
        let progress = UploadProgress(taken, allowed: allowed)
        return ContentSource(length: source.length) {
            guard let piece = try await source.next() else { return nil }
            if let total = progress.add(piece.readableBytes) {
                progress.allow(try await allowance(for: total, of: digest, under: rules, in: repository))
            }
            return piece
        }
    }

    /// Leaves an upload after an error. One that a rule refused is ended and what it took is dropped: it can't become
    /// a blob, and its client begins anew. Any other can go on.
    func leave(_ session: inout UploadSession, after error: any Error) async throws {
        if (error as? RegistryError)?.code == .denied {
            try await session.end()
        } else {
            try await session.suspend()
        }
    }

    /// Notes that something was taken out of a repository, or of any, so that room is not refused by an older count.
    func noteRemoval(in repository: RepositoryName? = nil) {
        shared.quotas.noteRemoval(in: repository)
        if repository == nil { shared.quotas.wantCount() }
    }

    // MARK: Asking

    /// How long a blob may become, as it is known now.
    ///
    /// - Throws: ``RegistryError`` when it may not even have `bytes`.
    private func allowance(
        for bytes: Int64,
        of digest: Digest?,
        under rules: [QuotaRule],
        in repository: RepositoryName
    ) async throws -> Int64 {
        var allowed = Int64.max
        let key = digest.flatMap { $0.algorithm == .canonical ? SizeTable.fingerprint($0) : nil }
        for rule in rules {
            if rule.refusesBlob(of: bytes) { throw rule.refusalOfBlob(in: repository) }
            allowed = min(allowed, rule.maximumBlob ?? .max)
            guard let limit = rule.bytes else { continue }
            let account = shared.quotas.account(rule.repositories)
            let question = question(key, bytes: bytes, limit: limit)
            let room = try await ask(rule, account, question, for: repository) { $0.answer(question) }
            allowed = min(allowed, room ?? .max)
        }
        return allowed
    }

    private func question(_ key: UInt64?, bytes: Int64, limit: Int64) -> QuotaLedger.Question {
        QuotaLedger.Question(
            key: key,
            bytes: bytes,
            limit: limit,
            asked: .now,
            freshness: options.quotaFreshness
        )
    }

    /// Asks a ledger, and once more after a count where the first answer isn't to be trusted.
    ///
    /// - Returns: the room; `nil` where nothing was ever counted and no count came to its end in time: then nothing is
    ///   refused.
    /// - Throws: ``RegistryError`` with `DENIED`; with `UNAVAILABLE` when there seems to be no room by an old count.
    private func ask(
        _ rule: QuotaRule,
        _ account: QuotaAccount,
        _ question: QuotaLedger.Question,
        for repository: RepositoryName,
        _ body: (inout QuotaLedger) -> QuotaLedger.Answer
    ) async throws -> Int64? {
        var (answer, isImpatient) = account.ledger.withLock { ledger in
            (body(&ledger), ledger.impatientUntil.map { question.asked < $0 } ?? false)
        }
        if answer == .stale || answer == .uncounted && !isImpatient {
            await count(account, since: question.asked)
            answer = account.ledger.withLock { body(&$0) }
        }
        switch answer {
        case .room(let room): return room
        case .full(let used): throw rule.refusal(of: question.bytes, beside: used, in: repository)
        case .stale:
            shared.quotas.wantCount()
            throw rule.uncounted
        case .uncounted:
            // A push has several requests; one of them waits, and none of the next minute.
            if !isImpatient { account.ledger.withLock { $0.impatientUntil = .now + .seconds(60) } }
            shared.quotas.wantCount()
            return nil
        }
    }
}

/// How many bytes of an upload came, and how many may.
private final class UploadProgress: Sendable {
    private let state: Mutex<(total: Int64, allowed: Int64)>

    init(_ taken: Int64, allowed: Int64) { state = Mutex((taken, allowed)) }

    /// Adds bytes.
    ///
    /// - Returns: how many there are when they are more than may be; `nil` while they are not.
    func add(_ count: Int) -> Int64? {
        state.withLock { state in
            state.total += Int64(count)
            return state.total > state.allowed ? state.total : nil
        }
    }

    func allow(_ bytes: Int64) { state.withLock { $0.allowed = bytes } }
}
