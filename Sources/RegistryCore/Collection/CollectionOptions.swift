/// What a collection removes, and how carefully.
public struct CollectionOptions: Sendable {
    /// How long what nothing refers to is kept, in seconds: from when a client was last told that it exists to when it
    /// is taken away, and again from then to when it is removed. During the second time whoever asks for it gets it
    /// back.
    ///
    /// 0 is for a store that nobody else uses: what nothing refers to is removed at once.
    public var grace: Int64 = 86_400

    /// Whether the grace period is 0 where no server says that it serves the store (``Registry/announceServer(_:named:)``), and
    /// nobody else uses it.
    ///
    /// A server that comes meanwhile takes no pushes until the collection has ended, which it does when it finds the server:
    /// within a second, and what it is at the moment. Where a store is full a server could not say that it is there, so that the
    /// grace period stays.
    public var removesAtOnceWhereUnserved = false

    /// Whether only to count: nothing is changed, and no other collection is kept from running.
    public var isDryRun = false

    /// Whether manifests go that no tag leads to: neither by itself, nor as a child, a subject or a referrer of one.
    public var deletesUntagged = false

    /// The age in seconds from which uploads that were not finished are removed; `nil` to leave them.
    public var uploadAge: Int64?

    /// Whether repositories that have nothing in them, and empty folders, are removed.
    public var removesEmptyRepositories = true

    /// How long a deleted repository can be restored, in seconds; at least the grace period.
    public var trashAge: Int64 = 604_800

    /// Whether blobs are removed; `false` to leave them, when only repositories in ``scope`` are to be cleaned.
    public var removesBlobs = true

    /// The repositories whose manifests, links and uploads are removed. All are marked in any case.
    public var scope: @Sendable (RepositoryName) -> Bool = { _ in true } { didSet { isScoped = true } }

    /// Whether a scope was set. Two scopes can't be compared.
    private(set) var isScoped = false

    /// Whether to mark once more at the end, and to bring back at once what a push has come to refer to meanwhile.
    ///
    /// Without it that happens when a client asks for it, or in the next run. It is needed where the replaced server
    /// serves the same store, which does not look into the quarantine.
    public var marksAgain = false

    /// Whether to count what is eligible before anything is removed, and to report that: the replaced server's order
    /// of lines. It lists every blob once more.
    public var countsFirst = false

    /// How many repositories, and later folders of blobs, are worked on at once.
    public var concurrency = 8

    /// Who collects, as others are told who find the store taken: a host's name and a process's number.
    public var holder = "registryd"

    /// How long a collector that gives no sign is waited for, in seconds.
    public var lease: Int64 = 300

    /// How often the marks and how far the run is are written down in the store, in seconds, so that the next run with the
    /// same options goes on there when this one is killed. They take 8 bytes for each blob that is kept and for each link
    /// to it, and at the most a twentieth of the run's time. 0 writes them after every repository and every folder of blobs.
    ///
    /// A run that is shorter writes nothing. Nor does a dry run, one without a grace period, or one with a ``scope``.
    public var checkpointEvery: Int64 = 60

    /// The defaults: a day of grace, nothing that is reachable by its digest.
    public init() {}
}

/// Why a collection did not begin or did not go on. Nothing that was reachable is lost.
public enum CollectionError: Error, Sendable, Hashable {
    /// Another collector is at work on the store, and has given a sign less than its lease ago.
    case busy(holder: String, until: WallTime)
    /// Another collector has taken over, since this one gave no sign for too long.
    case leaseLost
    /// Something could not be read while marking, so that what it refers to is unknown. Nothing was removed.
    case unreadable(path: String, reason: String)
    /// A server has begun to serve the store, which the collection took for one that nobody uses.
    case served(by: String)
    /// The grace period is shorter than a push may take.
    case graceTooShort(seconds: Int64, least: Int64)
}

extension CollectionError: CustomStringConvertible {
    /// What happened and what to do.
    public var description: String {
        switch self {
        case .busy(let holder, let until):
            "\(holder) is collecting; if it has died, the store is free at \(until.rfc3339)"
        case .leaseLost: "another collector has taken over, since this one gave no sign for too long"
        case .served(let server):
            "\(server) has begun to serve the store: the next collection goes on, and leaves the grace period to its clients"
        case .unreadable(let path, let reason):
            "nothing was removed, since \(path) can't be read, and with it what it refers to: \(reason)"
        case .graceTooShort(let seconds, let least):
            "a grace period of \(seconds) s is too short: a push may take \(least) s (0 is for a store that nobody uses)"
        }
    }
}
