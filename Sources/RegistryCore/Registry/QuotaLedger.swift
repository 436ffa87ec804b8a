/// What the repositories of a quota hold, as far as this process knows.
///
/// It is filled by counts of the store, and in between by what this process links. What others link is seen by the next
/// count. What is taken away stays until then, so that this process never believes that there is more room than there
/// is by its own doing; and nothing is refused before a count that is fresh enough (``Question``).
///
/// A value without I/O; ``QuotaAccount`` shares it between tasks.
struct QuotaLedger: Sendable {
    /// What is asked of a ledger.
    struct Question {
        /// The content; `nil` while its digest isn't known.
        var key: UInt64?
        /// Its length.
        var bytes: Int64
        /// The quota.
        var limit: Int64
        /// When the request that wants to know began.
        var asked: ContinuousClock.Instant
        /// How old a count may be for a refusal, if this process has taken nothing away since it began.
        var freshness: Duration
    }

    /// What a ledger answers.
    enum Answer: Hashable {
        /// There is room, for so many bytes at the most.
        case room(Int64)
        /// There is none beside so many bytes.
        case full(used: Int64)
        /// There seems to be none, by a count that is too old to be trusted.
        case stale
        /// Nothing was counted yet.
        case uncounted
    }

    private var sizes = SizeTable()
    /// When the last count began that came to its end.
    private var counted: ContinuousClock.Instant?
    /// When something was taken away last.
    private var removed: ContinuousClock.Instant?
    /// What is being linked, by how many.
    private var pending: [UInt64: Int] = [:]
    /// What was linked since the count began that is under way; `nil` when none is.
    private var added: SizeTable?

    /// Until when nobody waits for the first count, since somebody has waited in vain.
    var impatientUntil: ContinuousClock.Instant?

    /// The bytes; `nil` before the first count.
    var used: Int64? { counted == nil ? nil : sizes.total }
    /// The memory that the ledger takes, in bytes.
    var byteCount: Int { sizes.byteCount + (added?.byteCount ?? 0) }
    /// When the last count began.
    var lastCount: ContinuousClock.Instant? { counted }

    /// The length of a content that is counted.
    subscript(key: UInt64) -> Int64? { sizes[key] }

    /// Whether there is room for some content.
    func answer(_ question: Question) -> Answer {
        // What is counted already takes nothing more.
        if let key = question.key, sizes[key] != nil { return .room(.max) }
        guard let counted else { return .uncounted }
        let room = max(0, question.limit - sizes.total)
        if question.bytes <= room { return .room(room) }
        let isFresh =
            counted >= question.asked
            || counted.duration(to: .now) <= question.freshness && (removed.map { $0 < counted } ?? true)
        return isFresh ? .full(used: sizes.total) : .stale
    }

    /// Takes the room for a content that is about to be linked, if there is any. ``settle(_:isLinked:)`` has to follow.
    mutating func reserve(_ question: Question) -> Answer {
        let answer = answer(question)
        if case .room = answer, let key = question.key { reserve(key, bytes: question.bytes) }
        return answer
    }

    /// Takes the room for a content whether there is any or not.
    mutating func reserve(_ key: UInt64, bytes: Int64) {
        sizes.insert(key, size: bytes)
        pending[key, default: 0] += 1
    }

    /// Says what became of a content for which room was taken.
    mutating func settle(_ key: UInt64, isLinked: Bool) {
        if let holders = pending[key], holders > 1 { pending[key] = holders - 1 } else { pending[key] = nil }
        if !isLinked { noteRemoval() }
        // A count that is under way has perhaps passed the place already. Where it is not linked the next count tells.
        if let size = sizes[key] { added?.insert(key, size: size) }
    }

    /// Notes that something was taken away, so that only a count which begins now knows how much is there.
    mutating func noteRemoval() { removed = .now }

    /// Begins a count; what is linked from now on is added to what it finds.
    mutating func beginCount() { added = SizeTable() }

    /// Ends a count that came to nothing.
    mutating func abandonCount() { added = nil }

    /// Ends a count.
    mutating func finishCount(_ found: SizeTable, began: ContinuousClock.Instant) {
        var found = found
        if let added { found.insert(added) }
        for key in pending.keys {
            if let size = sizes[key] { found.insert(key, size: size) }
        }
        sizes = found
        added = nil
        counted = began
    }
}
