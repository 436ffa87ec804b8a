import NIOCore
import RegistryStorage
import Testing

@testable import RegistryCore

/// A registry with rules, on a store that others may share.
struct RuledRegistry: Sendable {
    let registry: Registry

    init(on driver: any StorageDriver = MemoryDriver(), _ change: (inout Registry.Options) -> Void = { _ in }) {
        var options = Registry.Options()
        options.allowsDeletion = true
        change(&options)
        registry = Registry(driver: driver, options: options)
    }

    private init(_ registry: Registry) { self.registry = registry }

    /// The same with other options.
    func with(_ change: (inout Registry.Options) -> Void) -> RuledRegistry {
        var options = registry.options
        change(&options)
        return RuledRegistry(registry.with(options: options))
    }

    @discardableResult
    func pushBlob(_ text: String, to repository: String) async throws -> Digest {
        let repository = try CollectedStore.name(repository)
        let upload = try await registry.beginUpload(in: repository)
        let digest = CollectedStore.digest(text)
        try await registry.finishUpload(
            upload.id,
            appending: .of(ByteBuffer(string: text)),
            expecting: digest,
            in: repository
        )
        return digest
    }

    /// Pushes an image whose configuration is there; a note tells images apart.
    @discardableResult
    func putImage(_ note: String, as tags: String..., to repository: String) async throws -> Digest {
        let content = CollectedStore.image(["configuration"], note: note)
        let digest = ContentHasher.digest(of: content, algorithm: .canonical)
        return try await registry.putManifest(
            content,
            declared: nil,
            as: .digest(digest),
            tags: try tags.map(CollectedStore.tag),
            in: try CollectedStore.name(repository)
        ).digest
    }

    func mount(_ digest: Digest, from source: String, to repository: String) async throws -> Bool {
        let (source, target) = (try CollectedStore.name(source), try CollectedStore.name(repository))
        return try await registry.mount(digest, from: source, into: target) { _ in true }
    }

    func delete(_ digest: Digest, from repository: String) async throws {
        try await registry.deleteBlob(digest, in: try CollectedStore.name(repository))
    }

    /// What a tag points to.
    func target(of tag: String, in repository: String) async throws -> Digest? {
        let reference = Reference.tag(try CollectedStore.tag(tag))
        return try await registry.digest(of: reference, in: try CollectedStore.name(repository))
    }

    /// The bytes that are used of the first quota.
    var used: Int64? { registry.quotaUsage(of: registry.options.quotas).first?.used }

    /// The same, counted anew.
    func counted() async throws -> Int64? {
        try await registry.countQuotas(registry.options.quotas)
        return used
    }
}

extension ImmutabilityRule {
    /// A rule of texts.
    static func of(_ name: String, _ repositories: String, _ tags: String, except: String...) throws -> Self {
        ImmutabilityRule(
            name: name,
            repositories: [try #require(RepositoryPattern(repositories))],
            tags: [try #require(TagPattern(tags))],
            except: try except.map { try #require(TagPattern($0)) }
        )
    }
}

extension QuotaRule {
    /// A rule of texts.
    static func of(_ name: String, _ repositories: String, bytes: Int64? = nil, blob: Int64? = nil) throws -> Self {
        let pattern = try #require(RepositoryPattern(repositories))
        return QuotaRule(name: name, repositories: [pattern], bytes: bytes, maximumBlob: blob)
    }
}

/// The error of a refusal; `nil` when there was none.
func refusal(_ body: () async throws -> Void) async throws -> RegistryError? {
    do {
        try await body()
        return nil
    } catch let error as RegistryError {
        return error
    }
}

extension RegistryError {
    var message: String { entries.first?.message ?? "" }
}
