import RegistryCore

/// Small objects that lie in temporary files beside their places.
struct PreparedRow: PreparedObjects {
    let path: StoragePath
    let row: FileRow
    let prepared: FileRow.Prepared
    let driver: FilesystemDriver

    func publish(discarding tree: StoragePath?, orMovingTo target: StoragePath?) async throws(StorageError) {
        let abandoned = AbandonedTree(tree, orMovingTo: target, in: driver.place)
        try await driver.changeStore(at: path, discarding: abandoned) {
            [row, prepared, threads = driver.blocking.threads] end in
            row.publish(prepared, on: threads, then: end)
        }
    }

    func cancel() async {
        try? await driver.onStore(path, .writing) { [row, prepared] () throws(StorageError) in row.cancel(prepared) }
    }
}
