import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

/// A store with an image or two in it, whose files a test breaks.
struct Store {
    let driver: FaultyDriver
    let registry: Registry
    let repository: RepositoryName
    let tag: RegistryCore.Tag
    let config = ByteBuffer(string: "a configuration")
    let layer = ByteBuffer(string: String(repeating: "a layer ", count: 1000))

    init() throws {
        driver = FaultyDriver(MemoryDriver())
        var options = Registry.Options()
        options.allowsDeletion = true
        registry = Registry(driver: driver, options: options)
        repository = try #require(RepositoryName("team/app"))
        let tag: RegistryCore.Tag? = .init("latest")
        self.tag = try #require(tag)
    }

    static func digest(_ bytes: ByteBuffer) -> Digest { ContentHasher.digest(of: bytes) }

    static func descriptor(_ bytes: ByteBuffer, type: String = "application/octet-stream") -> String {
        #"{"mediaType":"\#(type)","digest":"\#(digest(bytes))","size":\#(bytes.readableBytes)}"#
    }

    /// An image of the configuration and the layer; a number tells images apart.
    func manifest(_ number: Int, subject: ByteBuffer? = nil) -> ByteBuffer {
        let type = "application/vnd.oci.image.manifest.v1+json"
        let about = subject.map { #","subject":\#(Self.descriptor($0, type: type))"# } ?? ""
        return ByteBuffer(
            string: #"{"schemaVersion":2,"mediaType":"\#(type)","config":\#(Self.descriptor(config)),"#
                + #""layers":[\#(Self.descriptor(layer))],"annotations":{"n":"\#(number)"}\#(about)}"#
        )
    }

    func push(_ blob: ByteBuffer, to name: RepositoryName? = nil) async throws {
        let name = name ?? repository
        let upload = try await registry.beginUpload(in: name)
        try await registry.finishUpload(
            upload.id,
            appending: .of(blob),
            expecting: Self.digest(blob),
            in: name
        )
    }

    func pushBlobs() async throws {
        try await push(config)
        try await push(layer)
    }

    @discardableResult
    func pushManifest(_ content: ByteBuffer, as reference: Reference? = nil) async throws -> Digest {
        let reference = reference ?? .tag(tag)
        return try await registry.putManifest(content, declared: nil, as: reference, in: repository).digest
    }

    /// Puts bytes in the place of an object, as a crash or a disk does.
    func overwrite(_ path: StoragePath, _ text: String) async throws {
        try await driver.put(ByteBuffer(string: text), at: path)
    }

    func text(_ path: StoragePath) async throws -> String? {
        let content = try await StorageError.ifPresent { try await driver.content(at: path, limit: 1 << 20) }
        return content.map { String(buffer: $0) }
    }

    func verify(repairing: Bool = false) async throws -> VerificationReport {
        var options = VerificationOptions()
        options.repairs = repairing
        return try await registry.verify(options)
    }

    var current: StoragePath { StoreLayout.tagCurrentLink(tag, in: repository) }

    func layerLink(_ blob: ByteBuffer) -> StoragePath { StoreLayout.layerLink(Self.digest(blob), in: repository) }

    func revisionLink(_ manifest: ByteBuffer) -> StoragePath {
        StoreLayout.revisionLink(Self.digest(manifest), in: repository)
    }
}

extension ContentSource {
    /// Bytes in one piece.
    static func of(_ bytes: ByteBuffer) -> ContentSource {
        let pieces = Once(bytes)
        return ContentSource { await pieces.next() }
    }
}

/// Bytes that are given out once.
private actor Once {
    private var bytes: ByteBuffer?

    init(_ bytes: ByteBuffer) { self.bytes = bytes }

    func next() -> ByteBuffer? {
        defer { bytes = nil }
        return bytes
    }
}

extension VerificationReport {
    /// The problems that were found, once each.
    var kinds: Set<VerificationFinding.Problem> { Set(problems.keys) }

    /// The findings of one problem.
    func of(_ problem: VerificationFinding.Problem) -> [VerificationFinding] {
        findings.filter { $0.problem == problem }
    }
}
