internal import NIOCore

/// What is found where a blob's bytes lie.
enum BlobExamination: Sendable, Hashable {
    /// Bytes that hash to the digest.
    case whole
    /// Other bytes; how many.
    case broken(size: Int64)
    /// No bytes.
    case missing
}

/// What became of a blob that was thought to be broken.
enum BrokenBlobOutcome: Sendable, Hashable {
    /// It was broken, and its bytes now lie there.
    case moved(StoragePath)
    /// It is whole.
    case foundWhole
    /// It is gone.
    case foundMissing
}

extension Registry {
    /// How many bytes are read and hashed at once.
    private static var pieceSize: Int { 256 * 1024 }

    /// Reads a blob's bytes and compares them with its digest.
    ///
    /// - Parameters:
    ///   - digest: what they must hash to.
    ///   - path: where they lie.
    ///   - willRead: is called before each read with the number of bytes, and may wait.
    /// - Throws: ``StorageError`` when they can't be read; what `willRead` throws.
    func examineBlob(
        _ digest: Digest,
        at path: StoragePath,
        reading willRead: (Int) async throws -> Void = { _ in }
    ) async throws -> BlobExamination {
        let present = try await StorageError.ifPresent { try await driver.open(at: path) }
        guard let object = present else { return .missing }
        guard isWhole(object.size, for: digest) else { return .broken(size: object.size) }
        var hasher = ContentHasher(digest.algorithm)
        while hasher.count < object.size {
            let count = Int(min(Int64(Self.pieceSize), object.size - hasher.count))
            try await willRead(count)
            let piece = try await object.read(at: hasher.count, count: count)
            guard piece.readableBytes > 0 else { return .broken(size: hasher.count) }
            hasher = await working(on: piece.readableBytes) { [hasher] in
                var next = hasher
                next.update(piece)
                return next
            }
        }
        return hasher.digest() == digest ? .whole : .broken(size: object.size)
    }

    /// Moves a blob's bytes out of the way if they are broken, so that the blob is unknown and can be pushed again.
    /// They are kept where no server looks for anything.
    ///
    /// Another process may put whole bytes there between the look at the old ones and their move. So what was moved is
    /// looked at as well, and put back if it is whole: the blob is unknown for a moment then, and never lost.
    ///
    /// - Throws: ``StorageError``.
    func setAsideIfBroken(_ digest: Digest) async throws -> BrokenBlobOutcome {
        let path = StoreLayout.blobData(digest)
        switch try await examineBlob(digest, at: path) {
        case .missing: return .foundMissing
        case .whole: return .foundWhole
        case .broken: break
        }
        let place = StoreLayout.damagedBlobs(digest.algorithm).appending("\(digest.hex)/\(UploadID())")
        do {
            try await move(path, to: place)
        } catch let error as StorageError where error.code == .notFound || error.code == .closed {
            // Someone else has removed or replaced it.
            return try await examineBlob(digest, at: path) == .missing ? .foundMissing : .foundWhole
        }
        guard try await examineBlob(digest, at: place) == .whole else { return .moved(place) }
        try await move(place, to: path)
        return .foundWhole
    }

    /// Moves an object. A writer that goes on after an object's last byte and ends there moves it: on a file system by
    /// its name alone.
    func move(_ path: StoragePath, to target: StoragePath) async throws {
        let writer = try await driver.writer(at: path, resuming: true)
        do {
            try await writer.commit(to: target)
        } catch {
            try? await writer.close()
            throw error
        }
    }
}
