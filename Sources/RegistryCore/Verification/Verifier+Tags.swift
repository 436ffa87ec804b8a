extension Verifier {
    /// An entry of a tag's history.
    private struct HistoryEntry: Sendable, Hashable {
        let digest: Digest
        /// When the tag came to point to it, in nanoseconds since 1970.
        let modified: Int64
    }

    /// How often a tag is looked at again that others move while it is mended.
    private static var attempts: Int { 8 }

    /// Reads the tags of a repository.
    func verifyTags(of repository: RepositoryName, _ needs: RepositoryNeeds) async throws {
        let folder = StoreLayout.tags(in: repository)
        var pages = FolderPages(driver, folder, absences: [.notFound, .wrongKind])
        var entries: ArraySlice<StorageListing.Entry> = []
        try await reading(folder, in: repository) {
            try await forEachConcurrently(atMost: widthInRepository, on: registry.shared.hashing) {
                while true {
                    if entries.isEmpty { entries = try await pages.next()?[...] ?? [] }
                    guard let entry = entries.popFirst() else { return Tag?.none }
                    if let tag = Tag(entry.name), entry.kind == .folder { return tag }
                    add(.init(.leftover, at: folder.appending(entry.name), in: repository, "its name is no tag"))
                }
            } _: { tag in
                let path = StoreLayout.tagCurrentLink(tag, in: repository)
                try await reading(path, in: repository, tag: tag) { try await verify(tag, in: repository, needs) }
            }
        }
    }

    private func verify(_ tag: Tag, in repository: RepositoryName, _ needs: RepositoryNeeds) async throws {
        let path = StoreLayout.tagCurrentLink(tag, in: repository)
        let current = try await link(path)
        if current != .absent {
            state.count {
                $0.tags += 1
                $0.links += 1
            }
        }
        try await verifyPointer(tag, current, in: repository, needs)
        try await forEachLink(below: historyFolder(tag, repository), in: repository, atMost: 1) { path, digest in
            let content = try await link(path)
            if content != .absent { state.count { $0.links += 1 } }
            guard let (problem, why) = content.problem(expecting: digest) else { return }
            let finding = VerificationFinding(problem, at: path, in: repository, digest: digest, tag: tag, why)
            try await add(finding) {
                guard try await link(path) == content else { return .repaired("it was written meanwhile") }
                try await registry.writeLink(path, to: digest)
                return .repaired("it was written again")
            }
        }
    }

    private func verifyPointer(
        _ tag: Tag,
        _ current: LinkContent,
        in repository: RepositoryName,
        _ needs: RepositoryNeeds
    ) async throws {
        let path = StoreLayout.tagCurrentLink(tag, in: repository)
        let why: String
        switch current {
        case .absent:
            // An interrupted push or deletion, whose answer nobody had: it could be the one or the other.
            guard try await !history(of: tag, in: repository).isEmpty else { return }
            return add(
                .init(.leftover, at: path, in: repository, tag: tag, "it has a history and points to nothing")
            )
        case .empty: why = "its pointer is empty"
        case .other: why = "its pointer holds no digest"
        case .digest(let digest):
            switch try await manifestState(digest, in: repository) {
            case .whole, .unreadable: return
            case .missing, .broken: why = "it points to \(digest), which the repository does not have whole"
            }
        }
        // A tag that was deleted or moved since it was read is not what it was.
        guard try await link(path) == current else { return }
        try await add(.init(.danglingTag, at: path, in: repository, tag: tag, why)) {
            try await restore(tag, pointing: current, in: repository)
        }
        if case .digest(let digest) = current, try await link(path) == current { needs.needs(lost: digest) }
    }

    /// Leads a tag to the newest manifest of its history that is whole.
    ///
    /// A push writes into the history before it moves the tag. So when the history has something newer after the tag
    /// was led back, a push may have moved the tag just before, and the tag is led there.
    private func restore(
        _ tag: Tag,
        pointing current: LinkContent,
        in repository: RepositoryName
    ) async throws -> VerificationFinding.Outcome {
        let path = StoreLayout.tagCurrentLink(tag, in: repository)
        var written: HistoryEntry?
        for _ in 0..<Self.attempts {
            // A deletion takes the pointer, then the history. What is written in between must go too.
            if let written, try await history(of: tag, in: repository).isEmpty {
                if try await link(path) == .digest(written.digest) { try await registry.deleteIfPresent(path) }
                return .repaired("it was deleted meanwhile")
            }
            guard let newest = try await newestWhole(of: tag, in: repository) else { break }
            if newest == written { break }
            let present = try await link(path)
            guard present == current || present == written.map({ .digest($0.digest) }) else {
                return .repaired("it was moved meanwhile")
            }
            try await registry.writeLink(path, to: newest.digest)
            written = newest
        }
        if let written { return .repaired("it points to \(written.digest) again, the newest of its history") }
        if case .digest = current { return .beyondRepair("nothing of its history is whole; push it again") }
        // What says nothing leads nowhere, and would be listed as a tag.
        guard try await link(path) == current else { return .repaired("it was moved meanwhile") }
        try await registry.deleteIfPresent(path)
        if let newest = try await newestWhole(of: tag, in: repository) {
            try await registry.writeLink(path, to: newest.digest)
            return .repaired("it was pushed meanwhile")
        }
        return .repaired("its pointer was taken away, since nothing of its history is whole")
    }

    private func historyFolder(_ tag: Tag, _ repository: RepositoryName) -> StoragePath {
        StoreLayout.tag(tag, in: repository).appending("index")
    }

    private func newestWhole(of tag: Tag, in repository: RepositoryName) async throws -> HistoryEntry? {
        for entry in try await history(of: tag, in: repository) {
            if try await manifestState(entry.digest, in: repository) == .whole { return entry }
        }
        return nil
    }

    /// Where a tag pointed, newest first. A link that is broken counts: its path says what it held.
    private func history(of tag: Tag, in repository: RepositoryName) async throws -> [HistoryEntry] {
        var entries: [HistoryEntry] = []
        for algorithm in DigestAlgorithm.allCases {
            let folder = historyFolder(tag, repository).appending(algorithm.rawValue)
            var pages = FolderPages(driver, folder, absences: [.notFound, .wrongKind])
            while let page = try await pages.next() {
                for entry in page {
                    guard let digest = Digest("\(algorithm.rawValue):\(entry.name)") else { continue }
                    let path = StoreLayout.tagIndexLink(digest, of: tag, in: repository)
                    let metadata = try await StorageError.ifPresent { try await driver.metadata(at: path) }
                    guard let metadata, metadata.kind == .object else { continue }
                    entries.append(HistoryEntry(digest: digest, modified: metadata.modified))
                }
            }
        }
        return entries.sorted { ($0.modified, $1.digest) > ($1.modified, $0.digest) }
    }

    /// What is known of a manifest of a repository.
    private func manifestState(_ digest: Digest, in repository: RepositoryName) async throws -> BlobState {
        guard let canonical = try await registry.storedDigest(ofRevision: digest, in: repository) else {
            return .missing
        }
        return try await blobState(canonical)
    }
}
