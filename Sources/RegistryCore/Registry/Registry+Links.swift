internal import NIOCore

/// Links: small files that hold a digest. They make content part of a repository.
extension Registry {
    /// The longest content of a link: a sha512 digest.
    private static let linkLimit = 256

    /// What a link points to; `nil` when there is none, or when it is not whole: a crash of the replaced server leaves
    /// empty links behind, and they must not be taken for content.
    func readLink(_ path: StoragePath) async throws -> Digest? {
        try await StorageError.ifPresent(ignoring: [.notFound, .wrongKind, .tooLarge]) {
            try await driver.content(at: path, limit: Self.linkLimit)
        }.flatMap { Digest(String(buffer: $0)) }
    }

    func writeLink(_ path: StoragePath, to digest: Digest) async throws {
        try await driver.put(ByteBuffer(string: digest.description), at: path)
    }

    /// Makes a stored blob part of a repository under its canonical digest and, where it was pushed by another one,
    /// under that too. Both links hold the canonical digest, under which the data lies.
    func linkLayer(_ digest: Digest, storedAs canonical: Digest, in repository: RepositoryName) async throws {
        try await driver.put(inOrder: layerLinks(digest, storedAs: canonical, in: repository))
        shared.locations.remember(digest, in: repository)
    }

    /// The links that make a stored blob part of a repository.
    func layerLinks(_ digest: Digest, storedAs canonical: Digest, in repository: RepositoryName) -> [StoredContent] {
        let target = ByteBuffer(string: canonical.description)
        return (digest == canonical ? [canonical] : [canonical, digest]).map {
            StoredContent(target, at: StoreLayout.layerLink($0, in: repository))
        }
    }

    /// The digest under which a repository's blob is stored; `nil` when the repository does not have it.
    func storedDigest(ofLayer digest: Digest, in repository: RepositoryName) async throws -> Digest? {
        try await storedDigest(of: digest, by: StoreLayout.layerLink(digest, in: repository))
    }

    /// The digest under which a repository's manifest is stored; `nil` when the repository does not have it.
    func storedDigest(ofRevision digest: Digest, in repository: RepositoryName) async throws -> Digest? {
        try await storedDigest(of: digest, by: StoreLayout.revisionLink(digest, in: repository))
    }

    /// What a link that is named by a digest points to.
    ///
    /// A canonical digest's link holds that digest, so it is not read: having its length it is whole.
    private func storedDigest(of digest: Digest, by path: StoragePath) async throws -> Digest? {
        try await returning(path) {
            guard digest.algorithm == .canonical else { return try await readLink(path) }
            let link = try await StorageError.ifPresent { try await driver.metadata(at: path) }
            let length = digest.algorithm.rawValue.utf8.count + 1 + digest.algorithm.hexCount
            return link?.kind == .object && link?.size == Int64(length) ? digest : nil
        }
    }

    /// Removes an object; whether it was there.
    @discardableResult
    func deleteIfPresent(_ path: StoragePath) async throws -> Bool {
        try await StorageError.ifPresent { try await driver.delete(at: path) } != nil
    }

    /// Removes a folder; it need not be there.
    func deleteTreeIfPresent(_ path: StoragePath) async throws {
        _ = try await StorageError.ifPresent {
            try await driver.deleteTree(at: path)
        }
    }
}
