import NIOCore
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryCore

/// One client of the storm. Its tags and manifests are its own; the layers are everybody's.
struct StormClient: Sendable {
    /// In the fast clock's seconds: eight tenths of one on the wall.
    static let grace: Int64 = 80
    private static let layers = (0..<12).map { "layer \($0) of everybody" }

    let number: Int
    let registry: Registry
    let names: [RepositoryName]
    let clock: FastClock
    /// How many manifests were accepted.
    let pushes = Counter()
    /// What the client has in the end, for those that outlive the task.
    let result = Result()

    private var content = StormContent()
    private var generator: SeededGenerator
    /// Tags that were deleted and not pushed since: what they pointed to, and when.
    private var deleted: [StormContent.Key: (digest: Digest, time: WallTime)] = [:]
    private var count = 0

    /// A push that relied on what it was told, and was refused within the grace period.
    struct Refused: Error, CustomStringConvertible {
        var description: String
    }

    init(number: Int, registry: Registry, names: [RepositoryName], clock: FastClock, seed: UInt64) {
        self.number = number
        self.registry = registry
        self.names = names
        self.clock = clock
        generator = SeededGenerator(seed: seed &* 6 &+ UInt64(number))
    }

    mutating func step() async throws {
        // Few manifests at a time, so that collections follow one another quickly.
        if content.manifests.count > 60 { return try await deleteManifest() }
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<9: try await push(tag: "tag\(Int.random(in: 0..<4, using: &generator))-\(number)")
        case 9..<11: try await push(tag: nil)
        case 11: try await pushAgain()
        case 12..<14: try await pushIndex()
        case 14: try await pushReferrer()
        case 15: try await deleteTag()
        case 16: try await deleteManifest()
        case 17: try await restoreTag()
        default: if let key = content.tags.keys.randomElement(using: &generator) { try await pull(key) }
        }
    }

    func pullAll() async throws {
        for key in content.tags.keys { try await pull(key) }
    }

    /// Leaves what it has to the test.
    func finish() async throws -> Int {
        result.set(content)
        return 0
    }

    // MARK: Pushing

    private mutating func push(tag: String?, subject: Digest? = nil, in repository: RepositoryName? = nil) async throws
    {
        let repository = try repository ?? #require(names.randomElement(using: &generator))
        count += 1
        let texts = (0..<Int.random(in: 1...3, using: &generator)).compactMap { _ in
            Self.layers.randomElement(using: &generator)
        }
        let bytes = CollectedStore.image(texts, subject: subject, note: "\(number)-\(count)")
        try await push(bytes, texts, tag: tag, subject: subject, in: repository)
    }

    private mutating func push(
        _ bytes: ByteBuffer,
        _ texts: [String],
        tag: String?,
        subject: Digest?,
        in repository: RepositoryName
    ) async throws {
        let began = clock.now
        for text in texts { try await provide(text, in: repository) }
        let digest = ContentHasher.digest(of: bytes, algorithm: .canonical)
        let known = StormContent.Known(
            bytes: bytes,
            texts: texts,
            blobs: texts.map { CollectedStore.digest($0) },
            children: [],
            subject: subject
        )
        try await put(bytes, digest, known, tag: tag, in: repository, began)
    }

    /// Sees to it that a blob is there, as clients do: looks, mounts, or sends it.
    private mutating func provide(_ text: String, in repository: RepositoryName) async throws {
        let digest = CollectedStore.digest(text)
        let kind = Int.random(in: 0..<10, using: &generator)
        if kind < 6 {
            do {
                let blob = try await registry.blob(digest, in: repository, method: "HEAD")
                return #expect(blob.object.size == Int64(text.utf8.count))
            } catch let error as RegistryError where error.code == .blobUnknown {}
        }
        if kind < 8, let source = names.randomElement(using: &generator),
            try await registry.mount(digest, from: source, into: repository, mayRead: { _ in true })
        {
            return
        }
        let upload = try await registry.beginUpload(in: repository)
        try await registry.finishUpload(
            upload.id,
            appending: ContentSource(texts: [text]),
            expecting: digest,
            in: repository
        )
    }

    private mutating func put(
        _ bytes: ByteBuffer,
        _ digest: Digest,
        _ known: StormContent.Known,
        tag: String?,
        in repository: RepositoryName,
        _ began: WallTime
    ) async throws {
        let reference: Reference = try tag.map { .tag(try CollectedStore.tag($0)) } ?? .digest(digest)
        do {
            _ = try await registry.putManifest(bytes, declared: nil, as: reference, in: repository)
        } catch let error as RegistryError {
            // A client that took longer than the grace period was promised nothing.
            if clock.now.seconds - began.seconds > Self.grace { return }
            throw Refused(description: "\(error.entries) after \(clock.now.seconds - began.seconds) s")
        }
        pushes.increment()
        content.manifests[.init(repository, digest.description)] = known
        guard let tag else { return }
        content.tags[.init(repository, tag)] = digest
        deleted[.init(repository, tag)] = nil
    }

    /// Pushes a manifest once more, by another tag, whether it is still there or not.
    private mutating func pushAgain() async throws {
        guard let (key, known) = content.manifests.randomElement(using: &generator), known.children.isEmpty,
            !content.isUsed(key), let digest = Digest(key.name),
            content.isWhole(digest, children: [], in: key.repository)
        else { return }
        try await push(known.bytes, known.texts, tag: "again-\(number)", subject: known.subject, in: key.repository)
    }

    /// An index of manifests that were pushed before, if they are still there.
    private mutating func pushIndex() async throws {
        let began = clock.now
        guard let repository = names.randomElement(using: &generator) else { return }
        let candidates = content.manifests.filter { $0.key.repository == repository && $0.value.children.isEmpty }
        var children: [Digest] = []
        for key in candidates.keys.shuffled(using: &generator).prefix(2) {
            guard let digest = Digest(key.name), content.isWhole(digest, children: [], in: repository) else { continue }
            do {
                children.append(try await registry.manifest(.digest(digest), in: repository).digest)
            } catch let error as RegistryError where error.code == .manifestUnknown {}
        }
        guard !children.isEmpty else { return }
        let bytes = CollectedStore.index(children.map { ($0, 2) })
        let digest = ContentHasher.digest(of: bytes, algorithm: .canonical)
        guard content.isWhole(digest, children: children, in: repository) else { return }
        let known = StormContent.Known(bytes: bytes, texts: [], blobs: [], children: children, subject: nil)
        try await put(bytes, digest, known, tag: "index-\(number)", in: repository, began)
    }

    private mutating func pushReferrer() async throws {
        guard let (key, subject) = content.tags.randomElement(using: &generator) else { return }
        try await push(tag: nil, subject: subject, in: key.repository)
    }

    // MARK: Deleting and pulling

    private mutating func deleteTag() async throws {
        guard let key = content.tags.keys.randomElement(using: &generator) else { return }
        let time = clock.now
        try await registry.deleteTag(try CollectedStore.tag(key.name), in: key.repository)
        deleted[key] = content.tags.removeValue(forKey: key).map { ($0, time) }
    }

    /// Restores a tag, which must be possible within the grace period.
    private mutating func restoreTag() async throws {
        guard let (key, last) = deleted.randomElement(using: &generator) else { return }
        deleted[key] = nil
        let tag = try CollectedStore.tag(key.name)
        let restored = try await registry.restore(.tag(tag, in: key.repository))
        let isLate = clock.now.seconds - last.time.seconds > Self.grace
        if restored?.tags == [tag] {
            let children = content.manifests[.init(key.repository, last.digest.description)]?.children ?? []
            if !isLate || content.isWhole(last.digest, children: children, in: key.repository) {
                content.tags[key] = last.digest
            } else {
                try await registry.deleteTag(tag, in: key.repository)
            }
        } else if !isLate {
            throw Refused(description: "\(key) was not restored: \(restored?.lines ?? [])")
        }
    }

    private mutating func deleteManifest() async throws {
        guard let key = content.manifests.keys.randomElement(using: &generator), !content.isUsed(key),
            let digest = Digest(key.name)
        else { return }
        do {
            try await registry.deleteManifest(digest, in: key.repository)
        } catch let error as RegistryError where error.code == .manifestUnknown {}
        content.manifests[key] = nil
        deleted = deleted.filter { $0.key.repository != key.repository || $0.value.digest != digest }
        content.tags = content.tags.filter { $0.key.repository != key.repository || $0.value != digest }
    }

    private func pull(_ key: StormContent.Key) async throws {
        let manifest = try await registry.manifest(.tag(try CollectedStore.tag(key.name)), in: key.repository)
        #expect(manifest.digest == content.tags[key])
        try await pull(manifest, in: key.repository)
    }

    private func pull(_ manifest: StoredManifest, in repository: RepositoryName) async throws {
        let references = try Manifest(stored: manifest.content).references
        for child in references.manifests {
            try await pull(try await registry.manifest(.digest(child.digest), in: repository), in: repository)
        }
        for descriptor in references.blobs {
            let blob = try await registry.blob(descriptor.digest, in: repository)
            let bytes = try await blob.object.read(at: 0, count: Int(blob.object.size))
            #expect(ContentHasher.digest(of: bytes, algorithm: .canonical) == descriptor.digest)
        }
    }

    /// A count that tasks share.
    final class Counter: Sendable {
        private let state = Atomic<Int>(0)
        var value: Int { state.load(ordering: .relaxed) }
        func increment() { state.wrappingAdd(1, ordering: .relaxed) }
    }

    /// What a client has in the end.
    final class Result: Sendable {
        private let content = Mutex(StormContent())
        func set(_ new: StormContent) { content.withLock { $0 = new } }
        func add(to sum: inout StormContent) { content.withLock { sum.add($0) } }
    }
}

