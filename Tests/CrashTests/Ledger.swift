import ShellSupport

/// What one pusher was told, kept while servers come and go.
///
/// A request whose answer did not come leaves two possibilities; both are kept until the next look decides.
struct Ledger: Sendable {
    /// What may be found of a blob or a manifest.
    enum Fate: Sendable {
        /// The server said that it is there.
        case present
        /// The server said that it is gone.
        case absent
        /// The server died before it answered.
        case either
    }

    /// A blob of a repository.
    struct Place: Hashable, Sendable {
        let repository: String
        let digest: String
    }

    /// An image: its text, and the blobs that it refers to.
    struct Image: Sendable {
        let text: String
        let blobs: [String]
    }

    /// An upload that was not finished.
    struct Upload: Sendable {
        let content: Content
        let digest: String
        /// The last location that the server gave.
        var location: String
        /// How many bytes the server said that it has.
        var acknowledged: Int
        /// How many were sent.
        var sent: Int
        /// Whether the last request, which ends it, was sent.
        var isEnding = false
    }

    /// The contents of blobs by their digests.
    var contents: [String: Content] = [:]
    var blobs: [Place: Fate] = [:]
    var images: [String: Image] = [:]
    var manifests: [Place: Fate] = [:]
    /// What each tag may point to; `nil` in it is no tag.
    var tags: [String: Set<String?>] = [:]
    var uploads: [Upload] = []
    /// How many requests were answered with success.
    var acknowledgements = 0

    /// Blobs of a repository that are surely there.
    func presentBlobs(in repository: String) -> [String] {
        blobs.filter { $0.key.repository == repository && $0.value == .present }.map(\.key.digest).sorted()
    }

    /// Manifests of a repository that are surely there.
    func presentManifests(in repository: String) -> [String] {
        manifests.filter { $0.key.repository == repository && $0.value == .present }.map(\.key.digest).sorted()
    }

    /// Blobs that a manifest which may be there refers to: they must not be deleted.
    var neededBlobs: Set<String> {
        Set(manifests.filter { $0.value != .absent }.keys.flatMap { images[$0.digest]?.blobs ?? [] })
    }
}
