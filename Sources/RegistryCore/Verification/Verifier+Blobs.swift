extension Verifier {
    /// Calls a body for each place where a blob's bytes may lie, several at a time.
    ///
    /// - Parameters:
    ///   - body: is given the digest of the place and the path of the bytes, which need not be there.
    ///   - stranger: hears of names that are no digests, with what to say of them.
    /// - Throws: ``StorageError`` when a folder can't be listed; what `body` throws.
    func forEachBlob(
        _ body: @escaping @Sendable (Digest, StoragePath) async throws -> Void,
        stranger: (StoragePath, String) -> Void
    ) async throws {
        var places = BlobPlaces(driver: driver)
        try await forEachConcurrently(atMost: options.concurrency, on: registry.shared.hashing) {
            try await places.next(stranger)
        } _: { digest in
            try await body(digest, StoreLayout.blobData(digest))
        }
    }

    /// Reads all blobs: those in their places, and those that a collection has taken from there, which come back to who
    /// asks for them.
    func verifyBlobs() async throws {
        try await reading(StoreLayout.blobs) {
            try await forEachBlob { digest, path in
                do {
                    try await verifyBlob(digest, at: path)
                } catch let error as StorageError {
                    state.withLock { _ = $0.unreadable.insert(digest) }
                    add(.init(.unreadable, at: path, digest: digest, "\(error)"))
                }
            } stranger: { path, why in
                add(.init(.leftover, at: path, why))
            }
        }
    }

    /// Reads the blobs in quarantine. What is broken there must not come back to its place.
    func verifyHeldBlobs() async throws {
        let top = StoreLayout.quarantinePlace(of: StoreLayout.canonicalBlobs.appending(StoreLayout.dataName))
        try await reading(top) {
            var prefixes = FolderPages(driver, top, absences: [.notFound, .wrongKind])
            while let page = try await prefixes.next() {
                for prefix in page {
                    var folders = FolderPages(driver, top.appending(prefix.name), absences: [.notFound, .wrongKind])
                    while let entries = try await folders.next() {
                        _ = try await entries.mapConcurrently(atMost: options.concurrency) { entry in
                            guard let digest = Digest("\(DigestAlgorithm.canonical.rawValue):\(entry.name)") else {
                                return
                            }
                            try await verifyHeld(digest)
                        }
                    }
                }
            }
        }
    }

    private func verifyHeld(_ digest: Digest) async throws {
        let place = StoreLayout.quarantinePlace(of: StoreLayout.blobData(digest))
        var batches = FolderPages(driver, place, absences: [.notFound, .wrongKind])
        while let page = try await batches.next() {
            for batch in page where batch.kind == .object {
                let held = place.appending(batch.name)
                try await reading(held, digest: digest) {
                    let found = try await registry.examineBlob(digest, at: held) { bytes in
                        try await rate.take(bytes)
                        state.count { $0.bytes += Int64(bytes) }
                    }
                    if found != .missing { state.count { $0.blobs += 1 } }
                    guard case .broken(let size) = found else { return }
                    try await report(digest, brokenAt: held, size: size)
                }
            }
        }
    }

    /// Tells of a broken blob in quarantine: it would come back broken to who asks for it.
    private func report(_ digest: Digest, brokenAt held: StoragePath, size: Int64) async throws {
        // Where it is in its place as well, nobody gets the copy.
        let isCopy = try await driver.exists(at: StoreLayout.blobData(digest))
        if !isCopy { state.withLock { _ = $0.broken.insert(digest) } }
        let why = "its \(size) bytes, in quarantine, are not those of its digest"
        try await add(.init(isCopy ? .leftover : .brokenBlob, at: held, digest: digest, why)) {
            let damaged = StoreLayout.damagedBlobs(digest.algorithm).appending("\(digest.hex)/\(UploadID())")
            let moved: Void? = try await StorageError.ifPresent(ignoring: Quarantine.gone) {
                try await driver.move(from: held, to: damaged)
            }
            guard moved != nil else { return .repaired("it was brought back or removed meanwhile; verify it again") }
            state.withLock { _ = $0.broken.remove(digest) }
            return .repaired("its bytes were set aside as \(damaged)")
        }
    }

    private func verifyBlob(_ digest: Digest, at path: StoragePath) async throws {
        let found = try await registry.examineBlob(digest, at: path) { bytes in
            try await rate.take(bytes)
            state.count { $0.bytes += Int64(bytes) }
        }
        if found != .missing { state.count { $0.blobs += 1 } }
        guard case .broken(let size) = found else { return }
        state.withLock { _ = $0.broken.insert(digest) }
        let why = size == 0 ? "it has no bytes" : "its \(size) bytes are not those of its digest"
        try await add(.init(.brokenBlob, at: path, digest: digest, why)) {
            switch try await registry.setAsideIfBroken(digest) {
            case .moved(let place):
                state.withLock { _ = $0.broken.remove(digest) }
                return .repaired("its bytes were set aside as \(place); push it again to have it back")
            case .foundWhole:
                state.withLock { _ = $0.broken.remove(digest) }
                return .repaired("it was pushed again meanwhile")
            case .foundMissing:
                state.withLock { _ = $0.broken.remove(digest) }
                return .repaired("it was removed meanwhile")
            }
        }
    }

    /// Puts back what was set aside though it is whole: a repair that was killed between setting a blob aside and
    /// looking at what it had set aside.
    func putBackWholeBlobs() async throws {
        for algorithm in DigestAlgorithm.allCases {
            let folder = StoreLayout.damagedBlobs(algorithm)
            try await reading(folder) {
                var pages = FolderPages(driver, folder, absences: [.notFound, .wrongKind])
                while let page = try await pages.next() {
                    for entry in page {
                        guard let digest = Digest("\(algorithm.rawValue):\(entry.name)") else { continue }
                        try await putBack(digest, from: folder.appending(entry.name))
                    }
                }
            }
        }
    }

    private func putBack(_ digest: Digest, from folder: StoragePath) async throws {
        guard try await registry.blobSize(digest) == nil else { return }
        var pages = FolderPages(driver, folder, absences: [.notFound, .wrongKind])
        while let page = try await pages.next() {
            for entry in page {
                let place = folder.appending(entry.name)
                guard case .whole = try await registry.examineBlob(digest, at: place, reading: rate.take) else {
                    continue
                }
                let path = StoreLayout.blobData(digest)
                return try await add(.init(.leftover, at: place, digest: digest, "it is whole, and was set aside")) {
                    try await registry.move(place, to: path)
                    return .repaired("it was put back")
                }
            }
        }
    }
}

