import NIOCore
import RegistryCore
import Testing

/// What the tests of whole use cases push, and how they look at what a registry has.
struct PushedContent: Sendable {
    let repository: RepositoryName
    let other: RepositoryName
    let tag: RegistryCore.Tag
    let blob: ByteBuffer
    /// Where the blob's second request begins.
    let cut = 16
    /// What its first request brings, and its second.
    var parts: (first: ByteBuffer, second: ByteBuffer) {
        let text = String(buffer: blob)
        return (ByteBuffer(string: String(text.prefix(cut))), ByteBuffer(string: String(text.dropFirst(cut))))
    }

    /// - Parameter count: the blob's length in bytes, at least.
    init(blobOf count: Int = 0) throws {
        let text = "the first part, and the second part"
        blob = ByteBuffer(string: text + String(repeating: "-", count: max(0, count - text.utf8.count)))
        repository = try #require(RepositoryName("a/b"))
        other = try #require(RepositoryName("c"))
        let latest: RegistryCore.Tag? = .init("latest")
        tag = try #require(latest)
    }

    var blobDigest: Digest { ContentHasher.digest(of: blob, algorithm: .sha256) }

    /// An image of the blob alone; a number tells images apart.
    func manifest(_ number: Int, subject: Digest? = nil) -> ByteBuffer {
        let type = "application/vnd.oci.image.manifest.v1+json"
        let about = subject.map { #","subject":{"mediaType":"\#(type)","digest":"\#($0)","size":7}"# } ?? ""
        let descriptor =
            #"{"mediaType":"application/octet-stream","digest":"\#(blobDigest)","size":\#(blob.readableBytes)}"#
        return ByteBuffer(
            string: #"{"schemaVersion":2,"mediaType":"\#(type)","config":\#(descriptor),"layers":[\#(descriptor)],"#
                + #""annotations":{"number":"\#(number)"}\#(about)}"#
        )
    }

    func digest(_ number: Int) -> Digest { ContentHasher.digest(of: manifest(number), algorithm: .sha256) }

    /// A registry that allows everything.
    func registry(on driver: any StorageDriver, spares: SpareUploads? = nil) -> Registry {
        var options = Registry.Options()
        options.allowsDeletion = true
        return Registry(driver: driver, options: options, spares: spares)
    }

    func source(_ bytes: ByteBuffer) -> ContentSource {
        let pieces = Pieces(bytes)
        return ContentSource { await pieces.next() }
    }

    func pushBlob(to registry: Registry, in repository: RepositoryName? = nil) async throws {
        let repository = repository ?? self.repository
        let upload = try await registry.beginUpload(in: repository)
        try await registry.finishUpload(upload.id, appending: source(blob), expecting: blobDigest, in: repository)
    }

    func pushManifest(_ number: Int, to registry: Registry) async throws {
        _ = try await registry.putManifest(manifest(number), declared: nil, as: .tag(tag), in: repository)
    }

    /// The blob's bytes in a repository; `nil` when it is not there.
    func blob(in repository: RepositoryName, of registry: Registry) async throws -> ByteBuffer? {
        do {
            let object = try await registry.blob(blobDigest, in: repository).object
            return try await object.read(at: 0, count: blob.readableBytes + 1)
        } catch let error as RegistryError where error.code == .blobUnknown {
            return nil
        }
    }

    /// The digest of the manifest that a reference leads to; `nil` when there is none. The bytes are checked.
    func manifest(_ reference: Reference, of registry: Registry) async throws -> Digest? {
        do {
            let stored = try await registry.manifest(reference, in: repository)
            #expect(stored.digest == ContentHasher.digest(of: stored.content, algorithm: .sha256))
            return stored.digest
        } catch let error as RegistryError where error.code == .manifestUnknown {
            return nil
        }
    }

    /// Expects that what can be seen is whole: what is listed can be read, and what a manifest refers to is there.
    func expectWhole(_ registry: Registry, _ comment: Comment) async throws {
        for name in [repository, other] {
            if let found = try await blob(in: name, of: registry) { #expect(found == blob, comment) }
        }
        for name in try await registry.repositories(limit: 10).items {
            let tags = try await registry.tags(in: name).items
            #expect(name == repository && tags.allSatisfy { $0 == tag }, comment)
            for tag in tags { #expect(try await manifest(.tag(tag), of: registry) != nil, comment) }
        }
        let tagged = try await registry.digest(of: .tag(tag), in: repository)
        for digest in [tagged, digest(1), digest(2)].compactMap({ $0 }) {
            let found = try await manifest(.digest(digest), of: registry)
            if digest == tagged { #expect(found == digest, comment) }
            if found != nil { #expect(try await blob(in: repository, of: registry) == blob, comment) }
        }
    }
}

/// Bytes that are given out seven at a time, or in seven parts.
private actor Pieces {
    private var bytes: ByteBuffer
    private let count: Int

    init(_ bytes: ByteBuffer) {
        self.bytes = bytes
        count = bytes.readableBytes > 1024 ? bytes.readableBytes / 7 + 1 : 7
    }

    func next() -> ByteBuffer? {
        bytes.readableBytes == 0 ? nil : bytes.readSlice(length: min(count, bytes.readableBytes))
    }
}
