internal import Synchronization

/// A registry: repositories of manifests and blobs, on a storage driver.
///
/// It is the use cases of the [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md)
/// without a socket: pull (``blob(_:in:method:)``, ``manifest(_:in:)``), push (``beginUpload(in:)``, ``putManifest(_:declared:as:tags:in:)``),
/// mount, delete, list. An HTTP server, a test and a program call it alike.
///
/// **Concurrency.** A value is cheap to copy, and every method may run beside any other, in this process and, on a
/// shared store, in others.
///
/// **Order of writes.** Data, then links, then pointers, each durable before the next. So whatever was acknowledged
/// is durable, and a crash between two steps leaves nothing half that a reader can see: at the most a manifest is there
/// by its digest, whole, and not yet by the tag that it was pushed by.
///
/// **Errors.** Methods throw ``RegistryError`` for a refusal and ``StorageError`` when the store fails.
public struct Registry: Sendable {
    /// What a registry allows and how far it goes.
    public struct Options: Sendable {
        /// Whether manifests, tags and blobs can be deleted. The replaced server's default is that they can't.
        public var allowsDeletion = false
        /// Whether nothing at all may be changed.
        public var isReadOnly = false
        /// How manifests are checked.
        public var validation = ManifestValidation()
        /// How long a request waits for another one that writes to the same upload before it is told to come back.
        public var uploadWait: Duration = .seconds(5)

        /// How long the steps of a push may take, from when it looks for what it needs to when it is accepted, before it
        /// looks once more. A collection's grace period is at least twice as long. It is an upper bound of what a
        /// healthy store takes, and what makes a process safe that was stopped in the middle.
        public var lateAfter: Duration = .seconds(60)

        /// Which tags stay where they are; none by default.
        public var immutability: [ImmutabilityRule] = []
        /// How much repositories may hold; no limit by default.
        public var quotas: [QuotaRule] = []
        /// How old the count of what a quota's repositories hold may be when something is refused by it.
        public var quotaFreshness: Duration = .seconds(60)
        /// How long a request waits for such a count.
        public var quotaWait: Duration = .seconds(10)

        /// The defaults.
        public init() {}
    }

    /// Where bytes are kept.
    public var driver: any StorageDriver { settings.driver }
    /// What is allowed.
    public var options: Options { settings.options }
    /// Who calls; it is told to the event sink. See ``acting(as:)``.
    public let origin: RequestOrigin

    private let settings: Settings
    let shared: Shared

    /// One reference, since each request has a copy of the registry.
    private final class Settings: Sendable {
        let driver: any StorageDriver
        let options: Options

        init(_ driver: any StorageDriver, _ options: Options) {
            self.driver = driver
            self.options = options
        }
    }

    /// What the copies of a registry have in common.
    final class Shared: Sendable {
        /// One writer at a time for the manifests and tags of a repository.
        let repositories = KeyedLock<RepositoryName>()
        /// One writer at a time for an upload.
        let uploads = KeyedLock<UploadID>()
        let pieces = PieceSizes()
        let locations = BlobLocations()
        let manifests = ManifestCache()
        let quotas = QuotaBook()
        let serving = ServingNote()
        /// Tells deletions of one second from each other.
        let deletions = Atomic<UInt32>(0)
        let events: (any EventSink)?
        let hashing: (any TaskExecutor)?
        let uploadHashing: PairedHashing
        let spares: SpareUploads?
        let now: @Sendable () -> WallTime

        init(
            events: (any EventSink)?,
            hashing: (any TaskExecutor)?,
            spares: SpareUploads?,
            now: @escaping @Sendable () -> WallTime
        ) {
            self.events = events
            self.hashing = hashing
            uploadHashing = PairedHashing(on: hashing)
            self.spares = spares
            self.now = now
        }
    }

    /// Makes a registry.
    ///
    /// - Parameters:
    ///   - driver: where bytes are kept. It may hold a store already, this server's or the replaced one's.
    ///   - options: what is allowed.
    ///   - events: what wants to know of pulls, pushes and deletions.
    ///   - hashing: where uploads are hashed and large manifests are parsed; without one it is done in the caller's task, which is no place for it
    ///     when that task runs on an event loop.
    ///   - spares: keeps the folders of uploads for other uploads. Who gives one calls ``removeSpareUploads(unusedFor:)`` every
    ///     second or so, and with 0 at the end.
    ///   - now: the wall clock; tests inject their own.
    public init(
        driver: any StorageDriver,
        options: Options = Options(),
        events: (any EventSink)? = nil,
        hashing: (any TaskExecutor)? = nil,
        spares: SpareUploads? = nil,
        now: @escaping @Sendable () -> WallTime = WallTime.now
    ) {
        self.init(
            Settings(driver, options),
            Shared(events: events, hashing: hashing, spares: spares, now: now),
            RequestOrigin()
        )
    }

    private init(_ settings: Settings, _ shared: Shared, _ origin: consuming RequestOrigin) {
        self.settings = settings
        self.shared = shared
        self.origin = origin
    }

    /// The same registry, called by somebody in particular.
    public func acting(as origin: consuming RequestOrigin) -> Registry {
        Registry(settings, shared, origin)
    }

    /// The same registry with other options, for a server whose configuration changed. Both go on beside each other.
    public func with(options: Options) -> Registry {
        Registry(Settings(driver, options), shared, origin)
    }

    func record(
        _ action: RegistryEvent.Action,
        in repository: RepositoryName,
        digest: Digest? = nil,
        mediaType: MediaType? = nil,
        size: Int64? = nil,
        tag: Tag? = nil,
        mountedFrom: RepositoryName? = nil
    ) {
        guard let events = shared.events, events.isListening else { return }
        events.record(
            RegistryEvent(
                action,
                in: repository,
                digest: digest,
                mediaType: mediaType,
                size: size,
                tag: tag,
                mountedFrom: mountedFrom,
                origin: origin
            )
        )
    }

    func requireWritable() throws(RegistryError) {
        guard options.isReadOnly else { return }
        throw RegistryError(.unsupported, message: "the registry is in read-only mode")
    }

    func requireDeletion() throws(RegistryError) {
        try requireWritable()
        guard !options.allowsDeletion else { return }
        throw RegistryError(
            .unsupported,
            message: "deletion is not enabled in this registry (storage.delete.enabled)"
        )
    }
}
