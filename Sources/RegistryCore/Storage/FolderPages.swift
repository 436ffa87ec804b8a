/// The entries of a folder, page by page. A folder that is not there has none; every other error is thrown.
struct FolderPages {
    private static let pageSize = 512

    private let driver: any StorageDriver
    private let path: StoragePath
    private let holding: String?
    private let absences: [StorageError.Code]
    private var after: String?
    private var isAtEnd = false

    /// - Parameters:
    ///   - after: only names that sort after this one.
    ///   - absences: which errors mean that the folder is not there.
    init(
        _ driver: any StorageDriver,
        _ path: StoragePath,
        after: String? = nil,
        holding: String? = nil,
        absences: [StorageError.Code] = [.notFound]
    ) {
        self.driver = driver
        self.path = path
        self.after = after
        self.holding = holding
        self.absences = absences
    }

    /// The next page, which is not empty; `nil` at the end.
    mutating func next() async throws -> [StorageListing.Entry]? {
        guard !isAtEnd else { return nil }
        let page = try await StorageError.ifPresent(ignoring: absences) {
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
