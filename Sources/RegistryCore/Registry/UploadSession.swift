internal import NIOCore

/// One request's work on an upload: the writer, and the hash of all bytes up to where it stands.
///
/// The bytes are hashed as they pass. Between requests the hash's state lies beside the data, in the replaced server's
/// format, so that neither a restart nor another replica has to read the data again. Of a short upload it does not: its data
/// is read again sooner than two folders are made and removed, and clients that send all of a blob by one `PATCH` push an
/// eighth more layers of 10 KiB.
///
/// Content that comes as one piece is held back: when the blob turns out to be no more than that, it is written
/// straight to its place, and the upload never has a file.
struct UploadSession {
    /// What is read at once of data that is hashed again.
    private static let readSize = 256 * 1024
    /// Up to this many bytes are hashed where the request is answered: 50 µs, no more than two hops cost.
    private static let hashedAtOnce = 64 * 1024

    let id: UploadID
    let started: WallTime
    private let repository: RepositoryName
    private let driver: any StorageDriver
    private let hashing: PairedHashing
    private let sizes: PieceSizes
    /// Where the bytes go; `nil` while the upload has none.
    private var writer: (any StorageWriter)?
    /// The first bytes, which are hashed and not written.
    private var held: [ByteBuffer]?
    /// The same bytes, written where the client says that they belong, and not published.
    private var prepared: (any PreparedObjects)?
    /// Whether the store knows of the upload.
    private var isKnown: Bool
    /// Whether its folder held no more than the time at which it began.
    private var hadPlainFolder = false
    /// Whether the bytes were published.
    private var isPublished = false
    private var hasher = ContentHasher(.canonical)
    /// A hash by another algorithm, where all bytes pass in one request.
    private var otherHasher: ContentHasher?
    /// Where the stored state of the hash stands; `nil` when none is stored.
    private var storedOffset: Int64?

    /// How many bytes were taken.
    var size: Int64 { hasher.count }

    /// Opens an upload where it stands.
    ///
    /// - Parameter other: an algorithm beside the canonical one that the blob is to be hashed by.
    init(
        id: UploadID,
        in repository: RepositoryName,
        started: WallTime,
        driver: any StorageDriver,
        hashing: PairedHashing,
        inPiecesOf sizes: PieceSizes,
        alsoHashing other: DigestAlgorithm?
    ) async throws {
        self.init(
            new: id,
            in: repository,
            started: started,
            driver: driver,
            hashing: hashing,
            inPiecesOf: sizes,
            alsoHashing: other
        )
        isKnown = true
        let path = StoreLayout.uploadData(id, in: repository)
        let present = try await StorageError.ifPresent {
            try await driver.writer(at: path, resuming: true)
        }
        writer = present
        guard let present, present.size > 0 else { return }
        otherHasher = nil
        do {
            if let state = try await Self.storedHash(of: id, at: present.size, in: repository, from: driver) {
                hasher = state
                storedOffset = present.size
            } else {
                try await Self.read(path, upTo: present.size, from: driver, into: &hasher, on: hashing.executor)
            }
        } catch {
            try? await present.close()
            throw error
        }
    }

    /// Begins an upload of which the store knows nothing until its bytes are too many to be held.
    init(
        new id: UploadID,
        in repository: RepositoryName,
        started: WallTime,
        driver: any StorageDriver,
        hashing: PairedHashing,
        inPiecesOf sizes: PieceSizes,
        alsoHashing other: DigestAlgorithm?
    ) {
        self.id = id
        self.started = started
        self.repository = repository
        self.driver = driver
        self.hashing = hashing
        self.sizes = sizes
        isKnown = false
        otherHasher = other.map { ContentHasher($0) }
    }

    /// Says that the folder held no more than the time at which the upload began, before this request.
    mutating func beganWithPlainFolder() { hadPlainFolder = true }

    /// Whether the folder still holds no more than that: the bytes were not so many that they had to be written there.
    var leavesPlainFolder: Bool { hadPlainFolder && writer == nil }

    /// Tells the store of an upload. A crash of the machine may take it away as long as it has no bytes: its client was
    /// told of none, and begins anew.
    static func register(
        _ id: UploadID,
        started: WallTime,
        in repository: RepositoryName,
        with driver: any StorageDriver
    ) async throws {
        try await driver.putPassing(
            ByteBuffer(string: started.rfc3339),
            at: StoreLayout.uploadStart(id, in: repository),
            within: StoreLayout.upload(id, in: repository)
        )
    }

