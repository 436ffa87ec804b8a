internal import NIOCore

/// What a link holds.
enum LinkContent: Sendable, Hashable {
    /// There is no link.
    case absent
    /// It has no bytes.
    case empty
    /// A digest.
    case digest(Digest)
    /// Something else.
    case other

    /// What is wrong with a link that must hold one digest; `nil` when it does.
    func problem(expecting digest: Digest) -> (VerificationFinding.Problem, String)? {
        switch self {
        case .absent: nil
        case .empty: (.emptyLink, "it is empty")
        case .other: (.wrongLink, "it holds no digest")
        case .digest(let held): held == digest ? nil : (.wrongLink, "it holds \(held)")
        }
    }
}

extension Verifier {
    /// Reads a link as it is.
    func link(_ path: StoragePath) async throws -> LinkContent {
        do {
            let content = try await driver.content(at: path, limit: 256)
            if content.readableBytes == 0 { return .empty }
            return Digest(String(buffer: content)).map { .digest($0) } ?? .other
        } catch {
            switch error.code {
            case .notFound, .wrongKind: return .absent
            case .tooLarge: return .other
            default: throw error
            }
        }
    }

    /// Calls a body for each link below a folder that is ordered by digests, several at a time.
    func forEachLink(
        below folder: StoragePath,
        in repository: RepositoryName,
        atMost width: Int,
        _ body: @escaping @Sendable (StoragePath, Digest) async throws -> Void
    ) async throws {
        for algorithm in DigestAlgorithm.allCases {
            let folder = folder.appending(algorithm.rawValue)
            var pages = FolderPages(driver, folder, absences: [.notFound, .wrongKind])
            var entries: ArraySlice<StorageListing.Entry> = []
            try await reading(folder, in: repository) {
                try await forEachConcurrently(atMost: width, on: registry.shared.hashing) {
                    while true {
                        if entries.isEmpty { entries = try await pages.next()?[...] ?? [] }
                        guard let entry = entries.popFirst() else { return Digest?.none }
                        if let digest = Digest("\(algorithm.rawValue):\(entry.name)") { return digest }
                        add(.init(.leftover, at: folder.appending(entry.name), in: repository, "its name is no digest"))
                    }
                } _: { digest in
                    let path = folder.appending("\(digest.hex)/link")
                    try await reading(path, in: repository, digest: digest) { try await body(path, digest) }
                }
            }
        }
    }

    /// Reads the links that make blobs part of a repository.
    func verifyLayerLinks(of repository: RepositoryName, _ needs: RepositoryNeeds) async throws {
        let folder = StoreLayout.repository(repository).appending("_layers")
        try await forEachLink(below: folder, in: repository, atMost: widthInRepository) { path, digest in
            try await verifyLink(path, named: digest, in: repository, needs) { true }
        }
    }

    /// Reads a link that is named by the digest of what it makes part of a repository.
    ///
    /// - Parameter fits: whether the blob of that digest is what the link can lead to; asked before it is written again.
    /// - Returns: the blob that it leads to, if that is whole.
    @discardableResult
    func verifyLink(
        _ path: StoragePath,
        named digest: Digest,
        in repository: RepositoryName,
        _ needs: RepositoryNeeds,
        fits: () async throws -> Bool
    ) async throws -> Digest? {
        let content = try await link(path)
        if content == .absent { return nil }
        state.count { $0.links += 1 }
        // By another algorithm a blob is linked to where it lies; which that is, only the link says.
        let target: Digest
        if digest.algorithm == .canonical {
            target = digest
        } else if case .digest(let held) = content {
            target = held
        } else {
            let (problem, why) = content.problem(expecting: digest) ?? (.wrongLink, "it is unknown")
            try await add(.init(problem, at: path, in: repository, digest: digest, why)) {
                .beyondRepair("where its content lies is not known; it counts as absent, push it again")
            }
            return nil
        }
        if digest.algorithm == .canonical, let (problem, why) = content.problem(expecting: digest) {
            let finding = VerificationFinding(problem, at: path, in: repository, digest: digest, why)
            try await add(finding) { try await rewrite(path, holding: content, to: digest, fits) }
            guard options.repairs else { return nil }
            return try await link(path) == .digest(digest) ? digest : nil
        }
        switch try await blobState(target) {
        case .whole: return target
        case .unreadable: return nil
        case .missing, .broken:
            let why = "it leads to \(target == digest ? "content" : "\(target)") that the store does not have whole"
            let finding = VerificationFinding(.linkToNothing, at: path, in: repository, digest: digest, why)
            needs.add(.init(finding: finding, path: path, digest: digest, target: target))
            return nil
        }
    }

