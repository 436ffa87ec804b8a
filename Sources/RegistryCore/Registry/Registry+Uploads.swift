internal import NIOCore

/// Where an upload stands.
public struct UploadStatus: Sendable, Hashable {
    /// The upload.
    public let id: UploadID
    /// How many bytes were taken so far.
    public let size: Int64
    /// When the upload began.
    public let started: WallTime
}

extension Registry {
    /// Begins an upload (end-4a of the [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints)).
    ///
    /// A crash of the machine may take it away as long as it has no bytes.
    ///
    /// - Throws: ``RegistryError`` with `UNSUPPORTED`, `DENIED` when a rule leaves no room; ``StorageError``.
    public func beginUpload(in repository: RepositoryName) async throws -> UploadStatus {
        try await requirePushable()
        try await requireRoom(forUploadIn: repository)
        if let spare = shared.spares?.take(in: repository),
            try await driver.exists(at: StoreLayout.uploadStart(spare.id, in: repository))
        {
            shared.spares?.begin(spare.id)
            return UploadStatus(id: spare.id, size: 0, started: spare.started)
        }
        let (id, started) = (UploadID(), shared.now())
        try await UploadSession.register(id, started: started, in: repository, with: driver)
        shared.spares?.begin(id)
        return UploadStatus(id: id, size: 0, started: started)
    }

    /// Where an upload stands (end-13).
    ///
    /// - Throws: ``RegistryError`` with `BLOB_UPLOAD_UNKNOWN`; ``StorageError``.
    public func uploadStatus(_ id: UploadID, in repository: RepositoryName) async throws -> UploadStatus {
        let started = try await uploadStart(id, in: repository)
        let data = try await StorageError.ifPresent {
            try await driver.metadata(at: StoreLayout.uploadData(id, in: repository))
        }
        return UploadStatus(id: id, size: data?.size ?? 0, started: started)
    }

    /// Ends an upload and drops what was taken (end-14).
    ///
    /// - Throws: ``RegistryError`` with `BLOB_UPLOAD_UNKNOWN`, `UNSUPPORTED`, `TOOMANYREQUESTS`; ``StorageError``.
    public func cancelUpload(_ id: UploadID, in repository: RepositoryName) async throws {
        try requireWritable()
        _ = shared.spares?.forget(id)
        try await writing(to: id) {
            _ = try await uploadStart(id, in: repository)
            try await deleteTreeIfPresent(StoreLayout.upload(id, in: repository))
        }
    }

    /// Takes bytes of an upload (end-5). When the source breaks off, what it gave is kept, and the upload can go on
    /// from there.
    ///
    /// - Parameters:
    ///   - source: the bytes; it is asked for no more than 13 MiB that the store has not taken yet, and for less beside other uploads.
    ///   - id: the upload.
    ///   - offset: where the caller believes the upload stands; `nil` to append wherever it does.
    ///   - repository: the repository.
    /// - Returns: where the upload stands now. The bytes are durable.
    /// - Throws: ``RegistryError`` with `BLOB_UPLOAD_UNKNOWN`, `RANGE_INVALID`, `UNSUPPORTED`, `TOOMANYREQUESTS`, and
    ///   `DENIED` by a rule, which ends the upload; ``StorageError``; what the source throws.
    public func append(
        _ source: ContentSource,
        to id: UploadID,
        at offset: Int64? = nil,
        in repository: RepositoryName
    ) async throws -> UploadStatus {
        try await requirePushable()
        return try await writing(to: id) {
            var session = try await openSession(id, at: offset, alsoHashing: nil, in: repository)
            do {
                try await session.take(limited(source, after: session.size, expecting: nil, in: repository))
            } catch {
                // The first error is the one to tell.
                try? await leave(&session, after: error)
                throw error
            }
            try await session.suspend()
            return UploadStatus(id: id, size: session.size, started: session.started)
        }
    }

    /// Takes the last bytes of an upload and makes the whole a blob of the repository (end-6, and end-4b).
    ///
    /// The upload ends, unless the source broke off or the store could not take the blob: then it can go on. When the
    /// digest does not match, nothing of it is kept.
    ///
    /// - Parameters:
    ///   - id: the upload.
    ///   - source: the last bytes; often none.
    ///   - offset: where the caller believes the upload stands; `nil` to append wherever it does.
    ///   - digest: what the blob must hash to.
    ///   - repository: the repository.
    /// - Returns: the blob's length in bytes. The blob is durable, and can be pulled.
    /// - Throws: ``RegistryError`` with `DIGEST_INVALID`, `BLOB_UPLOAD_UNKNOWN`, `RANGE_INVALID`, `UNSUPPORTED`,
    ///   `TOOMANYREQUESTS`, and `DENIED` by a rule, which ends the upload; ``StorageError``; what the source throws.
    @discardableResult
    public func finishUpload(
        _ id: UploadID,
        appending source: ContentSource = .empty,
        at offset: Int64? = nil,
        expecting digest: Digest,
        in repository: RepositoryName
    ) async throws -> Int64 {
        try await requirePushable()
        return try await writing(to: id) {
            let other = digest.algorithm == .canonical ? nil : digest.algorithm
            var session = try await openSession(id, at: offset, alsoHashing: other, in: repository)
            return try await finish(&session, appending: source, expecting: digest, in: repository) { session, error in
                // What was sent is kept, so that the client need not send it again; and the writer must not stay open.
                try? await leave(&session, after: error)
            }
        }
    }