    /// Takes all that the source gives.
    ///
    /// - Parameter blob: what the bytes are published as if they turn out to be all of it.
    mutating func take(_ source: ContentSource, expecting blob: ExpectedBlob? = nil) async throws {
        sizes.beginUpload()
        defer { sizes.endUpload() }
        var piece = await UploadPiece(from: source, size: sizes.current)
        if piece.isLast, writer == nil, held == nil {
            if piece.count > 0 { try await hold(piece, expecting: piece.failure == nil ? blob : nil) }
        } else {
            piece = try await write(piece, andThoseAfterItFrom: source)
        }
        if let failure = piece.failure { throw failure }
    }

    /// Hashes and writes a piece and those that follow: each in order, neither waiting for the other, while the next ones
    /// are gathered.
    ///
    /// - Returns: the last piece.
    private mutating func write(
        _ first: UploadPiece,
        andThoseAfterItFrom source: ContentSource
    ) async throws -> UploadPiece {
        guard first.count > 0 else { return first }
        let writer = try await openWriter()
        if let length = source.length { writer.expect(length) }
        let (hashers, executor) = ((hasher, otherHasher), hashing.executor)
        let pieces = UploadPieces()
        return try await withThrowingTaskGroup(of: (ContentHasher, ContentHasher?)?.self) { tasks in
            tasks.addTask(executorPreference: executor) { await Self.hash(pieces, with: hashers) }
            tasks.addTask {
                defer { pieces.end() }
                while let piece = await pieces.next(for: .disk) { try await writer.append(piece) }
                return nil
            }
            var piece = first
            while await pieces.put(piece.parts, upTo: sizes.atOnce), !piece.isLast {
                piece = await UploadPiece(from: source, size: sizes.current)
            }
            pieces.end()
            for try await result in tasks {
                if let result { (hasher, otherHasher) = result }
            }
            return piece
        }
    }

    /// Hashes all that there is and, when it is much and known what it should be, has the disk take it meanwhile: of eight
    /// clients that push 1 MiB each, a tenth more pushes a second.
    private mutating func hold(_ piece: UploadPiece, expecting blob: ExpectedBlob?) async throws {
        held = piece.parts
        let hashers = (hasher, otherHasher)
        guard piece.count > Self.hashedAtOnce else {
            (hasher, otherHasher) = Self.update(hashers, with: piece.parts)
            return
        }
        guard let blob else {
            (hasher, otherHasher) = await hashing.hash(piece.parts, with: hashers)
            return
        }
        let data = StoredContent(piece.parts, at: StoreLayout.blobData(blob.digest))
        async let prepared = driver.prepare([data] + blob.links)
        (hasher, otherHasher) = await hashing.hash(piece.parts, with: hashers)
        self.prepared = try await prepared
    }

    /// The writer; a new one when the upload has no bytes yet. What was held is written first.
    private mutating func openWriter() async throws -> any StorageWriter {
        if let writer { return writer }
        if !isKnown { try await Self.register(id, started: started, in: repository, with: driver) }
        isKnown = true
        let opened = try await driver.writer(at: StoreLayout.uploadData(id, in: repository), resuming: false)
        writer = opened
        if let bytes = held {
            held = nil
            try await opened.append(bytes)
        }
        return opened
    }

    /// The digest of all bytes. One by an algorithm that was not asked for from the beginning reads them again.
    mutating func digest(_ algorithm: DigestAlgorithm) async throws -> Digest {
        if hasher.algorithm == algorithm { return hasher.digest() }
        if let otherHasher, otherHasher.algorithm == algorithm { return otherHasher.digest() }
        try await writer?.flush()
        var again = ContentHasher(algorithm)
        try await Self.read(
            StoreLayout.uploadData(id, in: repository),
            upTo: size,
            from: driver,
            into: &again,
            on: hashing.executor
        )
        otherHasher = again
        return again.digest()
    }

