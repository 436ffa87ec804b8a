/// One thing that a verification found, and what was done about it.
public struct VerificationFinding: Sendable, Hashable {
    /// What is wrong.
    public enum Problem: String, Sendable, Hashable, CaseIterable {
        /// A link without content: a crash of the replaced server leaves such.
        case emptyLink = "empty-link"
        /// A link whose content is not what its path says.
        case wrongLink = "wrong-link"
        /// A link to content that the store does not have whole.
        case linkToNothing = "link-to-nothing"
        /// A blob whose bytes do not hash to its digest: cut short, or changed.
        case brokenBlob = "broken-blob"
        /// A manifest that can't be read as one.
        case brokenManifest = "broken-manifest"
        /// A manifest that refers to content which its repository does not have.
        case missingContent = "missing-content"
        /// A tag that leads to no manifest.
        case danglingTag = "dangling-tag"
        /// A manifest that its subject's list of referrers leaves out.
        case unlistedReferrer = "unlisted-referrer"
        /// Something that the store could not give: it is not known whether it is broken, and never touched.
        case unreadable
        /// Something that nothing needs, such as what an interrupted request left.
        case leftover
    }

    /// What was done.
    public enum Outcome: Sendable, Hashable {
        /// Nothing; no repair was asked for.
        case reported
        /// It was mended; how, in words.
        case repaired(String)
        /// It can't be mended here; why, in words.
        case beyondRepair(String)
    }

    /// What is wrong.
    public let problem: Problem
    /// Where it lies.
    public let path: StoragePath
    /// The repository that it is part of; `nil` for a blob's bytes.
    public let repository: RepositoryName?
    /// The content that it is about.
    public let digest: Digest?
    /// The tag that it is about.
    public let tag: Tag?
    /// What exactly is wrong, in words.
    public let explanation: String
    /// What was done.
    public internal(set) var outcome = Outcome.reported

    init(
        _ problem: Problem,
        at path: StoragePath,
        in repository: RepositoryName? = nil,
        digest: Digest? = nil,
        tag: Tag? = nil,
        _ explanation: String
    ) {
        self.problem = problem
        self.path = path
        self.repository = repository
        self.digest = digest
        self.tag = tag
        self.explanation = explanation
    }

    /// Whether a client can come to notice it: it is no mere leftover.
    public var isDamage: Bool { problem != .leftover && problem != .unlistedReferrer && problem != .unreadable }

    /// Whether it was mended.
    public var isRepaired: Bool {
        if case .repaired = outcome { true } else { false }
    }
}

extension VerificationFinding: CustomStringConvertible {
    /// One line: the problem, the place, what is wrong and what was done.
    public var description: String {
        let subject = [
            repository?.description, tag.map { "tag \($0)" }, digest?.description,
        ].compactMap { $0 }.joined(separator: " ")
        let done =
            switch outcome {
            case .reported: ""
            case .repaired(let how): "; repaired: \(how)"
            case .beyondRepair(let why): "; not repaired: \(why)"
            }
        return "\(problem.rawValue): \(subject.isEmpty ? path.description : subject): \(explanation)\(done)"
    }
}
