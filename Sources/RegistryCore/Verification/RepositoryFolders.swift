/// Goes through all folders of repositories, those without a manifest too, depth first.
struct RepositoryFolders {
    private let driver: any StorageDriver
    /// Folders that are still to be looked into; each name is below that of all repositories.
    private var pending: [String] = [""]

    init(driver: any StorageDriver) { self.driver = driver }

    /// What was found next.
    enum Found: Sendable {
        /// A folder of a repository.
        case repository(RepositoryName)
        /// A folder that could not be listed.
        case unreadable(StoragePath, StorageError)
        /// A name that can be no repository's.
        case stranger(StoragePath)
    }

    /// The next folder that is a repository's, or could not be read; `nil` at the end.
    ///
    /// - Throws: `CancellationError`.
    mutating func next() async throws -> Found? {
        while let name = pending.popLast() {
            try Task.checkCancellation()
            let path = name.isEmpty ? StoreLayout.repositories : StoreLayout.repositories.appending(name)
            var isRepository = false
            do {
                var pages = FolderPages(driver, path, absences: [.notFound, .wrongKind])
                while let page = try await pages.next() {
                    for entry in page where entry.kind == .folder {
                        if entry.name.hasPrefix("_") {
                            isRepository = true
                        } else {
                            pending.append(name.isEmpty ? entry.name : "\(name)/\(entry.name)")
                        }
                    }
                }
            } catch let error as StorageError {
                return .unreadable(path, error)
            }
            guard isRepository, !name.isEmpty else { continue }
            guard let repository = RepositoryName(name) else { return .stranger(path) }
            return .repository(repository)
        }
        return nil
    }
}