/// What clients know that they have, and what of it is reachable: told apart from the collector's own reckoning.
struct StormContent: Sendable {
    /// Something in a repository.
    struct Key: Hashable, Sendable {
        let repository: RepositoryName
        let name: String

        init(_ repository: RepositoryName, _ name: String) {
            self.repository = repository
            self.name = name
        }
    }

    /// A manifest.
    struct Known: Sendable {
        var bytes: ByteBuffer
        var texts: [String]
        var blobs: [Digest]
        var children: [Digest]
        var subject: Digest?
    }

    var tags: [Key: Digest] = [:]
    var manifests: [Key: Known] = [:]

    mutating func add(_ other: StormContent) {
        tags.merge(other.tags) { old, _ in old }
        manifests.merge(other.manifests) { old, _ in old }
    }

    /// Whether another manifest names this one.
    func isUsed(_ key: Key) -> Bool {
        manifests.contains { other, known in
            other.repository == key.repository
                && (known.subject?.description == key.name || known.children.contains { $0.description == key.name })
        }
    }

    /// Whether a tag that is given to a manifest, which may be in quarantine or gone, leads to all that ``reachable()``
    /// says: to one that is kept, or that has neither a subject nor referrers, with its children. Of others a collection
    /// may have removed one, and not yet the other.
    func isWhole(_ digest: Digest, children: [Digest], in repository: RepositoryName) -> Bool {
        let (kept, keys) = (kept, ([digest] + children).map { Key(repository, $0.description) })
        return keys.allSatisfy { key in
            kept.contains(key)
                || manifests[key]?.subject == nil
                    && !manifests.contains {
                        $0.key.repository == repository && $0.value.subject?.description == key.name
                    }
        }
    }