/// Goes through the places where blobs may lie, a page of a folder at a time.
private struct BlobPlaces {
    private let driver: any StorageDriver
    private var algorithms = DigestAlgorithm.allCases[...]
    private var algorithm = DigestAlgorithm.canonical
    private var prefixes: FolderPages?
    private var prefixNames: ArraySlice<StorageListing.Entry> = []
    private var folder = StoreLayout.blobs
    private var pages: FolderPages?
    private var names: ArraySlice<StorageListing.Entry> = []

    init(driver: any StorageDriver) { self.driver = driver }

    /// The next place; `nil` at the end.
    mutating func next(_ stranger: (StoragePath, String) -> Void) async throws -> Digest? {
        while true {
            if let entry = names.popFirst() {
                let path = folder.appending(entry.name)
                let digest = Digest("\(algorithm.rawValue):\(entry.name)")
                if let digest, StoreLayout.blobFolder(digest) == path { return digest }
                stranger(path, "it is not where a blob can lie")
            } else if let page = try await pages?.next() {
                names = page[...]
            } else if let entry = prefixNames.popFirst() {
                folder = StoreLayout.blobs.appending("\(algorithm.rawValue)/\(entry.name)")
                pages = FolderPages(driver, folder, absences: [.notFound, .wrongKind])
            } else if let page = try await prefixes?.next() {
                prefixNames = page[...]
            } else if let next = algorithms.popFirst() {
                algorithm = next
                prefixes = FolderPages(
                    driver,
                    StoreLayout.blobs.appending(next.rawValue),
                    absences: [.notFound, .wrongKind]
                )
            } else {
                return nil
            }
        }
    }
}