    /// Writes a link again whose path says what it held, or takes it away when there is nothing to lead to.
    private func rewrite(
        _ path: StoragePath,
        holding content: LinkContent,
        to digest: Digest,
        _ fits: () async throws -> Bool
    ) async throws -> VerificationFinding.Outcome {
        switch try await blobState(digest) {
        case .unreadable: return .beyondRepair("whether its content is whole is not known")
        case .whole where try await fits():
            guard try await link(path) == content else { return .repaired("it was written meanwhile") }
            try await registry.writeLink(path, to: digest)
            return .repaired("it was written again")
        case .whole:
            // What does not fit now never will: the digest says what the content is.
            guard try await link(path) == content else { return .repaired("it was written meanwhile") }
            try await registry.deleteIfPresent(path)
            return .repaired("it was taken away, since its content is no manifest")
        case .missing, .broken: return try await remove(path, holding: content, target: digest)
        }
    }

    /// Takes away a link to content that is not there. A push writes content before its link; so if the content is
    /// there after the link went, the link that went may have been the push's, and is put back.
    private func remove(
        _ path: StoragePath,
        holding content: LinkContent,
        target: Digest
    ) async throws -> VerificationFinding.Outcome {
        guard try await link(path) == content else { return .repaired("it was written meanwhile") }
        guard try await registry.blobSize(target) == nil else {
            return .beyondRepair("there is something where its content lies, perhaps of a push; verify it again")
        }
        try await registry.deleteIfPresent(path)
        if try await registry.blobSize(target) != nil {
            try await registry.writeLink(path, to: target)
            return .repaired("its content was pushed meanwhile")
        }
        return .repaired("it was taken away")
    }

    /// Takes away the links to nothing that nothing needs, and tells of all.
    func settleLinksToNothing(_ needs: RepositoryNeeds) async throws {
        for link in needs.deadLinks {
            // Deleted or pushed since it was read, it is not what it was.
            let content = try? await self.link(link.path)
            guard content == .digest(link.target), try await blobState(link.target) != .whole else { continue }
            try await add(link.finding) {
                // Kept for whoever pushes the content again: what refers to it is then whole again.
                if needs.isNeeded(link.digest) || needs.isNeeded(link.target) {
                    return .beyondRepair("the content is lost, and something refers to it; push it again")
                }
                return try await remove(link.path, holding: .digest(link.target), target: link.target)
            }
        }
    }

    /// Looks for what interrupted uploads left. Uploads that may still go on are not touched; they go by age.
    func verifyUploads(of repository: RepositoryName) async throws {
        let folder = StoreLayout.repository(repository).appending("_uploads")
        try await reading(folder, in: repository) {
            var pages = FolderPages(driver, folder, absences: [.notFound, .wrongKind])
            while let page = try await pages.next() {
                for entry in page {
                    let path = folder.appending(entry.name)
                    guard try await driver.exists(at: path),
                        try await !driver.exists(at: path.appending("startedat"))
                    else { continue }
                    add(.init(.leftover, at: path, in: repository, "an upload that no client can go on with"))
                }
            }
        }
    }
}
