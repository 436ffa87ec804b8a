/// The entries of a folder, page by page. A folder that is not there has none; every other error is thrown.
struct FolderPages {
    private static let pageSize = 512

    private let driver: any StorageDriver
    private let path: StoragePath
    private let holding: String?
    private var after: String?
    private var isAtEnd = false

    init(_ driver: any StorageDriver, _ path: StoragePath, holding: String? = nil) {
        self.driver = driver
        self.path = path
        self.holding = holding
    }

    /// The next page, which is not empty; `nil` at the end.
    mutating func next() async throws -> [StorageListing.Entry]? {
        guard !isAtEnd else { return nil }
        let page = try await StorageError.ifPresent(ignoring: [.notFound]) {
            try await driver.list(path, after: after, limit: Self.pageSize, holding: holding)
        }
        guard let page, let last = page.entries.last else {
            isAtEnd = true
            return nil
        }
        after = last.name
        isAtEnd = !page.hasMore
        return page.entries
    }
}

/// Works on what a producer gives, several at a time; ends with the first error.
///
/// - Parameters:
///   - width: how many are worked on at once at the most.
///   - next: gives the next one; `nil` at the end. It is called by one task.
func forEachConcurrently<Item: Sendable>(
    atMost width: Int,
    next: () async throws -> Item?,
    _ body: @escaping @Sendable (Item) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var running = 0
        while let item = try await next() {
            if running >= max(width, 1) {
                try await group.next()
                running -= 1
            }
            group.addTask { try await body(item) }
            running += 1
        }
        try await group.waitForAll()
    }
}
