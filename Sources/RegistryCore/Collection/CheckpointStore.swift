internal import NIOCore

/// Where checkpoints lie. What goes wrong here costs another marking and nothing else, so no run ends for it.
struct CheckpointStore: Sendable {
    /// What there is for a run to go on with.
    enum Finding: Sendable {
        case nothing
        /// It was removed: it can't be used, for a reason that the operator should know.
        case unusable(String)
        case checkpoint(CollectionCheckpoint, MarkSet)
    }

    /// How much is read or written at once, in bytes.
    private static let piece = 1 << 20
    /// Of the object that names the marks.
    private static let largestState = 16 << 20

    let driver: any StorageDriver

    // MARK: Reading

    /// Looks for a checkpoint, and removes one that can't be used by a run like this one.
    ///
    /// - Parameter renew: is called between pieces.
    /// - Throws: what `renew` throws.
    func find(
        for options: CollectionOptions,
        now: WallTime,
        renewing renew: () async throws -> Void
    ) async throws -> Finding {
        // One that goes through some repositories only leaves alone what is of all.
        guard !options.isScoped else { return .nothing }
        do {
            let page = try await StorageError.ifPresent {
                try await driver.list(StoreLayout.checkpoint, after: nil, limit: 1)
            }
            guard page?.entries.isEmpty == false else { return .nothing }
            let finding = try await read(for: options, now: now, renew)
            guard case .checkpoint(let checkpoint, _) = finding else {
                try await removeAll()
                return finding
            }
            await removeMarks(except: checkpoint.marks.id)
            return finding
        } catch let error as StorageError {
            return .unusable("it can't be read, or not be removed: \(error)")
        }
    }

    private func read(
        for options: CollectionOptions,
        now: WallTime,
        _ renew: () async throws -> Void
    ) async throws -> Finding {
        let content = try await StorageError.ifPresent(ignoring: [.notFound, .wrongKind, .tooLarge]) {
            try await driver.content(at: StoreLayout.checkpointState, limit: Self.largestState)
        }
        guard let terms = options.resumption, let content else { return .nothing }
        guard let checkpoint = CollectionCheckpoint(content) else {
            return .unusable("it is damaged, or another version's")
        }
        let age = now.seconds - checkpoint.began.seconds
        guard checkpoint.options == terms, age >= 0, age <= options.grace else { return .nothing }
        guard let marks = try await marks(of: checkpoint, renewing: renew) else {
            return .unusable("its marks are damaged")
        }
        return .checkpoint(checkpoint, marks)
    }

    /// The marks; `nil` when they are not what was written.
    func marks(
        of checkpoint: CollectionCheckpoint,
        renewing renew: () async throws -> Void
    ) async throws -> MarkSet? {
        let object = try await StorageError.ifPresent { try await driver.open(at: checkpoint.marks.path) }
        guard let object, object.size == Int64(checkpoint.marks.count) * 8 else { return nil }
        let marks = MarkSet(restoring: checkpoint.hash, blobs: checkpoint.marks.blobs)
        var hasher = ContentHasher(.canonical)
        while hasher.count < object.size {
            try await renew()
            var content = try await object.read(at: hasher.count, count: Self.piece)
            guard content.readableBytes > 0, content.readableBytes.isMultiple(of: 8) else { return nil }
            hasher.update(content)
            while let fingerprint = content.readInteger(endianness: .little, as: UInt64.self) {
                marks.restore(fingerprint)
            }
        }
        return hasher.digest() == checkpoint.marks.content ? marks : nil
    }

    // MARK: Writing

    /// Writes the marks down, under a name of their own. Nobody may mark meanwhile.
    ///
    /// - Parameter renew: is called between pieces.
    func write(_ marks: MarkSet, renewing renew: () async throws -> Void) async throws -> CollectionCheckpoint.Marks {
        let id = UploadID().description
        let writer = try await driver.writer(at: StoreLayout.growingMarks.appending(id), resuming: false)
        do {
            var hasher = ContentHasher(.canonical)
            var content = ByteBuffer()
            for part in 0..<MarkSet.partCount {
                for fingerprint in marks.fingerprints(inPart: part) {
                    content.writeInteger(fingerprint, endianness: .little)
                }
                guard content.readableBytes >= Self.piece || part == MarkSet.partCount - 1 else { continue }
                try await renew()
                hasher.update(content)
                try await writer.append(content)
                // A driver may still hold the bytes: the next ones go into another buffer.
                content = ByteBuffer()
            }
            let written = CollectionCheckpoint.Marks(
                id: id,
                count: Int(hasher.count / 8),
                blobs: marks.blobCount,
                content: hasher.digest()
            )
            try await writer.commit(to: written.path)
            return written
        } catch {
            try? await writer.cancel()
            throw error
        }
    }

    /// Writes the checkpoint, in one step. From then on it is this one.
    func put(_ checkpoint: CollectionCheckpoint) async throws {
        try await driver.put(checkpoint.content, at: StoreLayout.checkpointState)
    }

    // MARK: Removing

    /// Removes marks that the checkpoint names no more.
    func removeMarks(_ id: String) async {
        _ = try? await driver.delete(at: StoreLayout.checkpointMarks.appending(id))
    }

    /// Removes what runs that were killed have left beside the checkpoint.
    private func removeMarks(except id: String) async {
        _ = try? await driver.discardTree(at: StoreLayout.growingMarks)
        var pages = FolderPages(driver, StoreLayout.checkpointMarks)
        while let page = try? await pages.next() {
            for entry in page where entry.kind == .object && entry.name != id { await removeMarks(entry.name) }
        }
    }

    /// Removes the checkpoint, and the marks after it.
    ///
    /// - Throws: ``StorageError``.
    func removeAll() async throws {
        _ = try await StorageError.ifPresent { try await driver.delete(at: StoreLayout.checkpointState) }
        _ = try await StorageError.ifPresent { try await driver.deleteTree(at: StoreLayout.checkpoint) }
    }
}
