/// Walks the folders of repositories in the order of their names, byte by byte, from any name on.
///
/// The order of names is not that of a walk through folders: `a-b` comes before `a/b`, because `-` is less than `/`.
/// So a folder's content waits until the siblings that sort before it have been visited: those whose names go on with
/// a byte less than `/`.
struct RepositoryWalk {
    /// A folder in the middle of being listed.
    private struct Level {
        let path: StoragePath
        /// What the names of repositories in it begin with: empty, or `a/b/`.
        let prefix: String
        var entries: ArraySlice<String> = []
        /// The first pages of the first of these, which were read at once.
        var pages: ArraySlice<StorageListing?> = []
        var after: String?
        var hasMore = true
        /// Siblings that were passed and whose content is still to come, the next one last.
        var pending: [PassedFolder] = []
    }

    /// A folder that was looked into for what makes it a repository, with what was seen.
    private struct PassedFolder {
        let name: String
        /// Its first page, which need not be read again; `nil` when it was not looked into.
        var firstPage: StorageListing?
    }

    private static let pageSize = 256
    /// How many folders are looked into at once at the most. It grows to that, for a short page needs few.
    private static let largestBatch = 64

    private var batch = 8
    private let driver: any StorageDriver
    private let start: String?
    private var levels: [Level]

    /// - Parameter last: only names that sort after this text.
    init(driver: any StorageDriver, after last: String?) {
        self.driver = driver
        start = last.flatMap { $0.isEmpty ? nil : $0 }
        levels = []
        levels = [level(at: StoreLayout.repositories, prefix: "")]
    }

    /// The next name; `nil` at the end.
    ///
    /// - Throws: ``StorageError``.
    mutating func next() async throws -> RepositoryName? {
        while let depth = levels.indices.last {
            try await fill(depth)
            let entry = levels[depth].entries.first
            if let folder = levels[depth].pending.last, entry.map({ !Self.precedes($0, folder.name + "/") }) ?? true {
                levels[depth].pending.removeLast()
                descend(into: folder, of: levels[depth])
                continue
            }
            guard let entry else {
                levels.removeLast()
                continue
            }
            let name = levels[depth].prefix + entry
            guard start.map({ Self.precedes($0, name) }) ?? true else {
                levels[depth].entries.removeFirst()
                if reachesPastStart(name) { levels[depth].pending.append(PassedFolder(name: entry)) }
                continue
            }
            // One page tells both whether the folder is a repository and whether it has others in it.
            let path = levels[depth].path.appending(entry)
            let page = try await takeFirstPage(depth)
            if page.hasMore || page.entries.contains(where: Self.mayHoldRepositories) {
                levels[depth].pending.append(PassedFolder(name: entry, firstPage: page))
            }
            guard let repository = RepositoryName(name) else { continue }
            if try await isRepository(path, firstPage: page) { return repository }
        }
        return nil
    }

    /// Takes the level's next entry, which sorts after the start, as do those behind it.
    ///
    /// - Returns: its first page.
    private mutating func takeFirstPage(_ depth: Int) async throws -> StorageListing {
        if levels[depth].pages.isEmpty {
            let folders = levels[depth].entries.prefix(batch).map { levels[depth].path.appending($0) }
            levels[depth].pages = try await driver.firstPages(of: folders, limit: Self.pageSize)[...]
            batch = min(2 * batch, Self.largestBatch)
        }
        levels[depth].entries.removeFirst()
        return (levels[depth].pages.popFirst() ?? nil) ?? StorageListing(entries: [], hasMore: false)
    }

    private func isRepository(_ path: StoragePath, firstPage page: StorageListing) async throws -> Bool {
        if page.entries.contains(where: { $0.name == StoreLayout.manifestsFolder }) { return true }
        guard page.hasMore, let last = page.entries.last?.name, Self.precedes(last, StoreLayout.manifestsFolder) else {
            return false
        }
        return try await driver.exists(at: path.appending(StoreLayout.manifestsFolder))
    }

    private static func mayHoldRepositories(_ entry: StorageListing.Entry) -> Bool {
        entry.kind == .folder && !entry.name.hasPrefix("_")
    }

    private mutating func descend(into folder: PassedFolder, of parent: Level) {
        var below = level(at: parent.path.appending(folder.name), prefix: parent.prefix + folder.name + "/")
        if let page = folder.firstPage { take(page, into: &below) }
        levels.append(below)
    }

    /// A level that begins where the walk does. Of the folders that sort before the start, only those can hold names
    /// after it whose own name with a `/` is not passed yet: the beginnings of the start's next component.
    private func level(at path: StoragePath, prefix: String) -> Level {
        var level = Level(path: path, prefix: prefix)
        guard let start, start.utf8.starts(with: prefix.utf8) else { return level }
        let component = start.utf8.dropFirst(prefix.utf8.count).prefix { $0 != UInt8(ascii: "/") }
        level.after = String(decoding: component, as: UTF8.self)
        // What is longer than a name can be is no folder, and a file system may refuse to look for it.
        let longest = min(component.count, RepositoryName.maximumLength - prefix.utf8.count)
        for length in 1..<max(1, longest + 1) {
            let beginning = String(decoding: component.prefix(length), as: UTF8.self)
            guard StoragePath.isComponent(beginning), !beginning.hasPrefix("_") else { continue }
            if reachesPastStart(prefix + beginning) { level.pending.append(PassedFolder(name: beginning)) }
        }
        // The longest beginning sorts first among those, since what follows in the shorter ones is greater: `a-b/`
        // comes before `a/`. They were appended shortest first, and the last one is next.
        return level
    }

    /// Reads the level's next page when the one before is used up.
    private mutating func fill(_ depth: Int) async throws {
        while levels[depth].entries.isEmpty, levels[depth].hasMore {
            let page = try await page(of: levels[depth].path, after: levels[depth].after)
            take(page, into: &levels[depth])
        }
    }

    private func take(_ page: StorageListing, into level: inout Level) {
        level.hasMore = page.hasMore
        if let last = page.entries.last { level.after = last.name }
        level.entries = page.entries.filter(Self.mayHoldRepositories).map(\.name)[...]
    }

    /// A page of a folder; an empty one when it is gone.
    private func page(of path: StoragePath, after: String?) async throws -> StorageListing {
        try await StorageError.ifPresent { try await driver.list(path, after: after, limit: Self.pageSize) }
            ?? StorageListing(entries: [], hasMore: false)
    }

    /// Whether a folder can hold names that sort after the start.
    private func reachesPastStart(_ folder: String) -> Bool {
        guard let start else { return true }
        return Self.precedes(start, folder + "/") || start.utf8.starts(with: (folder + "/").utf8)
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
