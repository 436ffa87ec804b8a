internal import NIOCore

extension Verifier {
    /// Reads the manifests of a repository.
    func verifyRevisions(of repository: RepositoryName, _ needs: RepositoryNeeds) async throws {
        let folder = StoreLayout.repository(repository).appending("_manifests/revisions")
        try await forEachLink(below: folder, in: repository, atMost: widthInRepository) { path, digest in
            let canonical = try await verifyLink(path, named: digest, in: repository, needs) {
                try await manifest(digest) != nil
            }
            guard let canonical else { return }
            state.count { $0.manifests += 1 }
            guard let manifest = try await manifest(canonical) else {
                let finding = VerificationFinding(
                    .brokenManifest,
                    at: path,
                    in: repository,
                    digest: digest,
                    "its content can't be read as a manifest"
                )
                return try await add(finding) { .beyondRepair("it was accepted like this; delete it to be rid of it") }
            }
            try await verifyReferences(of: manifest, digest, at: path, in: repository, needs)
            try await verifyReferrer(manifest, digest, in: repository)
        }
    }

    /// A stored manifest; `nil` when the content is not there, in quarantine neither, or is none.
    private func manifest(_ canonical: Digest) async throws -> Manifest? {
        let limit = max(registry.options.validation.limits.bytes, 16 * 1024 * 1024)
        let path = StoreLayout.blobData(canonical)
        let content = try await registry.returning(path) {
            try await StorageError.ifPresent(ignoring: [.notFound, .wrongKind, .tooLarge]) {
                try await driver.content(at: path, limit: limit)
            }
        }
        guard let content else { return nil }
        return try? Manifest(stored: content)
    }

    /// Looks for all that a manifest refers to.
    private func verifyReferences(
        of manifest: Manifest,
        _ digest: Digest,
        at path: StoragePath,
        in repository: RepositoryName,
        _ needs: RepositoryNeeds
    ) async throws {
        let children = manifest.manifests.filter { registry.options.validation.children.demandsPresence(of: $0) }
        let blobs = manifest.references.blobs.filter { !$0.mayBeAbsent }
        for (kind, wanted) in [("blob", blobs), ("manifest", children)] {
            for digestOfPart in Set(wanted.map(\.digest)).sorted() {
                var canonical: Digest?
                if kind == "manifest" {
                    canonical = try await registry.storedDigest(ofRevision: digestOfPart, in: repository)
                }
                if canonical == nil {
                    canonical = try await registry.storedDigest(ofLayer: digestOfPart, in: repository)
                }
                let why: String
                if let canonical {
                    switch try await blobState(canonical) {
                    case .whole, .unreadable: continue
                    case .missing: why = "whose bytes are missing"
                    case .broken: why = "whose bytes are broken"
                    }
                    needs.needs(lost: canonical)
                } else {
                    why = "which is not in the repository"
                }
                needs.needs(lost: digestOfPart)
                // A manifest that was deleted since it was read needs nothing.
                guard try await link(path) != .absent else { return }
                let finding = VerificationFinding(
                    .missingContent,
                    at: path,
                    in: repository,
                    digest: digest,
                    "it refers to \(kind) \(digestOfPart), \(why)"
                )
                try await add(finding) { .beyondRepair("push \(kind) \(digestOfPart) again") }
            }
        }
    }

    /// Looks whether a referrer is in the list of its subject: the replaced server keeps no such list.
    private func verifyReferrer(_ manifest: Manifest, _ digest: Digest, in repository: RepositoryName) async throws {
        guard let subject = manifest.subject?.digest else { return }
        let path = StoreLayout.referrer(digest, of: subject, in: repository)
        let limit = registry.options.validation.limits.bytes
        let content = try await StorageError.ifPresent {
            try await driver.content(at: path, limit: max(limit, limit &* 2))
        }
        if let content, let json = try? JSONValue(parsing: content), (try? Descriptor(json: json)) != nil { return }
        let why = content == nil ? "the list of its subject \(subject) leaves it out" : "its entry in a list is broken"
        try await add(.init(.unlistedReferrer, at: path, in: repository, digest: digest, why)) {
            try await registry.indexReferrer(manifest, digest: digest, of: subject, in: repository)
            return .repaired("it was listed")
        }
    }
}
