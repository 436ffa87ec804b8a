import RegistryCore

/// Something that can be restored, as JSON.
struct DeletionReport: Codable {
    var id: String
    var repository: String
    var deleted: String
    /// What it is restored by: `a/b`, `a/b:tag`, `a/b@sha256:…`.
    var names: [String]
    /// `Deletion.lines`.
    var lines: [String]

    init(_ deletion: Deletion) {
        id = deletion.id
        repository = deletion.repository.description
        deleted = deletion.deleted.rfc3339
        names = deletion.names
        lines = deletion.lines
    }
}

/// What a request to restore says.
struct RestorationWish: Codable {
    /// As `RestorationTarget` reads it.
    var target: String
}

/// What was restored, as JSON.
struct RestorationReport: Codable {
    var repository: String
    /// Whether the whole repository was.
    var whole: Bool
    var manifests: [String]
    var tags: [String]
    var blobs: [String]
    /// Tags that were pushed again since, and stay.
    var kept: [String]
    /// What restored manifests refer to and the repository does not have.
    var missing: [String]
    /// What can't be restored, since its content is gone.
    var gone: [String]
    var complete: Bool
    /// `Restoration.lines`.
    var lines: [String]

    init(_ restoration: Restoration) {
        repository = restoration.repository.description
        whole = restoration.isWhole
        manifests = restoration.manifests.map(\.description)
        tags = restoration.tags.map(\.description)
        blobs = restoration.blobs.map(\.description)
        kept = restoration.kept.map(\.description)
        missing = restoration.missing.map(\.description)
        gone = restoration.gone.map(\.description)
        complete = restoration.isComplete
        lines = restoration.lines
    }
}
