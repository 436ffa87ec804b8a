import ShellSupport

/// One client of the storm. Its tags and manifests are its own; layers and repositories are everybody's.
struct StormClient: Sendable {
    /// What went wrong and what did not.
    struct Account: Sendable {
        var pushes = 0
        var mounts = 0
        var skips = 0
        var pulls = 0
        var deletions = 0
        /// Pushes that were refused though nothing was wrong with them.
        var failedPushes: [String] = []
        /// Tags of ours that could not be pulled whole.
        var brokenPulls: [String] = []

        mutating func add(_ other: Account) {
            pushes += other.pushes
            mounts += other.mounts
            skips += other.skips
            pulls += other.pulls
            deletions += other.deletions
            failedPushes += other.failedPushes
            brokenPulls += other.brokenPulls
        }
    }

    static let repositories = ["a", "team/b", "team/b/c"]
    private static let layers = (0..<120).map { Content(seed: UInt64($0), size: 50 + $0 * 173) }
    private static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    private static let indexType = "application/vnd.oci.image.index.v1+json"

    let number: Int
    let wire: WireClient
    /// Debian's registry can't delete tags, and knows nothing of subjects.
    let isPeer: Bool
    private(set) var holdings = Holdings()
    private(set) var account = Account()
    private var random: Randomness
    private var count = 0

    /// Why a push ended.
    private struct Refused: Error {
        let text: String
    }

    init(number: Int, wire: WireClient, isPeer: Bool, seed: UInt64) {
        self.number = number
        self.wire = wire
        self.isPeer = isPeer
        random = Randomness(seed: seed)
    }

