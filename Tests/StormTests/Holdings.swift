/// What a client knows that it has pushed, and what of that is reachable: reckoned apart from every server.
struct Holdings: Sendable {
    /// Something in a repository: a tag, or a digest.
    struct Key: Hashable, Sendable {
        let repository: String
        let name: String
    }

    /// A manifest.
    struct Manifest: Sendable {
        var text: String
        var blobs: [String] = []
        var children: [String] = []
        var subject: String?
    }

    var tags: [Key: String] = [:]
    var manifests: [Key: Manifest] = [:]

    mutating func add(_ other: Holdings) {
        tags.merge(other.tags) { old, _ in old }
        manifests.merge(other.manifests) { old, _ in old }
    }

    /// Whether another manifest names this one.
    func isUsed(_ key: Key) -> Bool {
        manifests.contains { other, manifest in
            other.repository == key.repository
                && (manifest.subject == key.name || manifest.children.contains(key.name))
        }
    }

    /// Whether a tag that is given to a manifest, which may be in quarantine or gone, leads to all that ``reachable``
    /// says: to one that is kept, or that has neither a subject nor referrers, with its children. Of others a collection
    /// may have removed one, and not yet the other.
    func isWhole(_ digest: String, children: [String], in repository: String) -> Bool {
        let kept = reachable
        return ([digest] + children).allSatisfy { name in
            let key = Key(repository: repository, name: name)
            return kept.contains(key)
                || manifests[key]?.subject == nil
                    && !manifests.contains { $0.key.repository == repository && $0.value.subject == name }
        }
    }

    /// The manifests that stay when those go that no tag leads to.
    var reachable: Set<Key> {
        var kept = Set(tags.map { Key(repository: $0.key.repository, name: $0.value) })
        while true {
            var next = kept
            for (key, manifest) in manifests {
                let named = (manifest.children + [manifest.subject].compactMap { $0 })
                    .map { Key(repository: key.repository, name: $0) }
                if kept.contains(key) { next.formUnion(named) }
                if named.last.map(kept.contains) ?? false, manifest.subject != nil { next.insert(key) }
            }
            if next == kept { return kept }
            kept = next
        }
    }

    /// The paths below the registry's folder that a store has for manifests: data, and links of manifests and layers.
    func paths(of kept: some Sequence<Key>) -> Set<String> {
        var paths: Set<String> = []
        func hex(_ digest: String) -> Substring { digest.dropFirst("sha256:".count) }
        func add(_ digest: String) { paths.insert("blobs/sha256/\(hex(digest).prefix(2))/\(hex(digest))/data") }
        for key in kept {
            guard let manifest = manifests[key] else { continue }
            let repository = "repositories/\(key.repository)"
            add(key.name)
            paths.insert("\(repository)/_manifests/revisions/sha256/\(hex(key.name))/link")
            for blob in manifest.blobs {
                add(blob)
                paths.insert("\(repository)/_layers/sha256/\(hex(blob))/link")
            }
        }
        return paths
    }
}
