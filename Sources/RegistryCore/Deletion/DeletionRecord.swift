internal import NIOCore

/// What a deletion took away: enough to bring it back, written down before anything goes.
///
/// It is one small object, whatever was deleted: links are a digest each, so they are kept as text rather than moved.
/// One record holds all tags that a run of a retention policy removes, so that thousands cost one durable write.
struct DeletionRecord: Sendable, Hashable {
    /// A tag that went.
    struct TagEntry: Sendable, Hashable {
        let tag: Tag
        /// What it pointed to.
        let digest: Digest
        /// What its history says that it pointed to, the present one included.
        var history: [Digest] = []
    }

    /// A link that is named by a digest.
    struct Link: Sendable, Hashable {
        let name: Digest
        /// The digest that it held.
        let target: Digest
    }

    /// A manifest's entry in the list of its subject.
    struct ReferrerEntry: Sendable, Hashable {
        let digest: Digest
        let subject: Digest
    }

    let id: DeletionID
    let repository: RepositoryName
    var tags: [TagEntry] = []
    /// Links of a manifest, the one that was asked for first; empty for tags and blobs.
    var revisions: [Link] = []
    /// When the link of the first of ``revisions`` was written, in nanoseconds, where the store knows. Two records that
    /// say the same are of one manifest whose first deletion was interrupted.
    var modified: Int64 = 0
    /// Whether a restoration has begun: its manifest may be there, and its tags not yet.
    var isBeingRestored = false
    var referrers: [ReferrerEntry] = []
    /// A blob's link.
    var layers: [Link] = []

    init(_ id: DeletionID, in repository: RepositoryName) {
        self.id = id
        self.repository = repository
    }

    /// Whether there is nothing to bring back.
    var isEmpty: Bool { tags.isEmpty && revisions.isEmpty && layers.isEmpty }

    /// Whether it brings a manifest back that is linked by a digest.
    func holds(revision digest: Digest) -> Bool { revisions.contains { $0.name == digest || $0.target == digest } }

    // MARK: Text

    private static let head = "registryd-deletion 1"

    /// The record as it is stored: a line for each thing.
    var content: ByteBuffer {
        var text = Self.head + "\n"
        for tag in tags {
            text += "tag \(tag.tag) \(tag.digest)\n"
            for digest in tag.history { text += "was \(digest)\n" }
        }
        for link in revisions { text += "revision \(link.name) \(link.target)\n" }
        if modified != 0 { text += "written \(modified)\n" }
        if isBeingRestored { text += "restoring yes\n" }
        for entry in referrers { text += "referrer \(entry.digest) \(entry.subject)\n" }
        for link in layers { text += "layer \(link.name) \(link.target)\n" }
        return ByteBuffer(string: text)
    }

    /// Reads a record; `nil` when it is none. Lines of later versions are passed over.
    init?(_ text: String, _ id: DeletionID, in repository: RepositoryName) {
        self.init(id, in: repository)
        var lines = text.split(separator: "\n")[...]
        guard lines.popFirst().map(String.init) == Self.head else { return nil }
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count > 1 else { return nil }
            if words[0] == "written" { modified = Int64(words[1]) ?? 0 }
            if words[0] == "restoring" { isBeingRestored = true }
            guard ["tag", "was", "revision", "referrer", "layer"].contains(words[0]) else { continue }
            guard let digest = Digest(String(words[words.count - 1])) else { return nil }
            if words[0] == "was" {
                guard let last = tags.indices.last else { return nil }
                tags[last].history.append(digest)
                continue
            }
            guard words.count == 3 else { return nil }
            if words[0] == "tag" {
                guard let tag = Tag(String(words[1])) else { return nil }
                tags.append(TagEntry(tag: tag, digest: digest))
                continue
            }
            guard let name = Digest(String(words[1])) else { return nil }
            switch words[0] {
            case "revision": revisions.append(Link(name: name, target: digest))
            case "referrer": referrers.append(ReferrerEntry(digest: name, subject: digest))
            default: layers.append(Link(name: name, target: digest))
            }
        }
    }
}

/// What a deletion is called: when it was, and what tells it from others of that second.
struct DeletionID: Sendable, Hashable, Comparable {
    let time: WallTime
    /// Deletions of one second by one process are in this order.
    let number: UInt32
    private let unique: UInt32

    init(_ time: WallTime, number: UInt32) {
        self.time = time
        self.number = number
        unique = .random(in: 0 ... .max)
    }

    /// Reads the name of a record; `nil` when it is none.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, text.utf8.count == 26, parts.allSatisfy({ $0.utf8.count == 8 }),
            let seconds = UInt32(parts[0], radix: 16), let number = UInt32(parts[1], radix: 16),
            let unique = UInt32(parts[2], radix: 16)
        else { return nil }
        time = WallTime(seconds: Int64(seconds))
        self.number = number
        self.unique = unique
        guard description == text else { return nil }
    }

    static func < (left: DeletionID, right: DeletionID) -> Bool {
        (left.time, left.number, left.unique) < (right.time, right.number, right.unique)
    }
}

extension DeletionID: CustomStringConvertible {
    /// The name of the record's object. As long as it is in 32 bits of seconds, names sort by time.
    var description: String {
        [UInt32(clamping: time.seconds), number, unique].map { value in
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 8 - digits.utf8.count) + digits
        }.joined(separator: "-")
    }
}
