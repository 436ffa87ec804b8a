import Synchronization

/// Notes in memory when manifests were pulled last, and keeps that in the store.
///
/// A pull is a `GET` of a manifest, by tag or by digest; a `HEAD` is none, since tools that look for news ask so about
/// everything. A pull by tag counts for that tag; one by digest for every tag that points to the digest.
///
/// Noting is a lookup in a table behind a lock, 130 ns, and the event as much; while ``isActive`` is `false` neither is
/// done. The table is bounded: when it is full a whole repository, or in the end everything, counts as pulled now. May be
/// used from any task.
public final class PullRecorder: EventSink {
    /// Pulls of the same thing within so many seconds are one.
    static let resolution: Int64 = 60
    /// How many entries are held at the most, and of how many repositories.
    static let mostEntries = 65_536
    static let mostRepositories = 16_384

    private struct State {
        /// What was noted since the last flush began.
        var fresh: [RepositoryName: PullRecord] = [:]
        var freshCount = 0
        /// What a flush has taken, until it is known to be in the store.
        var held: [RepositoryName: PullRecord] = [:]
        /// When everything counts as pulled, since there was no room to note what was.
        var everything: WallTime?
        var isFlushing = false
    }

    private let active: Atomic<Bool>
    private let state = Mutex(State())
    private let now: @Sendable () -> WallTime

    /// Makes a recorder.
    ///
    /// - Parameters:
    ///   - isActive: whether it notes anything.
    ///   - now: the wall clock; tests inject their own.
    public init(isActive: Bool = true, now: @escaping @Sendable () -> WallTime = WallTime.now) {
        active = Atomic(isActive)
        self.now = now
    }

    /// Whether pulls are noted.
    public var isActive: Bool {
        get { active.load(ordering: .relaxed) }
        set { active.store(newValue, ordering: .relaxed) }
    }

    /// Whether pulls are noted: without that no event is made for it.
    public var isListening: Bool { isActive }

    /// Notes a pull of a manifest.
    public func record(_ event: RegistryEvent) {
        guard isActive, event.action == .pull, event.origin.method != "HEAD" else { return }
        let key: PullRecord.Key
        if let tag = event.tag {
            key = .tag(tag)
        } else if let digest = event.digest, event.mediaType != .octetStream {
            key = .digest(digest)
        } else {
            return
        }
        let time = now()
        state.withLock { Self.note(key, in: event.repository, at: time, &$0) }
    }

    private static func note(_ key: PullRecord.Key, in name: RepositoryName, at time: WallTime, _ state: inout State) {
        let known = state.fresh[name]?.times[key]
        if let known, time.seconds - known.seconds < resolution { return }
        if known == nil {
            guard state.freshCount < mostEntries else {
                if state.fresh[name] != nil || state.fresh.count < mostRepositories {
                    state.fresh[name, default: PullRecord()].noteAll(at: time)
                } else {
                    state.everything = time
                }
                return
            }
            state.freshCount += 1
        }
        state.fresh[name, default: PullRecord()].note(key, at: time)
    }

    /// When a tag was pulled last, as far as it is noted here.
    func lastPull(of tag: Tag, _ digest: Digest?, in name: RepositoryName) -> WallTime? {
        state.withLock { state in
            [
                state.fresh[name]?.lastPull(of: tag, digest), state.held[name]?.lastPull(of: tag, digest),
                state.everything,
            ].compactMap { $0 }.max()
        }
    }

    // MARK: Flushing

    /// What is to be written, for one flush at a time; `nil` when another one runs.
    func beginFlush() -> (records: [(RepositoryName, PullRecord)], everything: WallTime?)? {
        state.withLock { state in
            guard !state.isFlushing else { return nil }
            state.isFlushing = true
            for (name, record) in state.fresh { state.held[name, default: PullRecord()].merge(record) }
            state.fresh = [:]
            state.freshCount = 0
            // A store that can't be written for long must not fill the memory.
            if state.held.count > Self.mostRepositories {
                state.held = [:]
                state.everything = now()
            } else if state.held.values.reduce(0, { $0 + $1.times.count }) > 2 * Self.mostEntries {
                for name in state.held.keys { state.held[name]?.forgetEntries() }
            }
            return (state.held.map { ($0.key, $0.value) }, state.everything)
        }
    }

    /// Lets go of what is known to be in the store.
    func confirm(_ name: RepositoryName) { state.withLock { $0.held[name] = nil } }

    /// Ends a flush.
    ///
    /// - Parameter everything: the time that has been written for everything.
    func endFlush(everything: WallTime?) {
        state.withLock { state in
            state.isFlushing = false
            if state.everything == everything { state.everything = nil }
        }
    }
}

/// Tells several sinks of each event, in order.
public struct CombinedSink: EventSink {
    private let sinks: [any EventSink]

    /// Combines sinks.
    public init(_ sinks: [any EventSink]) { self.sinks = sinks }

    /// Tells each of them.
    public func record(_ event: RegistryEvent) {
        for sink in sinks where sink.isListening { sink.record(event) }
    }

    /// Whether any of them does.
    public var isListening: Bool { sinks.contains { $0.isListening } }
}
