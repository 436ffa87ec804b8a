/// Something that was deleted and can be restored.
public struct Deletion: Sendable, Hashable {
    /// What was deleted.
    public enum Subject: Sendable, Hashable {
        /// A whole repository.
        case repository
        /// Tags, of one request or of one run of a retention policy.
        case tags([Tag])
        /// A manifest, with the tags that pointed to it.
        case manifest(Digest, tags: [Tag])
        /// A blob's part in the repository.
        case blob(Digest)
    }

    /// By what it is restored.
    public let id: String
    /// The repository that it was, or was part of.
    public let repository: RepositoryName
    /// When it was deleted.
    public let deleted: WallTime
    /// What it is.
    public let subject: Subject

    init(_ deleted: DeletedRepository) {
        id = deleted.id
        repository = deleted.name
        self.deleted = deleted.deleted
        subject = .repository
    }

    init(_ record: DeletionRecord) {
        id = record.id.description
        repository = record.repository
        deleted = record.id.time
        let tags = record.tags.map(\.tag)
        if let manifest = record.revisions.first?.name {
            subject = .manifest(manifest, tags: tags)
        } else if let blob = record.layers.first?.name {
            subject = .blob(blob)
        } else {
            subject = .tags(tags)
        }
    }

    /// What was deleted, as it is restored by name: `a/b`, `a/b:tag`, `a/b@sha256:…`; several names for several tags.
    public var names: [String] {
        switch subject {
        case .repository: [repository.description]
        case .tags(let tags): tags.map { "\(repository):\($0)" }
        case .manifest(let digest, _), .blob(let digest): ["\(repository)@\(digest)"]
        }
    }

    /// A line for each of ``names``: the identifier, when, what kind it is, the name, and the tags that a manifest had.
    public var lines: [String] {
        let (kind, tags): (String, [Tag]) =
            switch subject {
            case .repository: ("repository", [])
            case .tags: ("tag", [])
            case .manifest(_, let tags): ("manifest", tags)
            case .blob: ("blob", [])
            }
        return names.map { name in
            ([id, deleted.rfc3339, kind, name] + tags.map(\.description)).joined(separator: " ")
        }
    }
}

/// What is to be restored.
public enum RestorationTarget: Sendable, Hashable {
    /// A deletion by its identifier, or a whole repository by its name: some texts can be both, and the first is tried
    /// first.
    case identifierOrRepository(String)
    /// A tag, as it was when it was deleted last.
    case tag(Tag, in: RepositoryName)
    /// A manifest with its tags, or a blob, as it was when it was deleted last.
    case digest(Digest, in: RepositoryName)

    /// Reads an identifier, `a/b`, `a/b:tag` or `a/b@sha256:…`; `nil` when the text is none of them.
    public init?(_ text: String) {
        if let at = text.firstIndex(of: "@") {
            guard let name = RepositoryName(String(text[..<at])),
                let digest = Digest(String(text[text.index(after: at)...]))
            else { return nil }
            self = .digest(digest, in: name)
        } else if let colon = text.firstIndex(of: ":") {
            guard let name = RepositoryName(String(text[..<colon])),
                let tag = Tag(String(text[text.index(after: colon)...]))
            else { return nil }
            self = .tag(tag, in: name)
        } else {
            guard DeletionID(text) != nil || RepositoryName(text) != nil else { return nil }
            self = .identifierOrRepository(text)
        }
    }
}

/// What was restored.
public struct Restoration: Sendable, Hashable {
    /// The repository.
    public let repository: RepositoryName
    /// Whether the whole repository was restored.
    public internal(set) var isWhole = false
    /// Manifests that are there again.
    public internal(set) var manifests: [Digest] = []
    /// Tags that are there again.
    public internal(set) var tags: [Tag] = []
    /// Blobs that are part of the repository again.
    public internal(set) var blobs: [Digest] = []
    /// Tags that were pushed again since they were deleted, and stay as they are now.
    public internal(set) var kept: [Tag] = []
    /// What restored manifests refer to and the repository does not have: it was deleted by itself.
    public internal(set) var missing: [Digest] = []
    /// What can't be restored, since its content is gone.
    public internal(set) var gone: [Digest] = []

    init(_ repository: RepositoryName) { self.repository = repository }

    /// Whether all that was asked for is in its place, or something newer is.
    public var isComplete: Bool { gone.isEmpty && missing.isEmpty }

    /// What there is to say, a line for each thing.
    public var lines: [String] {
        var lines = isWhole ? ["restored \(repository)"] : []
        lines += (manifests + blobs).map { "restored \(repository)@\($0)" }
        lines += tags.map { "restored \(repository):\($0)" }
        lines += kept.map { "\(repository):\($0) was pushed again since then, and stays as it is" }
        lines += missing.map { "\(repository) has no \($0), to which that refers: restore or push it as well" }
        lines += gone.map { "the content of \(repository)@\($0) is gone: push it again" }
        return lines.isEmpty ? ["all of it is in its place"] : lines
    }
}
