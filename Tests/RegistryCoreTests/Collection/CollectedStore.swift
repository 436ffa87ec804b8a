import NIOCore
import RegistryStorage
import Synchronization
import Testing

@testable import RegistryCore

/// A clock that a test moves.
final class MovedClock: Sendable {
    private let state: Mutex<Int64>

    /// Begins at the system's time, since the file system stamps files by that.
    init() { state = Mutex(WallTime.now().seconds) }

    func advance(_ seconds: Int64) { state.withLock { $0 += seconds } }
    var now: WallTime { WallTime(seconds: state.withLock { $0 }) }
}

extension MemoryDriver {
    /// One whose objects are as old as a clock says.
    convenience init(clock: @escaping @Sendable () -> WallTime) { self.init(now: { clock().seconds * 1_000_000_000 }) }
}

extension CollectionOptions {
    /// One repository after the other, with a checkpoint after each, so that a test knows where a run is stopped.
    mutating func beCareful() {
        concurrency = 1
        checkpointEvery = 0
    }
}

/// A registry whose garbage is collected, with what tests push into it.
struct CollectedStore: Sendable {
    static let grace: Int64 = 1000

    let driver: any StorageDriver
    let clock: MovedClock
    let registry: Registry

    init(on driver: any StorageDriver, clock: MovedClock, lateAfter: Duration = .seconds(60)) {
        self.driver = driver
        self.clock = clock
        var options = Registry.Options()
        options.allowsDeletion = true
        options.lateAfter = lateAfter
        registry = Registry(driver: driver, options: options, now: { clock.now })
    }

    /// A registry that a test made itself.
    init(_ registry: Registry, clock: MovedClock) {
        driver = registry.driver
        self.clock = clock
        self.registry = registry
    }

    /// On memory.
    init() {
        let clock = MovedClock()
        self.init(on: MemoryDriver(clock: { clock.now }), clock: clock)
    }

    static func name(_ text: String) throws -> RepositoryName { try #require(RepositoryName(text)) }

    static func tag(_ text: String) throws -> RegistryCore.Tag {
        let tag: RegistryCore.Tag? = .init(text)
        return try #require(tag)
    }

    static func digest(_ text: String) -> Digest {
        ContentHasher.digest(of: ByteBuffer(string: text), algorithm: .canonical)
    }

    // MARK: Pushing

    @discardableResult
    func pushBlob(_ text: String, to repository: RepositoryName) async throws -> Digest {
        let upload = try await registry.beginUpload(in: repository)
        let bytes = Mutex<ByteBuffer?>(ByteBuffer(string: text))
        let source = ContentSource { bytes.withLock { $0.take() } }
        let digest = Self.digest(text)
        try await registry.finishUpload(upload.id, appending: source, expecting: digest, in: repository)
        return digest
    }

    /// An image of blobs by their texts, the first of which is its configuration.
    static func image(_ texts: [String], subject: Digest? = nil, note: String = "") -> ByteBuffer {
        let parts = texts.map { text in
            #"{"mediaType":"application/octet-stream","digest":"\#(digest(text))","size":\#(text.utf8.count)}"#
        }
        let about = subject.map {
            #","subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#($0)","size":2}"#
        }
        return ByteBuffer(
            string:
                #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":\#(parts[0]),"#
                + #""layers":[\#(parts.dropFirst().joined(separator: ","))],"annotations":{"note":"\#(note)"}\#(about ?? "")}"#
        )
    }

    static func index(_ children: [(digest: Digest, size: Int)]) -> ByteBuffer {
        let list = children.map {
            #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#($0.digest)","size":\#($0.size)}"#
        }
        return ByteBuffer(
            string:
                #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[\#(list.joined(separator: ","))]}"#
        )
    }

    /// Pushes a manifest by a tag, or by its digest.
    @discardableResult
    func putManifest(_ content: ByteBuffer, tag: String? = nil, to repository: RepositoryName) async throws -> Digest {
        let digest = ContentHasher.digest(of: content, algorithm: .canonical)
        let reference: Reference = try tag.map { .tag(try Self.tag($0)) } ?? .digest(digest)
        return try await registry.putManifest(content, declared: nil, as: reference, in: repository).digest
    }

    /// Pushes blobs and an image of them.
    @discardableResult
    func pushImage(
        _ texts: [String],
        tag: String? = nil,
        subject: Digest? = nil,
        to repository: RepositoryName
    ) async throws -> Digest {
        for text in texts { try await pushBlob(text, to: repository) }
        return try await putManifest(Self.image(texts, subject: subject), tag: tag, to: repository)
    }

    // MARK: Collecting

    @discardableResult
    func collect(
        untagged: Bool = false,
        grace: Int64 = grace,
        _ change: (inout CollectionOptions) -> Void = { _ in }
    ) async throws -> CollectionSummary {
        var options = CollectionOptions()
        options.grace = grace
        options.deletesUntagged = untagged
        change(&options)
        return try await registry.collect(options)
    }

    /// Collects until nothing is left to do: what is taken away in one run is removed in a later one, and what only that
    /// referred to is taken away after.
    func collectAll(untagged: Bool = false) async throws {
        for _ in 0..<6 {
            clock.advance(Self.grace + 2)
            try await collect(untagged: untagged)
        }
    }

    // MARK: Looking

    /// The paths of all objects below a folder, relative to the registry's.
    func objects(below folder: String = "") async throws -> Set<String> {
        let base = StoragePath.root.appending("docker/registry/v2")
        return try await objects(folder.isEmpty ? base : base.appending(folder), named: folder)
    }

    private func objects(_ path: StoragePath, named name: String) async throws -> Set<String> {
        var found: Set<String> = []
        var pages = FolderPages(driver, path)
        while let page = try await pages.next() {
            for entry in page {
                let child = name.isEmpty ? entry.name : "\(name)/\(entry.name)"
                if entry.kind == .object {
                    found.insert(child)
                } else {
                    found.formUnion(try await objects(path.appending(entry.name), named: child))
                }
            }
        }
        return found
    }

    /// The digests whose data lies in its place.
    func blobs() async throws -> Set<Digest> {
        Set(try await objects(below: "blobs/sha256").compactMap { Digest("sha256:\($0.split(separator: "/")[3])") })
    }

    /// What lies in quarantine.
    func quarantined() async throws -> Set<String> { try await objects(below: "_registryd/quarantine") }

    func has(_ digest: Digest, in repository: RepositoryName) async throws -> Bool {
        do {
            let blob = try await registry.blob(digest, in: repository)
            let content = try await blob.object.read(at: 0, count: Int(blob.object.size))
            return ContentHasher.digest(of: content, algorithm: .canonical) == digest
        } catch let error as RegistryError where error.code == .blobUnknown {
            return false
        }
    }

    func hasManifest(_ digest: Digest, in repository: RepositoryName) async throws -> Bool {
        do {
            return try await registry.manifest(.digest(digest), in: repository).digest == digest
        } catch let error as RegistryError where error.code == .manifestUnknown {
            return false
        }
    }
}
