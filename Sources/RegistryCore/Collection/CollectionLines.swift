/// The lines that the replaced server's `garbage-collect` prints, from the events of a collection. Scripts read them.
///
/// For the replaced server's order the options need ``CollectionOptions/countsFirst``, and a concurrency of 1 keeps the
/// lines of repositories together.
public struct CollectionLines: Sendable {
    /// Whose lines.
    public enum Style: Sendable, Hashable {
        /// Version 2: a manifest is named by its digest, and links to layers are not told.
        case version2
        /// Version 3: a manifest is named by its repository, its digest and its tags, of which it has none.
        case version3
    }

    private let style: Style

    /// Makes a formatter.
    public init(_ style: Style = .version3) { self.style = style }

    /// What is told of an event beside the replaced server's lines, to the operator rather than to scripts; `nil` when
    /// nothing is.
    public func note(for event: CollectionEvent) -> String? {
        switch event {
        case .problem(let text): "problem: \(text)"
        case .served(let name, let grace): "\(name) serves this store; unreferenced content is kept for \(grace) s"
        case .resumed(let time): "going on with the collection that began at \(time.rfc3339) and did not end"
        default: nil
        }
    }

    /// The lines of an event, without a newline at the end; `nil` when the replaced server says nothing of it.
    public func lines(for event: CollectionEvent) -> String? {
        switch event {
        case .repository(let name): name.description
        // The space at the end is the replaced server's.
        case .markedManifest(let digest, let name): "\(name): marking manifest \(digest) "
        case .markedBlob(let digest, let name): "\(name): marking blob \(digest)"
        case .eligibleManifest(let digest, let name):
            switch style {
            case .version2: "manifest eligible for deletion: \(digest)"
            case .version3: "manifest eligible for deletion: {\(name) \(digest) []}"
            }
        case .counted(let marked, let blobs, let manifests):
            "\n\(marked) blobs marked, \(blobs) blobs and \(manifests) manifests eligible for deletion"
        case .eligibleBlob(let digest, _): "blob eligible for deletion: \(digest)"
        case .eligibleLayer(let digest, let name):
            style == .version3 ? "\(name): layer link eligible for deletion: \(digest)" : nil
        case .phase, .resumed, .served, .eligibleUpload, .progress, .problem: nil
        }
    }
}
