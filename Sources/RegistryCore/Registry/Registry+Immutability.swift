internal import NIOCore

/// Immutable tags: ``ImmutabilityRule`` in the way of a push and of a deletion.
///
/// The checks are made under the lock of the repository, so that of two pushes at once in this process the second one
/// sees the first. Between processes the pointer itself decides: a tag that a rule holds is made by a write that
/// succeeds only where nothing lies (``StorageDriver/putIfAbsent(_:at:)``).
extension Registry {
    /// Checks that none of the tags that a manifest is pushed by is held on another one.
    ///
    /// A tag whose manifest is gone does not count: nobody can pull it, and only the replaced server leaves such tags.
    ///
    /// - Throws: ``RegistryError`` with `DENIED` that names the rule; ``StorageError``.
    func requireMovable(
        _ tags: [Tag],
        to digest: Digest,
        storedAs canonical: Digest,
        in repository: RepositoryName
    ) async throws {
        guard !options.immutability.isEmpty else { return }
        for tag in tags {
            guard let rule = options.immutability.rule(holding: tag, in: repository),
                let current = try await readLink(StoreLayout.tagCurrentLink(tag, in: repository)), current != digest,
                let present = try await storedDigest(ofRevision: current, in: repository), present != canonical
            else { continue }
            throw rule.refusal(of: "tag \(tag) of \(repository) is immutable", "push another tag", tag: tag)
        }
    }

    /// The tags of a push, those that a rule holds before the others: when another process was faster with one of them,
    /// none of the others has moved.
    func heldFirst(_ tags: [Tag], in repository: RepositoryName) -> [Tag] {
        guard !options.immutability.isEmpty, tags.count > 1 else { return tags }
        let isHeld = tags.map { options.immutability.rule(holding: $0, in: repository) != nil }
        return zip(tags, isHeld).filter(\.1).map(\.0) + zip(tags, isHeld).filter { !$0.1 }.map(\.0)
    }

    /// Points a tag to a manifest. One that a rule holds is only made, never moved: of several processes that make it
    /// at once, one succeeds.
    ///
    /// - Throws: ``RegistryError`` with `DENIED` that names the rule; ``StorageError``.
    func point(
        _ tag: Tag,
        to digest: Digest,
        storedAs canonical: Digest,
        in repository: RepositoryName
    ) async throws {
        let path = StoreLayout.tagCurrentLink(tag, in: repository)
        let index = StoreLayout.tagIndexLink(digest, of: tag, in: repository)
        try await writeLink(index, to: digest)
        guard options.immutability.rule(holding: tag, in: repository) != nil else {
            return try await writeLink(path, to: digest)
        }
        if try await driver.putIfAbsent(ByteBuffer(string: digest.description), at: path) { return }
        do {
            // Either it points there already, or to nothing, or another process was faster.
            try await requireMovable([tag], to: digest, storedAs: canonical, in: repository)
        } catch let refusal as RegistryError {
            try await deleteIfPresent(index)
            throw refusal
        }
        try await writeLink(path, to: digest)
    }

    /// Checks that a tag may be deleted.
    ///
    /// - Throws: ``RegistryError`` with `DENIED` that names the rule; `MANIFEST_UNKNOWN` stays that of an absent tag.
    func requireDeletable(_ tag: Tag, in repository: RepositoryName) async throws {
        guard let rule = options.immutability.rule(holding: tag, in: repository),
            let current = try await readLink(StoreLayout.tagCurrentLink(tag, in: repository)),
            try await storedDigest(ofRevision: current, in: repository) != nil
        else { return }
        throw rule.refusal(of: "tag \(tag) of \(repository) is immutable", "it can't be deleted", tag: tag)
    }

    /// Checks that content may be deleted from a repository: that no tag which a rule holds points to it, and no image of
    /// such a tag needs it.
    ///
    /// It looks through the repository's tags, and through the manifests of those that a rule holds.
    ///
    /// - Parameter names: the digests of the content.
    /// - Throws: ``RegistryError`` with `DENIED` that names the rule; ``StorageError``.
    func requireDeletable(_ names: Set<Digest>, in repository: RepositoryName) async throws {
        guard !options.immutability.isEmpty else { return }
        let rules = options.immutability.filter { $0.concerns(repository) }
        guard !rules.isEmpty else { return }
        var after: String?
        while let page = try await tagPage(in: repository, after: after, limit: 1000) {
            let held = page.entries.compactMap { entry in
                Tag(entry.name).flatMap { tag in rules.first { $0.holds(tag) }.map { (tag: tag, rule: $0) } }
            }
            let needed = try await held.mapConcurrently(atMost: 8) { item in
                try await image(of: item.tag, in: repository, needs: names)
            }
            if let place = needed.firstIndex(of: true) {
                let (tag, rule) = held[place]
                let digest = names.min()?.description ?? ""
                throw rule.refusal(
                    of: "\(digest) belongs to tag \(tag) of \(repository), which is immutable",
                    "it can't be deleted",
                    tag: tag
                )
            }
            guard page.hasMore, let last = page.entries.last?.name else { return }
            after = last
        }
    }

    /// Whether a tag points to some content, or to a manifest that refers to it, or to an index with such a one.
    private func image(of tag: Tag, in repository: RepositoryName, needs names: Set<Digest>) async throws -> Bool {
        guard let current = try await readLink(StoreLayout.tagCurrentLink(tag, in: repository)) else { return false }
        var waiting = [current]
        var seen: Set<Digest> = [current]
        while let digest = waiting.popLast() {
            if names.contains(digest) { return true }
            let manifest: Manifest?
            do {
                manifest = try await storedManifest(digest, in: repository)
            } catch is RegistryError {
                continue  // What lies there is no manifest by now; it needs nothing.
            }
            guard let references = manifest?.references else { continue }
            if references.blobs.contains(where: { names.contains($0.digest) }) { return true }
            waiting += references.manifests.map(\.digest).filter { seen.insert($0).inserted }
        }
        return false
    }
}

extension ImmutabilityRule {
    /// A refusal that names the rule. `DENIED`, which Docker, containers/image and go-containerregistry print and do
    /// not retry; for `TAG_INVALID` and `MANIFEST_INVALID` some push the image again in another format.
    fileprivate func refusal(of problem: String, _ remedy: String, tag: Tag) -> RegistryError {
        RegistryError(
            .denied,
            message: "\(problem) by the rule '\(name)' (registryd.policy.immutable); \(remedy)",
            detail: .fields([.init("Rule", name), .init("Tag", tag.description)])
        )
    }
}
