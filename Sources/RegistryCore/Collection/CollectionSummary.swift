public import NIOCore

/// What a collection did, or in a dry run would do. Each number counts what was done when it was done.
public struct CollectionSummary: Sendable, Hashable {
    /// Where it stands.
    public var phase = CollectionPhase.marking
    /// Whether nothing was changed.
    public var isDryRun = false
    /// When it began.
    public var started = WallTime(seconds: 0)
    /// When it ended, or this summary was made.
    public var ended = WallTime(seconds: 0)

    /// Repositories that were marked.
    public var repositories = 0
    /// Repositories whose links were gone through after that; of ``repositories``.
    public var repositoriesSwept = 0
    /// Folders of blobs that were gone through.
    public var blobFoldersSwept = 0
    /// Folders of blobs that there are.
    public var blobFolders = 0
    /// Blobs that are kept since something refers to them.
    public var blobsMarked = 0
    /// Manifests that are kept.
    public var manifestsMarked = 0

    /// Blobs that were taken away: they come back when somebody asks for them in the grace period.
    public var blobsQuarantined = 0
    /// Their bytes.
    public var bytesQuarantined: Int64 = 0
    /// Blobs, manifests' links and layers' links that were brought back, since something has come to refer to them.
    public var restored = 0
    /// Blobs that were removed.
    public var blobsRemoved = 0
    /// Their bytes: what the store has become smaller by.
    public var bytesFreed: Int64 = 0

    /// Manifests that were taken away.
    public var manifestsQuarantined = 0
    /// Manifests that were removed.
    public var manifestsRemoved = 0
    /// Links to layers that were taken away.
    public var layersQuarantined = 0
    /// Links to layers that were removed.
    public var layersRemoved = 0
    /// Entries of the index of referrers whose manifests are gone.
    public var referrersRemoved = 0
    /// Entries of tags' histories whose manifests are gone.
    public var historyRemoved = 0
    /// Uploads that were removed.
    public var uploadsRemoved = 0
    /// Empty folders that were removed.
    public var foldersRemoved = 0
    /// Deleted repositories that can't be restored any more, since their time was over.
    public var trashRemoved = 0
    /// Deletions of tags, manifests and blobs that can't be undone any more, since their time was over.
    public var deletionsRemoved = 0

    /// How many things were not as they should be; the first hundred are in ``problems``.
    public var problemCount = 0
    /// What was not as it should be and was left as it is, in words.
    public var problems: [String] = []

    /// An empty summary.
    public init() {}

    mutating func note(_ problem: String) {
        problemCount += 1
        if problems.count < 100 { problems.append(problem) }
    }

    private var numbers: [(name: String, value: Int64)] {
        [
            ("repositories", Int64(repositories)), ("repositoriesSwept", Int64(repositoriesSwept)),
            ("blobFolders", Int64(blobFolders)), ("blobFoldersSwept", Int64(blobFoldersSwept)),
            ("blobsMarked", Int64(blobsMarked)), ("manifestsMarked", Int64(manifestsMarked)),
            ("blobsQuarantined", Int64(blobsQuarantined)), ("bytesQuarantined", bytesQuarantined),
            ("restored", Int64(restored)), ("blobsRemoved", Int64(blobsRemoved)), ("bytesFreed", bytesFreed),
            ("manifestsQuarantined", Int64(manifestsQuarantined)), ("manifestsRemoved", Int64(manifestsRemoved)),
            ("layersQuarantined", Int64(layersQuarantined)), ("layersRemoved", Int64(layersRemoved)),
            ("referrersRemoved", Int64(referrersRemoved)), ("historyRemoved", Int64(historyRemoved)),
            ("uploadsRemoved", Int64(uploadsRemoved)),
            ("foldersRemoved", Int64(foldersRemoved)), ("trashRemoved", Int64(trashRemoved)),
            ("deletionsRemoved", Int64(deletionsRemoved)), ("problemCount", Int64(problemCount)),
        ]
    }

    /// Writes the summary as a JSON object.
    public func write(into buffer: inout ByteBuffer) {
        buffer.writeJSONSummary(
            texts: [("phase", phase.rawValue), ("started", started.rfc3339), ("ended", ended.rfc3339)],
            isDryRun: isDryRun,
            numbers: numbers,
            problems: problems
        )
    }

    /// The summary as a JSON text.
    public var json: String {
        var buffer = ByteBuffer()
        write(into: &buffer)
        return String(buffer: buffer)
    }
}
