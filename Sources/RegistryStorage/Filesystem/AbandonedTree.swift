import RegistryCore

/// A folder of which nothing is needed any more.
struct AbandonedTree: Sendable {
    private let folder: String
    private let place: String?

    /// - Parameter target: where it is moved instead of being removed.
    init?(_ tree: StoragePath?, orMovingTo target: StoragePath?, in root: FilesystemRoot) {
        guard let tree else { return nil }
        folder = root.absolute(tree)
        place = target.map { root.absolute($0) }
    }

    /// Moves or removes it, unless that can't be.
    func discard(_ calls: any SystemCalls) {
        if let place, (try? calls.renameFile(folder, to: place)) != nil { return }
        try? TreeRemoval(calls: calls).remove(folder)
    }
}
