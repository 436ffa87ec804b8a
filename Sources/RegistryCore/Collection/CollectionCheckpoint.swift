internal import NIOCore

/// How far a collection is: all before that is done.
struct CollectionPosition: Sendable, Hashable {
    /// What is gone through, in order.
    enum Stage: String, Sendable, Hashable, CaseIterable, Comparable {
        /// Repositories in their places are marked.
        case marking
        /// Repositories in their places are swept.
        case repositories
        /// Repositories of which nothing but what is in quarantine is left are swept.
        case heldRepositories
        /// Folders of blobs are swept.
        case blobs

        static func < (left: Stage, right: Stage) -> Bool {
            guard let first = allCases.firstIndex(of: left), let second = allCases.firstIndex(of: right) else {
                return false
            }
            return first < second
        }
    }

    var stage: Stage
    /// The last name that is done: a repository's, or a folder's of blobs; `nil` at the stage's beginning.
    var after: String?
}

/// What a collection writes down of itself, so that another process goes on where it was when it is killed.
///
/// The marks lie in an object of their own, which is written before: a checkpoint that is there names marks that are.
struct CollectionCheckpoint: Sendable {
    /// To be raised when another program would take what is written for something else: when what is marked changes, or
    /// how it is hashed, or in which order repositories are gone through.
    private static let version: Int64 = 1

    /// The object that holds the marks: fingerprints of 8 bytes, little endian, in no order.
    struct Marks: Sendable, Hashable {
        /// Its name.
        let id: String
        /// How many there are.
        let count: Int
        /// How many of them are of blobs.
        let blobs: Int
        /// The SHA-256 of the object.
        let content: Digest

        var path: StoragePath { StoreLayout.checkpointMarks.appending(id) }
    }

    /// When marking began: all that is decided is decided by this moment.
    var began: WallTime
    /// With which options a run goes on with it (``CollectionOptions/resumption``).
    var options: String
    var position: CollectionPosition
    var summary: CollectionSummary
    /// How many manifests are not kept.
    var unkept: Int
    /// The repositories that were seen while they were deleted or restored.
    var moving: [RepositoryName]
    var hash: MarkHash
    var marks: Marks
}

extension CollectionCheckpoint {
    /// The checkpoint as it is written: a JSON object.
    var content: ByteBuffer {
        var buffer = ByteBuffer(string: #"{"version":\#(Self.version),"markCount":\#(marks.count)"#)
        buffer.writeString(#","markedBlobs":\#(marks.blobs),"unkept":\#(unkept)"#)
        var isFirst = false
        for (name, text) in [
            ("began", began.rfc3339), ("options", options), ("stage", position.stage.rawValue),
            ("after", position.after ?? ""), ("key", hash.text), ("marks", marks.id),
            ("marksDigest", marks.content.description),
        ] {
            buffer.writeJSONName(name, isFirst: &isFirst)
            buffer.writeJSONString(text)
        }
        buffer.writeJSONName("moving", isFirst: &isFirst)
        buffer.writeJSONStrings(moving.map(\.description))
        buffer.writeJSONName("summary", isFirst: &isFirst)
        summary.write(into: &buffer)
        buffer.writeString("}")
        return buffer
    }

    /// A checkpoint as it was written; `nil` when it is none, or another version's.
    init?(_ content: ByteBuffer) {
        guard let object = try? JSONValue(parsing: content).object, object["version"]?.integer == Self.version,
            let count = object["markCount"]?.integer, count >= 0, count < 1 << 40,
            let blobs = object["markedBlobs"]?.integer, blobs >= 0, blobs <= count,
            let unkept = object["unkept"]?.integer, unkept >= 0,
            let began = object["began"]?.string.flatMap({ WallTime(rfc3339: $0) }),
            let options = object["options"]?.string,
            let stage = object["stage"]?.string.flatMap({ CollectionPosition.Stage(rawValue: $0) }),
            let after = object["after"]?.string, Self.isPlace(after),
            let hash = object["key"]?.string.flatMap({ MarkHash($0) }),
            let id = object["marks"]?.string, StoragePath.isComponent(id),
            let digest = object["marksDigest"]?.string.flatMap({ Digest($0) }),
            let names = object["moving"]?.array?.map({ $0.string.flatMap { RepositoryName($0) } }),
            !names.contains(nil),
            let summary = object["summary"]?.object.flatMap({ CollectionSummary(counted: $0) })
        else { return nil }
        self.init(
            began: began,
            options: options,
            position: CollectionPosition(stage: stage, after: after.isEmpty ? nil : after),
            summary: summary,
            unkept: Int(unkept),
            moving: names.compactMap { $0 },
            hash: hash,
            marks: Marks(id: id, count: Int(count), blobs: Int(blobs), content: digest)
        )
    }

    /// Whether a walk can go on after a text.
    private static func isPlace(_ text: String) -> Bool {
        text.isEmpty || text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(StoragePath.isComponent)
    }
}

extension CollectionOptions {
    /// What two runs must have in common for one to go on with the other; `nil` when this one neither goes on with another
    /// nor can be gone on with.
    ///
    /// Without a grace period never: what the marks lack since they were made would be removed at once.
    var resumption: String? {
        guard !isDryRun, !isScoped, grace > 0 else { return nil }
        let age = uploadAge.map(String.init) ?? "none"
        return "grace \(grace), untagged \(deletesUntagged), blobs \(removesBlobs), uploads \(age), "
            + "empty \(removesEmptyRepositories)"
    }
}
