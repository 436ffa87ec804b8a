/// Finds every folder below `repositories`, or below a copy of it, that has something of a repository in it.
///
/// Unlike ``RepositoryWalk`` it also finds what is no repository to a client: folders with links or uploads only, and
/// names that break the grammar. A folder comes before what is in it, and the folders in one are in the order of bytes, so
/// that a walk can go on after any of them.
struct RepositoryTree {
    /// A folder that has content of a repository.
    struct Found: Sendable {
        /// The path below the top, such as `a/b`.
        let name: String
        let path: StoragePath
        /// Which of the folders that make a repository it has, such as `_layers`.
        let parts: Set<String>
    }

    private struct Level {
        let path: StoragePath
        let name: String
        var pages: FolderPages
        var entries: ArraySlice<StorageListing.Entry> = []
    }

    private let driver: any StorageDriver
    private var levels: [Level]

    /// - Parameter last: the name after which the walk goes on, whether it is still there or not; `nil` to begin.
    init(_ driver: any StorageDriver, below top: StoragePath, after last: String? = nil) {
        self.driver = driver
        levels = []
        var (path, name) = (top, "")
        for component in last?.split(separator: "/") ?? [] {
            levels.append(Level(path: path, name: name, pages: FolderPages(driver, path, after: String(component))))
            path = path.appending(component)
            name = name.isEmpty ? String(component) : "\(name)/\(component)"
        }
        // What is in the last one comes after it.
        levels.append(Level(path: path, name: name, pages: FolderPages(driver, path)))
    }

    /// The next one; `nil` at the end.
    mutating func next() async throws -> Found? {
        while let depth = levels.indices.last {
            if levels[depth].entries.isEmpty {
                guard let page = try await levels[depth].pages.next() else {
                    levels.removeLast()
                    continue
                }
                levels[depth].entries = page[...]
            }
            guard let entry = levels[depth].entries.popFirst() else { continue }
            guard entry.kind == .folder, !entry.name.hasPrefix("_") else { continue }
            let path = levels[depth].path.appending(entry.name)
            let name = levels[depth].name.isEmpty ? entry.name : levels[depth].name + "/" + entry.name
            levels.append(Level(path: path, name: name, pages: FolderPages(driver, path)))
            let parts = try await Self.parts(of: path, in: driver)
            if !parts.isEmpty { return Found(name: name, path: path, parts: parts) }
        }
        return nil
    }

    /// What a folder has of a repository. Names with an underscore in front follow `^` in the order of bytes.
    static func parts(of path: StoragePath, in driver: any StorageDriver) async throws -> Set<String> {
        let page = try await StorageError.ifPresent(ignoring: [.notFound]) {
            try await driver.list(path, after: "^", limit: 32)
        }
        return Set(page?.entries.lazy.map(\.name).filter { $0.hasPrefix("_") } ?? [])
    }
}