    /// Ends the request and leaves the upload so that another one can go on with it. Its bytes are durable; the hash's
    /// state need not be, since what is lost of it is hashed again.
    mutating func suspend() async throws {
        await prepared.take()?.cancel()
        if held != nil {
            do {
                _ = try await openWriter()
            } catch {
                try? await writer?.close()
                throw error
            }
        }
        guard let writer else { return }
        try await writer.close()
        guard size >= Self.readSize, writer.size == size, storedOffset != size else { return }
        try await driver.putPassing(
            ByteBuffer(bytes: hasher.goState),
            at: StoreLayout.uploadHashState(id, at: size, in: repository),
            within: StoreLayout.upload(id, in: repository)
        )
        guard let storedOffset else { return }
        try? await driver.discardTree(at: StoreLayout.uploadHashState(id, at: storedOffset, in: repository))
    }

    /// Publishes the bytes under their digest and then, once they are durable, the links to them.
    ///
    /// What is left of the upload goes too: of one whose bytes were published nothing is left that must not come back.
    ///
    /// - Parameter next: the upload that takes the folder over, where the store can do that; only of a session that
    ///   ``leavesPlainFolder``.
    mutating func commit(
        as canonical: Digest,
        links: [StoredContent],
        leavingFolderTo next: UploadID?
    ) async throws {
        let folder = isKnown ? StoreLayout.upload(id, in: repository) : nil
        if let writer {
            try await writer.commit(to: StoreLayout.blobData(canonical))
            isPublished = true
            try await driver.put(inOrder: links, discarding: folder)
        } else {
            let place = next.map { StoreLayout.upload($0, in: repository) }
            if let prepared = prepared.take() {
                try await prepared.publish(discarding: folder, orMovingTo: place)
            } else {
                let data = StoredContent(held ?? [], at: StoreLayout.blobData(canonical))
                try await driver.put(inOrder: [data] + links, discarding: folder, orMovingTo: place)
            }
            isPublished = true
        }
        isKnown = false
    }

    /// Removes what is left of the upload.
    mutating func end() async throws {
        await prepared.take()?.cancel()
        if !isPublished { try? await writer?.cancel() }
        guard isKnown else { return }
        try await driver.deleteTree(at: StoreLayout.upload(id, in: repository))
    }

    private static func storedHash(
        of id: UploadID,
        at offset: Int64,
        in repository: RepositoryName,
        from driver: any StorageDriver
    ) async throws -> ContentHasher? {
        let state = try await StorageError.ifPresent(ignoring: [.notFound, .wrongKind, .tooLarge]) {
            try await driver.content(at: StoreLayout.uploadHashState(id, at: offset, in: repository), limit: 1024)
        }
        guard let state, let hasher = ContentHasher(.canonical, goState: Array(buffer: state)), hasher.count == offset
        else { return nil }
        return hasher
    }

    /// Hashes the data that is there: after a crash, or when another server left no state.
    private static func read(
        _ path: StoragePath,
        upTo size: Int64,
        from driver: any StorageDriver,
        into hasher: inout ContentHasher,
        on executor: (any TaskExecutor)?
    ) async throws {
        let object = try await driver.open(at: path)
        while hasher.count < size {
            let count = Int(min(Int64(readSize), size - hasher.count))
            let piece = try await object.read(at: hasher.count, count: count)
            guard piece.readableBytes > 0 else {
                throw StorageError(.failed, at: path, "the upload has fewer bytes than it had when it was opened")
            }
            (hasher, _) = await hash([piece], with: (hasher, nil), on: executor)
        }
    }

    /// Hashes bytes where that does not keep anybody from being answered.
    private static func hash(
        _ piece: [ByteBuffer],
        with hashers: (ContentHasher, ContentHasher?),
        on executor: (any TaskExecutor)?
    ) async -> (ContentHasher, ContentHasher?) {
        guard piece.byteCount > hashedAtOnce else { return update(hashers, with: piece) }
        return await working(on: executor) { update(hashers, with: piece) }
    }

    /// Hashes all pieces.
    private static func hash(
        _ pieces: UploadPieces,
        with hashers: (ContentHasher, ContentHasher?)
    ) async -> (ContentHasher, ContentHasher?) {
        var hashers = hashers
        while let piece = await pieces.next(for: .hash) { hashers = update(hashers, with: piece) }
        return hashers
    }

    private static func update(
        _ hashers: (ContentHasher, ContentHasher?),
        with piece: [ByteBuffer]
    ) -> (ContentHasher, ContentHasher?) {
        var (canonical, other) = hashers
        for part in piece {
            canonical.update(part)
            other?.update(part)
        }
        return (canonical, other)
    }
}
