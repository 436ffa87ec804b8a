import Synchronization

/// What is to be kept: blobs, and in each repository links of layers and of manifests.
///
/// It is a set of fingerprints (``FingerprintTable``) in 256 parts, each behind a lock of its own, so that repositories
/// are marked in parallel and that only one part grows at a time.
final class MarkSet: Sendable {
    /// What is marked.
    enum Kind: UInt8, Hashable, Sendable {
        /// A blob, by its canonical digest, wherever it is linked.
        case blob
        /// A layer's link in a repository.
        case layer
        /// A manifest's link in a repository.
        case revision
        /// A manifest's link in a repository that a manifest which is to go names as its child.
        case awaited
    }

    /// A part of the set. A class, for a lock can't be an element of an array.
    private final class Part: Sendable {
        let table = Mutex(FingerprintTable())
    }

    /// How many parts there are.
    static let partCount = 256

    /// By what the marks are hashed.
    let hash: MarkHash

    private let parts: [Part] = (0..<partCount).map { _ in Part() }
    private let blobs: Atomic<Int>

    /// An empty set, with a key of its own.
    init() {
        hash = MarkHash()
        blobs = Atomic(0)
    }

    /// A set whose fingerprints are still to be restored.
    ///
    /// - Parameter blobs: how many of them are of blobs.
    init(restoring hash: MarkHash, blobs: Int) {
        self.hash = hash
        self.blobs = Atomic(blobs)
    }

    /// How many blobs are marked.
    var blobCount: Int { blobs.load(ordering: .relaxed) }

    /// The memory that the marks take, in bytes.
    var byteCount: Int { parts.reduce(0) { $0 + $1.table.withLock { $0.byteCount } } }

    /// Marks a blob.
    ///
    /// - Returns: whether it was not marked before.
    @discardableResult
    func insert(_ blob: Digest) -> Bool {
        let isNew = insert(hash.fingerprint(.blob, blob, ""))
        if isNew { blobs.wrappingAdd(1, ordering: .relaxed) }
        return isNew
    }

    /// Marks a link.
    @discardableResult
    func insert(_ kind: Kind, _ digest: Digest, in repository: String) -> Bool {
        insert(hash.fingerprint(kind, digest, repository))
    }

    func contains(_ blob: Digest) -> Bool { contains(hash.fingerprint(.blob, blob, "")) }

    func contains(_ kind: Kind, _ digest: Digest, in repository: String) -> Bool {
        contains(hash.fingerprint(kind, digest, repository))
    }

    // MARK: Fingerprints

    /// The fingerprints of one part, in no order.
    func fingerprints(inPart part: Int) -> [UInt64] { parts[part].table.withLock { $0.fingerprints } }

    /// Adds a fingerprint that a set with the same key had.
    func restore(_ fingerprint: UInt64) { _ = insert(fingerprint) }

    private func insert(_ fingerprint: UInt64) -> Bool {
        parts[Int(fingerprint >> 56)].table.withLock { $0.insert(fingerprint) }
    }

    private func contains(_ fingerprint: UInt64) -> Bool {
        parts[Int(fingerprint >> 56)].table.withLock { $0.contains(fingerprint) }
    }
}
