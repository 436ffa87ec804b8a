import Synchronization

/// One verification of a store. Its parts lie in extensions: blobs, links, manifests, tags, and what mends them.
struct Verifier: Sendable {
    let registry: Registry
    let options: VerificationOptions
    let rate: ReadRate
    let state: State

    /// What is known so far.
    final class State: Sendable {
        struct Known {
            var report = VerificationReport()
            /// Blobs that lie in their place and are broken.
            var broken: Set<Digest> = []
            /// Blobs of which nothing is known.
            var unreadable: Set<Digest> = []
        }

        private let known = Mutex(Known())
        private let tell: @Sendable (VerificationProgress) -> Void

        init(tell: @escaping @Sendable (VerificationProgress) -> Void) { self.tell = tell }

        func withLock<Result: Sendable>(_ body: (inout Known) -> Result) -> Result {
            known.withLock { known in body(&known) }
        }

        /// Changes the counts and tells of them.
        func count(_ change: (inout VerificationProgress) -> Void) {
            let counts = known.withLock { known in
                change(&known.report.counts)
                return known.report.counts
            }
            tell(counts)
        }
    }

    /// What is known of a blob that something points to.
    enum BlobState {
        case whole, missing, broken, unreadable
    }

    init(
        registry: Registry,
        options: VerificationOptions,
        tell: @escaping @Sendable (VerificationProgress) -> Void
    ) {
        self.registry = registry
        self.options = options
        rate = ReadRate(options.bytesPerSecond)
        state = State(tell: tell)
    }

    var driver: any StorageDriver { registry.driver }

    func run() async throws -> VerificationReport {
        if options.repairs { try await putBackWholeBlobs() }
        try await countAll()
        state.count { $0.phase = .blobs }
        try await verifyBlobs()
        // After the places: what is taken from there while they are gone through is read here.
        try await verifyHeldBlobs()
        state.count { $0.phase = .repositories }
        try await verifyRepositories()
        state.count { $0.phase = .done }
        return state.withLock { known in
            var report = known.report
            report.findings.sort { $0.path.description < $1.path.description }
            return report
        }
    }

    /// How many links of one repository are read at once: so many that few large repositories and many small ones are
    /// read side by side alike.
    var widthInRepository: Int { options.concurrency > 1 ? 2 : 1 }

    private func verifyRepositories() async throws {
        var folders = RepositoryFolders(driver: driver)
        try await forEachConcurrently(
            atMost: options.concurrency / widthInRepository,
            on: registry.shared.hashing
        ) {
            try await folders.next()
        } _: { found in
            switch found {
            case .repository(let name):
                try await verify(name)
                state.count { $0.repositories += 1 }
            case .unreadable(let path, let error): add(.init(.unreadable, at: path, "\(error)"))
            case .stranger(let path): add(.init(.leftover, at: path, "its path is no name of a repository"))
            }
        }
    }

    private func verify(_ repository: RepositoryName) async throws {
        let needs = RepositoryNeeds()
        try await verifyLayerLinks(of: repository, needs)
        try await verifyRevisions(of: repository, needs)
        try await verifyTags(of: repository, needs)
        try await settleLinksToNothing(needs)
        try await verifyUploads(of: repository)
    }

    /// Counts what there is to read. What can't be counted is told when it is read.
    private func countAll() async throws {
        do {
            try await forEachBlob { _, path in
                let metadata = try? await driver.metadata(at: path)
                guard let metadata, metadata.kind == .object else { return }
                state.count {
                    $0.blobsTotal += 1
                    $0.bytesTotal += metadata.size
                }
            } stranger: { _, _ in
            }
        } catch is StorageError {
        }
        var folders = RepositoryFolders(driver: driver)
        while let found = try await folders.next() {
            if case .repository = found { state.count { $0.repositoriesTotal += 1 } }
        }
    }

    /// Takes a finding into the report.
    func add(_ finding: VerificationFinding) {
        let limit = options.findingLimit
        state.withLock { $0.report.add(finding, keepingAtMost: limit) }
        state.count { _ in }
    }

    /// Takes a finding in; with repair, after the attempt to mend what it is about.
    ///
    /// - Parameter mend: mends it and says how, or why it can't be.
    func add(
        _ finding: VerificationFinding,
        mend: () async throws -> VerificationFinding.Outcome
    ) async throws {
        var finding = finding
        if options.repairs {
            do {
                finding.outcome = try await mend()
            } catch let error as StorageError {
                finding.outcome = .beyondRepair("the store refused: \(error)")
            }
        }
        add(finding)
    }

    /// Runs a check; what the store can't give becomes a finding.
    func reading(
        _ path: StoragePath,
        in repository: RepositoryName? = nil,
        digest: Digest? = nil,
        tag: Tag? = nil,
        _ check: () async throws -> Void
    ) async throws {
        do {
            try await check()
        } catch let error as StorageError {
            add(.init(.unreadable, at: path, in: repository, digest: digest, tag: tag, "\(error)"))
        }
    }

    /// What is known of a blob, or can be seen without reading it.
    func blobState(_ canonical: Digest) async throws -> BlobState {
        let known: BlobState? = state.withLock { known in
            if known.broken.contains(canonical) { return .broken }
            return known.unreadable.contains(canonical) ? .unreadable : nil
        }
        if let known { return known }
        return try await registry.blobSize(canonical) == nil ? .missing : .whole
    }
}

/// What one repository's content needs, and which of its links lead nowhere; filled by checks that run side by side.
final class RepositoryNeeds: Sendable {
    /// A link to content that the store does not have whole.
    struct DeadLink: Sendable {
        let finding: VerificationFinding
        let path: StoragePath
        /// The digest in the link's path.
        let digest: Digest
        /// The blob that it leads to.
        let target: Digest
    }

    private struct State {
        var lost: Set<Digest> = []
        var deadLinks: [DeadLink] = []
    }

    private let state = Mutex(State())

    /// Notes that something refers to content which is not there.
    func needs(lost digest: Digest) { state.withLock { _ = $0.lost.insert(digest) } }

    /// Whether something refers to content which is not there.
    func isNeeded(_ digest: Digest) -> Bool { state.withLock { $0.lost.contains(digest) } }

    func add(_ link: DeadLink) { state.withLock { $0.deadLinks.append(link) } }

    var deadLinks: [DeadLink] { state.withLock { $0.deadLinks } }
}
