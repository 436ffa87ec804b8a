internal import NIOCore

/// Removes uploads that nobody goes on with: the replaced server's upload purging.
///
/// As there, an upload is as old as its `startedat` says, and one without it is not touched while its data is recent.
/// Unlike there, one to which bytes were added within the age is kept: somebody is still at it.
struct UploadPurge: Sendable {
    let run: CollectionRun
    let repository: RepositoryName
    /// In seconds.
    let age: Int64

    private var driver: any StorageDriver { run.driver }

    func purge() async throws {
        let folder = StoreLayout.repository(repository).appending(StoreLayout.uploadsFolder)
        var pages = FolderPages(driver, folder)
        while let page = try await pages.next() {
            for entry in page where entry.kind == .folder {
                guard let id = UploadID(entry.name), try await isAbandoned(id) else { continue }
                run.report(.eligibleUpload(id, in: repository))
                guard !run.options.isDryRun else {
                    run.count { $0.uploadsRemoved += 1 }
                    continue
                }
                // Nobody in this process is writing to it; and whoever does elsewhere is told that it is unknown.
                let removed: Bool? = try await run.registry.shared.uploads.withLockIfFree(id) {
                    guard try await isAbandoned(id) else { return false }
                    try await run.registry.deleteTreeIfPresent(StoreLayout.upload(id, in: repository))
                    return true
                }
                if removed == true { run.count { $0.uploadsRemoved += 1 } }
            }
        }
    }

    private func isAbandoned(_ id: UploadID) async throws -> Bool {
        let limit = run.registry.shared.now().seconds - age
        let data = try await StorageError.ifPresent {
            try await driver.metadata(at: StoreLayout.uploadData(id, in: repository))
        }
        let written = (data?.modified ?? 0) / 1_000_000_000
        if written > limit { return false }
        let content = try await StorageError.ifPresent {
            try await driver.content(at: StoreLayout.uploadStart(id, in: repository), limit: 128)
        }
        if let started = content.flatMap({ WallTime(rfc3339: String(buffer: $0)) }) { return started.seconds < limit }
        // Without a beginning its age is that of its data, where the store knows it.
        return written > 0
    }
}