    /// The data and the links of manifests.
    private func stored(_ kept: Set<Key>) -> (blobs: Set<Digest>, links: Set<String>) {
        var (blobs, links): (Set<Digest>, Set<String>) = ([], [])
        for key in kept {
            guard let known = manifests[key], let digest = Digest(key.name) else { continue }
            blobs.insert(digest)
            links.insert("repositories/\(key.repository)/_manifests/revisions/sha256/\(digest.hex)/link")
            for blob in known.blobs {
                blobs.insert(blob)
                links.insert("repositories/\(key.repository)/_layers/sha256/\(blob.hex)/link")
            }
        }
        return (blobs, links)
    }

    /// What there is when every manifest is kept.
    func all() -> (blobs: Set<Digest>, links: Set<String>) { stored(Set(manifests.keys)) }

    /// What there is when those go that no tag leads to.
    func reachable() -> (blobs: Set<Digest>, links: Set<String>) { stored(kept) }

    /// The manifests that stay when those go that no tag leads to.
    private var kept: Set<Key> {
        var kept = Set(tags.map { Key($0.key.repository, $0.value.description) })
        while true {
            var next = kept
            for (key, known) in manifests {
                let named = (known.children + (known.subject.map { [$0] } ?? []))
                    .map { Key(key.repository, $0.description) }
                if kept.contains(key) { next.formUnion(named) }
                if let subject = known.subject, kept.contains(Key(key.repository, subject.description)) {
                    next.insert(key)
                }
            }
            if next == kept { return kept }
            kept = next
        }
    }
}