    /// Takes a whole blob (end-4b of the [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints)).
    /// A small one is written straight to its place. When it fails nothing of it is kept, for the client was told of no
    /// upload to go on with.
    ///
    /// - Parameters:
    ///   - source: the bytes; it is asked for no more than 13 MiB that the store has not taken yet, and for less beside other uploads.
    ///   - digest: what the blob must hash to.
    ///   - repository: the repository.
    /// - Returns: the blob's length in bytes. The blob is durable, and can be pulled.
    /// - Throws: ``RegistryError`` with `DIGEST_INVALID`, `UNSUPPORTED`, and `DENIED` by a rule; ``StorageError``; what
    ///   the source throws.
    @discardableResult
    public func pushBlob(
        _ source: ContentSource,
        expecting digest: Digest,
        in repository: RepositoryName
    ) async throws -> Int64 {
        try await requirePushable()
        let id = UploadID()
        return try await writing(to: id) {
            var session = UploadSession(
                new: id,
                in: repository,
                started: shared.now(),
                driver: driver,
                hashing: shared.uploadHashing,
                inPiecesOf: shared.pieces,
                alsoHashing: digest.algorithm == .canonical ? nil : digest.algorithm
            )
            return try await finish(&session, appending: source, expecting: digest, in: repository) { session, _ in
                try? await session.end()
            }
        }
    }

    /// Takes the last bytes, and publishes all of them.
    ///
    /// - Parameter abandon: what becomes of the upload when the source breaks off or the store can't take the blob.
    private func finish(
        _ session: inout UploadSession,
        appending source: ContentSource,
        expecting digest: Digest,
        in repository: RepositoryName,
        abandon: (inout UploadSession, any Error) async -> Void
    ) async throws -> Int64 {
        let expected = expectedBlob(digest, in: repository)
        let (actual, canonical): (Digest, Digest)
        let began: ContinuousClock.Instant
        var charge: QuotaCharge?
        defer { charge?.end() }
        do {
            try await session.take(
                limited(source, after: session.size, expecting: digest, in: repository),
                expecting: expected
            )
            actual = try await session.digest(digest.algorithm)
            canonical = try await session.digest(.canonical)
            began = ContinuousClock.now
            if actual == digest {
                charge = try await self.charge(canonical, bytes: session.size, to: repository, isBlob: true)
                let links = expected?.links ?? layerLinks(digest, storedAs: canonical, in: repository)
                // The bytes may have taken their time.
                try await requirePushable()
                let spare =
                    session.leavesPlainFolder
                    ? shared.spares?.spare(after: session.started, in: repository, at: shared.now()) : nil
                try await session.commit(as: canonical, links: links, leavingFolderTo: spare?.id)
                if let spare { shared.spares?.keep(spare) }
            }
        } catch {
            await abandon(&session, error)
            throw error
        }
        guard actual == digest else {
            try? await session.end()
            throw RegistryError(
                .digestInvalid,
                message: "the \(session.size) bytes that were sent hash to \(actual), not to \(digest)",
                detail: .text(actual.description)
            )
        }
        charge?.succeeded()
        shared.locations.remember(digest, in: repository)
        // This process may have been stopped meanwhile, for longer than a collection leaves a blob without a link.
        if ContinuousClock.now - began > options.lateAfter, try await blobSize(canonical) == nil {
            throw StorageError(.unavailable, at: StoreLayout.blobData(canonical), "the blob was collected")
        }
        record(.push, in: repository, digest: digest, mediaType: .octetStream, size: session.size)
        // The blob is whole, so a client is told so even if what is left of the upload can't be removed now.
        try? await session.end()
        return session.size
    }

    /// What is published when all bytes have come; `nil` where only they tell their canonical digest.
    private func expectedBlob(_ digest: Digest, in repository: RepositoryName) -> ExpectedBlob? {
        guard digest.algorithm == .canonical else { return nil }
        return ExpectedBlob(digest: digest, links: layerLinks(digest, storedAs: digest, in: repository))
    }

    private func openSession(
        _ id: UploadID,
        at offset: Int64?,
        alsoHashing other: DigestAlgorithm?,
        in repository: RepositoryName
    ) async throws -> UploadSession {
        let started = try await uploadStart(id, in: repository)
        var session = try await UploadSession(
            id: id,
            in: repository,
            started: started,
            driver: driver,
            hashing: shared.uploadHashing,
            inPiecesOf: shared.pieces,
            alsoHashing: other
        )
        if shared.spares?.forget(id) == true { session.beganWithPlainFolder() }
        guard let offset, offset != session.size else { return session }
        try? await session.suspend()
        throw RegistryError(
            .rangeInvalid,
            message: "the upload has \(session.size) bytes, and what was sent begins at \(offset)"
        )
    }

    private func uploadStart(_ id: UploadID, in repository: RepositoryName) async throws -> WallTime {
        let content = try await StorageError.ifPresent {
            try await driver.content(at: StoreLayout.uploadStart(id, in: repository), limit: 128)
        }
        guard let content else { throw RegistryError(.blobUploadUnknown, detail: .text(id.description)) }
        // A crash of the replaced server can leave it empty; the upload is there all the same.
        return WallTime(rfc3339: String(buffer: content)) ?? shared.now()
    }

    /// Runs `body` as the only writer of an upload. A client that lost its connection may come back before the server
    /// has noticed; it waits for a moment, and is asked to come again after that.
    private func writing<Result: Sendable>(
        to id: UploadID,
        _ body: () async throws -> Result
    ) async throws -> Result {
        let clock = ContinuousClock()
        let deadline = clock.now + options.uploadWait
        var pause = Duration.milliseconds(1)
        while true {
            if let result = try await shared.uploads.withLockIfFree(id, body) { return result }
            guard clock.now < deadline else { break }
            try await clock.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(100))
        }
        throw RegistryError(
            .tooManyRequests,
            message: "another request is writing to upload \(id); try again when it has ended"
        )
    }
}
