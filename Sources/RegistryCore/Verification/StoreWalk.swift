/// Goes through the entries of a folder page by page, so that a large one is never held whole.
struct FolderPages {
    private let driver: any StorageDriver
    private let path: StoragePath
    private let pageSize: Int
    private var after: String?
    private var hasMore = true

    init(_ path: StoragePath, driver: any StorageDriver, pageSize: Int = 1000) {
        self.path = path
        self.driver = driver
        self.pageSize = pageSize
    }

    /// The next page; `nil` at the end, and where there is no such folder.
    ///
    /// - Throws: ``StorageError``.
    mutating func next() async throws -> [StorageListing.Entry]? {
        guard hasMore else { return nil }
        let page = try await StorageError.ifPresent { try await driver.list(path, after: after, limit: pageSize) }
        guard let page else {
            hasMore = false
            return nil
        }
        hasMore = page.hasMore && !page.entries.isEmpty
        after = page.entries.last?.name ?? after
        return page.entries.isEmpty ? nil : page.entries
    }
}

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
                var pages = FolderPages(path, driver: driver)
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

/// Works on what a producer gives, several at a time.
///
/// - Parameters:
///   - width: how many run at once at the most.
///   - executor: where they run; `nil` for the usual place.
///   - next: gives the next element; `nil` at the end. It is called by one task only.
///   - work: works on an element.
/// - Throws: what `next` and `work` throw; the others are cancelled then.
func forEachConcurrently<Element: Sendable>(
    atMost width: Int,
    on executor: (any TaskExecutor)?,
    next: () async throws -> Element?,
    _ work: @escaping @Sendable (Element) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var running = 0
        while let element = try await next() {
            try Task.checkCancellation()
            if running >= max(1, width) {
                try await group.next()
                running -= 1
            }
            group.addTask(executorPreference: executor) { try await work(element) }
            running += 1
        }
        try await group.waitForAll()
    }
}
