/// How a store is verified.
public struct VerificationOptions: Sendable {
    /// Whether what is broken is also mended, as far as the truth is known. Nothing is ever deleted that has bytes of a
    /// blob: broken ones are set aside.
    public var repairs = false
    /// How many objects are read at once; at least 1.
    public var concurrency = 8
    /// The most bytes of blobs to read per second, over all readers; `nil` for as fast as the store gives them.
    public var bytesPerSecond: Int64?
    /// The most findings that the report keeps in full; those beyond are counted only.
    public var findingLimit = 100_000

    /// Reads everything as fast as it can, and changes nothing.
    public init() {}
}

/// How far a verification is.
public struct VerificationProgress: Sendable, Hashable {
    /// What is being done.
    public enum Phase: String, Sendable, Hashable, CaseIterable {
        /// Blobs and repositories are counted, so that what comes can be measured.
        case counting
        /// Blobs are read.
        case blobs
        /// Links, manifests and tags of repositories are read.
        case repositories
        /// All is done.
        case done
    }

    /// What is being done.
    public var phase = Phase.counting
    /// Blobs that were read.
    public var blobs = 0
    /// Blobs that there were when they were counted; it grows while they are.
    public var blobsTotal = 0
    /// Bytes of blobs that were read.
    public var bytes: Int64 = 0
    /// Bytes of blobs that there were when they were counted.
    public var bytesTotal: Int64 = 0
    /// Repositories that were read.
    public var repositories = 0
    /// Repositories that there were when they were counted.
    public var repositoriesTotal = 0
    /// Links that were read.
    public var links = 0
    /// Manifests that were read.
    public var manifests = 0
    /// Tags that were read.
    public var tags = 0
    /// What was found so far.
    public var findings = 0

    /// The beginning.
    public init() {}
}
