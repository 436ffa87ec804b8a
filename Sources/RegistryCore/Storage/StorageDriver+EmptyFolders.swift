extension StorageDriver {
    /// Removes the folders above a path in which nothing is left, from the lowest on up to one that stays.
    ///
    /// - Parameter top: the folder that stays.
    /// - Throws: what ``removeIfEmpty(_:)`` throws.
    func removeEmptyFolders(above path: StoragePath, below top: StoragePath) async throws(StorageError) {
        var folder = path.parent
        while let empty = folder, empty != top, try await removeIfEmpty(empty) { folder = empty.parent }
    }
}
