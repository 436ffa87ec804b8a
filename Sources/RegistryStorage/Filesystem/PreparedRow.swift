import RegistryCore

/// Small objects that lie in temporary files beside their places.
struct PreparedRow: PreparedObjects {
    let path: StoragePath
    let row: FileRow
    let written: [AtomicFile.Written]
    let driver: FilesystemDriver

    func publish(discarding tree: StoragePath?, orMovingTo target: StoragePath?) async throws(StorageError) {
        let abandoned = AbandonedTree(tree, orMovingTo: target, in: driver.place)
        try await driver.onStore(path, .writing) { [row, written, calls = driver.calls] () throws(StorageError) in
            try row.publish(written)
            abandoned?.discard(calls)
        }
    }

    func cancel() async {
        try? await driver.onStore(path, .writing) { [row, written] () throws(StorageError) in row.cancel(written) }
    }
}