    mutating func step() async throws {
        // Few manifests at a time, so that there is always garbage.
        if holdings.manifests.count > 40 { return try await deleteManifest() }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8: try await push(tag: "tag\(Int.random(in: 0..<4, using: &random))-\(number)")
        case 8..<10: try await push(tag: nil)
        case 10: try await pushAgain()
        case 11..<13: try await pushIndex()
        case 13: try await pushReferrer()
        case 14: try await deleteTag()
        case 15..<17: try await deleteManifest()
        default: if let (key, digest) = any(of: holdings.tags) { try await pull(key, digest) }
        }
    }

    /// Pulls all tags.
    mutating func pullAll() async throws {
        for (key, digest) in holdings.tags { try await pull(key, digest) }
    }

    /// One of some, the same one in every run with one seed.
    private mutating func any<Value>(of some: [Holdings.Key: Value]) -> (key: Holdings.Key, value: Value)? {
        some.sorted { ($0.key.repository, $0.key.name) < ($1.key.repository, $1.key.name) }
            .randomElement(using: &random)
    }

    // MARK: Pushing

    private mutating func push(
        tag: String?,
        subject: String? = nil,
        in repository: String? = nil
    ) async throws {
        count += 1
        let repository = repository ?? Self.repositories[Int.random(in: 0..<3, using: &random)]
        let contents = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            Self.layers[Int.random(in: 0..<Self.layers.count, using: &random)]
        }
        var blobs: [String] = []
        do {
            for content in contents { blobs.append(try await provide(content, in: repository)) }
        } catch let refused as Refused {
            return account.failedPushes.append(refused.text)
        }
        let text = Self.image(Array(zip(blobs, contents)), subject: subject, note: "\(number)-\(count)")
        let manifest = Holdings.Manifest(text: text, blobs: blobs, subject: subject)
        try await put(manifest, Self.manifestType, tag: tag, in: repository)
    }

    private static func image(_ blobs: [(digest: String, content: Content)], subject: String?, note: String) -> String {
        let parts = blobs.map {
            #"{"mediaType":"application/octet-stream","digest":"\#($0.digest)","size":\#($0.content.size)}"#
        }
        let about = subject.map { #","subject":{"mediaType":"\#(manifestType)","digest":"\#($0)","size":2}"# } ?? ""
        return #"{"schemaVersion":2,"mediaType":"\#(manifestType)","config":\#(parts[0]),"layers":["#
            + parts.dropFirst().joined(separator: ",") + #"],"annotations":{"note":"\#(note)"}\#(about)}"#
    }

    /// Sees to it that a blob is there, as clients do: looks, mounts, or sends it.
    private mutating func provide(_ content: Content, in repository: String) async throws -> String {
        let bytes = content.bytes
        let digest = contentDigest(bytes)
        let kind = Int.random(in: 0..<10, using: &random)
        if kind < 6 {
            let head = try await wire.send(WireRequest("HEAD", "/v2/\(repository)/blobs/\(digest)"))
            if head.status == 200 {
                account.skips += 1
                return digest
            }
            guard head.status == 404 else { throw Refused(text: "HEAD of a blob: \(head.status)") }
        }
        var begin = "/v2/\(repository)/blobs/uploads/"
        if kind >= 4, kind < 8 {
            begin += "?mount=\(digest)&from=\(Self.repositories[Int.random(in: 0..<3, using: &random)])"
        }
        let begun = try await wire.send(WireRequest("POST", begin, body: []))
        if begun.status == 201 {
            account.mounts += 1
            return digest
        }
        guard begun.status == 202, let location = begun.place else {
            throw Refused(text: "POST of an upload: \(begun.status) \(begun.text.prefix(200))")
        }
        let target = location + (location.contains("?") ? "&" : "?") + "digest=\(digest)"
        let type = [(name: "Content-Type", value: "application/octet-stream")]
        let put = try await wire.send(WireRequest("PUT", target, headers: type, body: bytes))
        guard put.status == 201 else { throw Refused(text: "PUT of a blob: \(put.status) \(put.text.prefix(200))") }
        return digest
    }

    private mutating func put(
        _ manifest: Holdings.Manifest,
        _ type: String,
        tag: String?,
        in repository: String
    ) async throws {
        let digest = contentDigest(Array(manifest.text.utf8))
        let request = WireRequest(
            "PUT",
            "/v2/\(repository)/manifests/\(tag ?? digest)",
            headers: [("Content-Type", type)],
            body: Array(manifest.text.utf8)
        )
        let answer = try await wire.send(request)
        guard answer.status == 201 else {
            return account.failedPushes.append("PUT of a manifest: \(answer.status) \(answer.text.prefix(300))")
        }
        account.pushes += 1
        holdings.manifests[.init(repository: repository, name: digest)] = manifest
        if let tag { holdings.tags[.init(repository: repository, name: tag)] = digest }
    }

    /// Pushes a manifest once more by another tag, whether it is still there or not, with all its blobs.
    private mutating func pushAgain() async throws {
        guard let (key, manifest) = any(of: holdings.manifests), manifest.children.isEmpty, !holdings.isUsed(key),
            holdings.isWhole(key.name, children: [], in: key.repository)
        else { return }
        do {
            for blob in manifest.blobs {
                guard let content = Self.layers.first(where: { contentDigest($0.bytes) == blob }) else { continue }
                _ = try await provide(content, in: key.repository)
            }
        } catch let refused as Refused {
            return account.failedPushes.append(refused.text)
        }
        try await put(manifest, Self.manifestType, tag: "again-\(number)", in: key.repository)
    }

    /// An index of manifests that were pushed before, of those that are still there.
    private mutating func pushIndex() async throws {
        let repository = Self.repositories[Int.random(in: 0..<3, using: &random)]
        var candidates = holdings.manifests.filter { $0.key.repository == repository && $0.value.children.isEmpty }
        var children: [String] = []
        while children.count < 2, let (key, _) = any(of: candidates) {
            candidates[key] = nil
            guard holdings.isWhole(key.name, children: [], in: repository) else { continue }
            let target = "/v2/\(repository)/manifests/\(key.name)"
            let head = try await wire.send(WireRequest("HEAD", target, headers: accept))
            if head.status == 200 { children.append(key.name) }
        }
        guard !children.isEmpty else { return }
        let list = children.map { digest in
            let size = holdings.manifests[.init(repository: repository, name: digest)]?.text.utf8.count ?? 0
            return #"{"mediaType":"\#(Self.manifestType)","digest":"\#(digest)","size":\#(size)}"#
        }
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(Self.indexType)","manifests":[\#(list.joined(separator: ","))]}"#
        let manifest = Holdings.Manifest(text: text, children: children)
        guard holdings.isWhole(contentDigest(Array(text.utf8)), children: children, in: repository) else { return }
        try await put(manifest, Self.indexType, tag: "index-\(number)", in: repository)
    }

    private mutating func pushReferrer() async throws {
        guard !isPeer, let (key, subject) = any(of: holdings.tags) else { return }
        try await push(tag: nil, subject: subject, in: key.repository)
    }

    // MARK: Deleting and pulling

    private mutating func deleteTag() async throws {
        guard !isPeer, let (key, _) = any(of: holdings.tags) else { return }
        let answer = try await wire.send(WireRequest("DELETE", "/v2/\(key.repository)/manifests/\(key.name)"))
        account.deletions += 1
        if answer.status != 202 { account.brokenPulls.append("DELETE of tag \(key.name): \(answer.status)") }
        holdings.tags[key] = nil
    }

    private mutating func deleteManifest() async throws {
        guard let (key, _) = any(of: holdings.manifests.filter { !holdings.isUsed($0.key) }) else { return }
        let answer = try await wire.send(WireRequest("DELETE", "/v2/\(key.repository)/manifests/\(key.name)"))
        account.deletions += 1
        // One that no tag led to may have been collected.
        let isTagged = holdings.tags.contains { $0.key.repository == key.repository && $0.value == key.name }
        if answer.status != 202, answer.status != 404 || isTagged {
            account.brokenPulls.append("DELETE of manifest \(key.name): \(answer.status) \(answer.text.prefix(200))")
        }
        holdings.manifests[key] = nil
        holdings.tags = holdings.tags.filter { $0.key.repository != key.repository || $0.value != key.name }
    }

    private mutating func pull(_ key: Holdings.Key, _ digest: String) async throws {
        account.pulls += 1
        if let wrong = try await wrong(with: key.name, digest, in: key.repository) {
            account.brokenPulls.append("\(key.repository):\(key.name): \(wrong)")
        }
    }

    /// What keeps a manifest from being pulled whole; `nil` when it is there with all that it refers to.
    func wrong(with reference: String, _ digest: String, in repository: String) async throws -> String? {
        let request = WireRequest("GET", "/v2/\(repository)/manifests/\(reference)", headers: accept)
        let answer = try await wire.send(request)
        guard answer.status == 200 else { return "the manifest answers \(answer.status)" }
        guard contentDigest(answer.body) == digest else { return "the manifest is another" }
        guard let manifest = holdings.manifests[.init(repository: repository, name: digest)] else { return nil }
        for child in manifest.children {
            if let wrong = try await wrong(with: child, child, in: repository) { return "its child: \(wrong)" }
        }
        for blob in manifest.blobs {
            let answer = try await wire.send(WireRequest("GET", "/v2/\(repository)/blobs/\(blob)"))
            guard answer.status == 200 else { return "a blob answers \(answer.status)" }
            guard contentDigest(answer.body) == blob else { return "a blob has other bytes" }
        }
        return nil
    }

    private var accept: [(name: String, value: String)] { [("Accept", RegistryReader.manifestTypes)] }
}

extension WireResponse {
    /// The path and query of the answer's location.
    fileprivate var place: String? {
        guard let location = self["Location"] else { return nil }
        guard let scheme = location.firstRange(of: "://") else { return location }
        guard let slash = location[scheme.upperBound...].firstIndex(of: "/") else { return nil }
        return String(location[slash...])
    }
}
