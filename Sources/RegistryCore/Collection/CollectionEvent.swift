/// What a collection reports while it runs. Events of one repository come in order; those of several are mixed.
public enum CollectionEvent: Sendable {
    /// The collection has come to another of its parts.
    case phase(CollectionPhase)
    /// The collection goes on with one that was killed, and that began to mark at this time. What that one had done is not
    /// reported again.
    case resumed(since: WallTime)
    /// A server serves the store, so that what nothing refers to is kept for so many seconds.
    case served(by: String, grace: Int64)
    /// A repository is being marked.
    case repository(RepositoryName)
    /// A manifest is kept.
    case markedManifest(Digest, in: RepositoryName)
    /// A blob is kept, since a manifest of the repository refers to it. Manifests are told by the event before.
    case markedBlob(Digest, in: RepositoryName)
    /// A manifest is not kept.
    case eligibleManifest(Digest, in: RepositoryName)
    /// How much is kept and how much isn't; only with ``CollectionOptions/countsFirst``.
    case counted(markedBlobs: Int, eligibleBlobs: Int, eligibleManifests: Int)
    /// A blob is not kept: it is taken away now, or was, and is removed now.
    case eligibleBlob(Digest, bytes: Int64)
    /// A repository's link to a blob is not kept.
    case eligibleLayer(Digest, in: RepositoryName)
    /// An upload was abandoned.
    case eligibleUpload(UploadID, in: RepositoryName)
    /// How far the collection is; after each repository and each folder of blobs.
    case progress(CollectionSummary)
    /// Something is not as it should be, and was left as it is.
    case problem(String)
}

/// The parts of a collection, in order.
public enum CollectionPhase: String, Sendable, Hashable, CaseIterable {
    /// What is referred to is found out; nothing is changed.
    case marking
    /// Links and manifests of repositories are taken away or removed.
    case repositories
    /// Blobs are taken away or removed.
    case blobs
    /// What a push has come to refer to meanwhile is brought back.
    case markingAgain
    /// It has ended.
    case done
}
