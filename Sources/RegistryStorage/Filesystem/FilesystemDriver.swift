public import NIOPosix
public import RegistryCore

/// Keeps a registry in a folder of the local file system, in the layout that the CNCF distribution server uses.
///
/// A ``StoragePath`` is the path below ``root`` as it is. Small objects are written to a temporary file beside their
/// place, `<name>.<uuid>.tmp`, which is synchronised and then renamed; folders are synchronised after each change of
/// their names. Files are made with mode 0666 and folders with 0777, less the process's umask.
///
/// A store that was there and is away, because its disk was unmounted or its folder moved, is `unavailable` until it
/// comes back: it is not taken for an empty one, and not begun anew.
///
/// Links that are read again and again are kept in memory, and inotify is asked before each answer whether anything on the
/// way to them has changed. That takes two descriptors, and a watch for each folder.
///
/// The driver starts no thread: each of its calls is one job on the pool that its owner hands it. Any number of
/// drivers, in this process and in others, may work on one folder.
///
/// The folder must lie on a file system where rename and link are atomic, and where making a folder durable covers
/// both sides of a rename into it; ext4, XFS, btrfs and NFS are such.
public final class FilesystemDriver: StorageDriver {
    /// How much of the folders' names is kept in memory, so that a page costs the page and not its folder.
    public struct ListingCacheLimits: Sendable {
        /// The most names in all; one takes its length and 5 bytes.
        public var names: Int
        /// The most folders.
        public var folders: Int
        /// The fewest names of a folder that is worth keeping; a smaller one is read again each time.
        public var smallest: Int

        /// Makes limits; 2 million names in 4,096 folders of 128 names or more, where nothing else is said.
        public init(names: Int = 2_000_000, folders: Int = 4_096, smallest: Int = 128) {
            self.names = names
            self.folders = folders
            self.smallest = smallest
        }
    }

    /// How many objects are appended to past the page cache at a time.
    public static var largeFilesAtOnce: Int { DirectWrites.Kind.growing.limit }

    /// `filesystem`.
    public var name: String { "filesystem" }

    /// The folder that holds the store. It is made with the first object.
    public var root: String { place.text.isEmpty ? "/" : place.text }

    let place: FilesystemRoot
    let blocking: BlockingCalls
    let appendingLarge: BlockingCalls
    let calls: any SystemCalls
    let unsettled = UnsettledFolders()
    let syncs = FolderSyncs()
    let earlySyncs: EarlySyncs
    let directWrites: DirectWrites
    let concurrentSteps: ConcurrentSteps
    let listings: ListingCache
    let presence: StorePresence
    let rememberedLinks: RememberedLinks
    let log: WriteAheadLog

    /// Makes a driver; it touches nothing yet.
    ///
    /// - Parameters:
    ///   - root: the folder's path.
    ///   - threadPool: where blocking calls run. It must be running; its size bounds the calls in flight.
    ///   - largeFiles: where objects are appended to instead that are written past the page cache; ``largeFilesAtOnce``
    ///     threads are enough. They should not have to wait for a processor as long as others may.
    ///   - logFlushes: where the write-ahead log is flushed instead; one thread is enough. It should not have to wait either,
    ///     nor for other work: all pushes of small objects wait for it.
    ///   - listingCache: how many names are kept in memory.
    ///   - writesDirectly: whether objects may be written past the page cache, where the disk is fast: those of more than 1 MiB
    ///     that grow, and those of 512 KiB and more that are put in order, or prepared.
    public convenience init(
        root: String,
        threadPool: NIOThreadPool,
        largeFiles: NIOThreadPool? = nil,
        logFlushes: NIOThreadPool? = nil,
        listingCache: ListingCacheLimits = ListingCacheLimits(),
        writesDirectly: Bool = true
    ) {
        self.init(
            root: root,
            threadPool: threadPool,
            largeFiles: largeFiles,
            logFlushes: logFlushes,
            listingCache: listingCache,
            writesDirectly: writesDirectly,
            calls: KernelCalls()
        )
    }

    /// Makes a driver that changes the disk through the given calls.
    ///
    /// - Parameters:
    ///   - logSegment: bytes of each half of the write-ahead log.
    ///   - logRecord: the most bytes that are put by one of its records.
    ///   - run: which run of the system this is; `nil` where it can't be known.
    package init(
        root: String,
        threadPool: NIOThreadPool,
        largeFiles: NIOThreadPool? = nil,
        logFlushes: NIOThreadPool? = nil,
        listingCache: ListingCacheLimits = ListingCacheLimits(),
        writesDirectly: Bool = true,
        logSegment: Int = WriteAheadLog.Limits().segment,
        logRecord: Int = WriteAheadLog.Limits().record,
        run: SystemRun? = .current(),
        calls: any SystemCalls
    ) {
        place = FilesystemRoot(root)
        presence = StorePresence(place)
        rememberedLinks = RememberedLinks(place)
        blocking = BlockingCalls(threads: threadPool)
        appendingLarge = BlockingCalls(threads: largeFiles ?? threadPool)
        self.calls = calls
        concurrentSteps = ConcurrentSteps(threads: threadPool)
        directWrites = DirectWrites(isOn: writesDirectly)
        earlySyncs = EarlySyncs(calls: calls, threads: threadPool)
        listings = ListingCache(limits: listingCache)
        log = WriteAheadLog(
            place: place,
            limits: WriteAheadLog.Limits(segment: logSegment, record: logRecord),
            changes: FolderChanges(calls: calls, unsettled: unsettled, syncs: syncs, presence: presence),
            threads: threadPool,
            flushing: logFlushes ?? threadPool,
            run: run
        )
    }

    /// Gives back the memory that is kept for the next large objects, up to 12 MiB: when nothing has been written for a while.
    public func releaseSpareMemory() { directWrites.releaseSpares() }

    /// How many calls wait for a folder's next synchronisation; for tests.
    package func waitingCount(forFolder path: String) -> Int { syncs.waitingCount(for: path) }
}
