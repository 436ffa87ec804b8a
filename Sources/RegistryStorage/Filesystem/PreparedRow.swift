import RegistryCore

/// Small objects that lie in temporary files beside their places.
struct PreparedRow: PreparedObjects {
    let path: StoragePath
    let row: FileRow
    let prepared: FileRow.Prepared
    let driver: FilesystemDriver

    func publish(discarding tree: StoragePath?, orMovingTo target: StoragePath?) async throws(StorageError) {
        let abandoned = AbandonedTree(tree, orMovingTo: target, in: driver.place)
        try await driver.onStore(path, .writing) { [row, prepared, calls = driver.calls] () throws(StorageError) in
            try row.publish(prepared)
            abandoned?.discard(calls)
        }
    }

    func cancel() async {
        try? await driver.onStore(path, .writing) { [row, prepared] () throws(StorageError) in row.cancel(prepared) }
    }
}
