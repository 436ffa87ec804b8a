public import NIOCore

/// What a collection did, or in a dry run would do. Each number counts what was done when it was done.
public struct CollectionSummary: Sendable, Hashable {
    /// Where it stands.
    public var phase = CollectionPhase.marking
    /// Whether nothing was changed.
    public var isDryRun = false
    /// When it began.
    public var started = WallTime(seconds: 0)
    /// When the run began that this one went on with, after that was killed; `nil` when it began by itself. The numbers
    /// are those of both.
    public var resumed: WallTime?
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

    /// A number of the summary.
    private enum Counter {
        case count(WritableKeyPath<CollectionSummary, Int>)
        case bytes(WritableKeyPath<CollectionSummary, Int64>)
    }

    private static var counters: [(name: String, counter: Counter)] {
        [
            ("repositories", .count(\.repositories)), ("repositoriesSwept", .count(\.repositoriesSwept)),
            ("blobFolders", .count(\.blobFolders)), ("blobFoldersSwept", .count(\.blobFoldersSwept)),
            ("blobsMarked", .count(\.blobsMarked)), ("manifestsMarked", .count(\.manifestsMarked)),
            ("blobsQuarantined", .count(\.blobsQuarantined)), ("bytesQuarantined", .bytes(\.bytesQuarantined)),
            ("restored", .count(\.restored)), ("blobsRemoved", .count(\.blobsRemoved)),
            ("bytesFreed", .bytes(\.bytesFreed)), ("manifestsQuarantined", .count(\.manifestsQuarantined)),
            ("manifestsRemoved", .count(\.manifestsRemoved)), ("layersQuarantined", .count(\.layersQuarantined)),
            ("layersRemoved", .count(\.layersRemoved)), ("referrersRemoved", .count(\.referrersRemoved)),
            ("historyRemoved", .count(\.historyRemoved)), ("uploadsRemoved", .count(\.uploadsRemoved)),
            ("foldersRemoved", .count(\.foldersRemoved)), ("trashRemoved", .count(\.trashRemoved)),
            ("deletionsRemoved", .count(\.deletionsRemoved)), ("problemCount", .count(\.problemCount)),
        ]
    }

    private var numbers: [(name: String, value: Int64)] {
        Self.counters.map { name, counter in
            switch counter {
            case .count(let path): (name, Int64(self[keyPath: path]))
            case .bytes(let path): (name, self[keyPath: path])
            }
        }
    }

    /// The numbers and problems of a summary that was written (``json``); all of it is that or nothing.
    init?(counted object: JSONObject) {
        self.init()
        for (name, counter) in Self.counters {
            guard let value = object[name]?.integer, value >= 0 else { return nil }
            switch counter {
            case .count(let path): self[keyPath: path] = Int(value)
            case .bytes(let path): self[keyPath: path] = value
            }
        }
        problems = object["problems"]?.array?.compactMap(\.string) ?? []
    }

    /// Writes the summary as a JSON object.
    public func write(into buffer: inout ByteBuffer) {
        buffer.writeJSONSummary(
            texts: [
                ("phase", phase.rawValue), ("started", started.rfc3339), ("resumed", resumed?.rfc3339),
                ("ended", ended.rfc3339),
            ],
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
