import Foundation

/// A folder's files and folders with their sizes, to see whether a request has written anything.
struct FolderListing: Equatable {
    private var entries: [String: Int] = [:]

    /// Lists what is in a folder, at any depth.
    init(_ folder: String) {
        guard let walk = FileManager.default.enumerator(atPath: folder) else { return }
        for case let path as String in walk {
            let isFolder = walk.fileAttributes?[.type] as? FileAttributeType == .typeDirectory
            entries[path] = isFolder ? -1 : (walk.fileAttributes?[.size] as? Int ?? 0)
        }
    }

    /// What is here and not there, or of another size, and the other way round.
    func changes(since before: FolderListing, countingUploads: Bool) -> [String] {
        Set(entries.keys).union(before.entries.keys).sorted().filter { path in
            (countingUploads || !path.contains("/_uploads/")) && entries[path] != before.entries[path]
        }
    }
}

/// A folder of its own for a registry, removed at the end.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bad-input-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}
