import ShellSupport

/// Pushes, moves, mounts and deletes at random in repositories of its own, and keeps account of what it was told.
///
/// It works on one request after the other, so that at any time at most one of them is without an answer.
actor Pusher {
    private let name: String
    private let server: RegistryProcess.Server
    private var random: Randomness
    private(set) var ledger = Ledger()
    /// Answers that no server should give.
    private(set) var surprises: [String] = []

    var repository: String { "crash/\(name)" }
    var other: String { "crash/\(name)/mounted" }

    init(name: String, seed: UInt64, server: RegistryProcess.Server) {
        self.name = name
        self.server = server
        random = Randomness(seed: seed)
    }

    /// Notes what was found of a blob.
    func note(_ place: Ledger.Place, _ fate: Ledger.Fate) { ledger.blobs[place] = fate }

    /// Notes what was found of a manifest.
    func note(manifest place: Ledger.Place, _ fate: Ledger.Fate) { ledger.manifests[place] = fate }

    /// Notes where a tag was found to lead.
    func note(tag: String, _ digest: String?) { ledger.tags[tag] = [digest] }

    /// The unfinished uploads, which are then nobody's.
    func takeUploads() -> [Ledger.Upload] {
        defer { ledger.uploads = [] }
        return ledger.uploads
    }

    /// The answers that no server should have given, which are then told.
    func takeSurprises() -> [String] {
        defer { surprises = [] }
        return surprises
    }

    /// True so often of a hundred.
    func roll(_ percent: Int) -> Bool { random.chance(percent) }

    /// Works until the server is gone.
    func work(against wire: WireClient) async {
        do {
            while true { try await step(wire) }
        } catch {
            // The server died: what the last request was about is noted as undecided before it is sent.
        }
    }

    private func step(_ wire: WireClient) async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<25: try await pushAtOnce(wire)
        case 25..<50: try await pushInChunks(wire)
        case 50..<80: try await pushManifest(wire)
        case 80..<86: try await mount(wire)
        case 86..<92: try await deleteBlob(wire)
        case 92..<96: try await deleteManifest(wire)
        default: try await deleteTag(wire)
        }
    }

    private func send(_ request: WireRequest, _ wire: WireClient, expecting status: Int) async throws -> WireResponse? {
        let response = try await wire.send(request)
        guard response.status == status else {
            surprises.append("\(request.method) \(request.target): \(response.status) \(response.text.prefix(200))")
            return nil
        }
        ledger.acknowledgements += 1
        return response
    }

    private func begin(_ wire: WireClient) async throws -> String? {
        let request = WireRequest("POST", "/v2/\(repository)/blobs/uploads/", body: [])
        return try await send(request, wire, expecting: 202)?.path
    }

    private func newContent() -> (Content, [UInt8], String) {
        let content = Content.random(using: &random)
        let bytes = content.bytes
        let digest = contentDigest(bytes)
        ledger.contents[digest] = content
        return (content, bytes, digest)
    }

    private func pushAtOnce(_ wire: WireClient) async throws {
        let (_, bytes, digest) = newContent()
        guard let location = try await begin(wire) else { return }
        let place = Ledger.Place(repository: repository, digest: digest)
        ledger.blobs[place] = .either
        let put = WireRequest("PUT", location.adding("digest=\(digest)"), headers: octets, body: bytes)
        if try await send(put, wire, expecting: 201) != nil { ledger.blobs[place] = .present }
    }

    private func pushInChunks(_ wire: WireClient) async throws {
        let (content, bytes, digest) = newContent()
        guard let location = try await begin(wire) else { return }
        ledger.uploads.append(.init(content: content, digest: digest, location: location, acknowledged: 0, sent: 0))
        let current = ledger.uploads.count - 1
        let parts = Int.random(in: 1...4, using: &random)
        for part in 1...parts {
            let start = ledger.uploads[current].sent
            let end = part == parts ? bytes.count : Int.random(in: start...bytes.count, using: &random)
            guard end > start else { continue }
            ledger.uploads[current].sent = end
            let patch = WireRequest(
                "PATCH",
                ledger.uploads[current].location,
                headers: octets + [("Content-Range", "\(start)-\(end - 1)")],
                body: Array(bytes[start..<end])
            )
            guard let response = try await send(patch, wire, expecting: 202), let next = response.path else { return }
            ledger.uploads[current].location = next
            ledger.uploads[current].acknowledged = end
        }
        // Some are left for the next server.
        if random.chance(30) { return }
        try await finish(current, wire)
    }

    private func finish(_ index: Int, _ wire: WireClient) async throws {
        let upload = ledger.uploads[index]
        let place = Ledger.Place(repository: repository, digest: upload.digest)
        ledger.uploads[index].isEnding = true
        ledger.blobs[place] = .either
        let put = WireRequest("PUT", upload.location.adding("digest=\(upload.digest)"), headers: octets, body: [])
        guard try await send(put, wire, expecting: 201) != nil else { return }
        ledger.blobs[place] = .present
        ledger.uploads.remove(at: index)
    }

    private func pushManifest(_ wire: WireClient) async throws {
        let blobs = ledger.presentBlobs(in: repository)
        guard let config = blobs.randomElement(using: &random), let layer = blobs.randomElement(using: &random) else {
            return try await pushAtOnce(wire)
        }
        let image = Ledger.Image(text: manifest(config, layer, number: random.next()), blobs: [config, layer])
        let digest = contentDigest(Array(image.text.utf8))
        let tag = "t\(Int.random(in: 0..<4, using: &random))"
        let place = Ledger.Place(repository: repository, digest: digest)
        ledger.images[digest] = image
        ledger.manifests[place] = .either
        ledger.tags[tag, default: [nil]].insert(digest)
        let put = WireRequest(
            "PUT",
            "/v2/\(repository)/manifests/\(tag)",
            headers: [("Content-Type", "application/vnd.oci.image.manifest.v1+json")],
            body: Array(image.text.utf8)
        )
        guard try await send(put, wire, expecting: 201) != nil else { return }
        ledger.manifests[place] = .present
        ledger.tags[tag] = [digest]
    }

    private func manifest(_ config: String, _ layer: String, number: UInt64) -> String {
        func descriptor(_ digest: String, _ type: String) -> String {
            #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(ledger.contents[digest]?.size ?? 0)}"#
        }
        return #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":"#
            + descriptor(config, "application/vnd.oci.image.config.v1+json") + #","layers":["#
            + descriptor(layer, "application/vnd.oci.image.layer.v1.tar") + #"],"annotations":{"n":"\#(number)"}}"#
    }

    private func mount(_ wire: WireClient) async throws {
        guard let digest = ledger.presentBlobs(in: repository).randomElement(using: &random) else { return }
        let place = Ledger.Place(repository: other, digest: digest)
        if ledger.blobs[place] != .present { ledger.blobs[place] = .either }
        let post = WireRequest("POST", "/v2/\(other)/blobs/uploads/?mount=\(digest)&from=\(repository)", body: [])
        if try await send(post, wire, expecting: 201) != nil { ledger.blobs[place] = .present }
    }

    private func deleteBlob(_ wire: WireClient) async throws {
        let needed = ledger.neededBlobs
        let loose = ledger.presentBlobs(in: repository).filter { !needed.contains($0) }
        guard let digest = loose.randomElement(using: &random) else { return }
        let place = Ledger.Place(repository: repository, digest: digest)
        ledger.blobs[place] = .either
        let request = WireRequest("DELETE", "/v2/\(repository)/blobs/\(digest)")
        if try await send(request, wire, expecting: 202) != nil { ledger.blobs[place] = .absent }
    }

    private func deleteManifest(_ wire: WireClient) async throws {
        guard let digest = ledger.presentManifests(in: repository).randomElement(using: &random) else { return }
        let place = Ledger.Place(repository: repository, digest: digest)
        ledger.manifests[place] = .either
        let tags = ledger.tags.filter { $0.value.contains(digest) }.map(\.key)
        for tag in tags { ledger.tags[tag]?.insert(nil) }
        let request = WireRequest("DELETE", "/v2/\(repository)/manifests/\(digest)")
        guard try await send(request, wire, expecting: 202) != nil else { return }
        ledger.manifests[place] = .absent
        for tag in tags { ledger.tags[tag] = [nil] }
    }

    private func deleteTag(_ wire: WireClient) async throws {
        // Debian's registry can't.
        guard server == .registryd,
            let tag = ledger.tags.filter({ $0.value.count == 1 && !$0.value.contains(nil) }).keys.sorted()
                .randomElement(using: &random)
        else { return }
        ledger.tags[tag]?.insert(nil)
        let request = WireRequest("DELETE", "/v2/\(repository)/manifests/\(tag)")
        if try await send(request, wire, expecting: 202) != nil { ledger.tags[tag] = [nil] }
    }

    private var octets: [(name: String, value: String)] { [("Content-Type", "application/octet-stream")] }
}

extension WireResponse {
    /// The path and query of the answer's location.
    var path: String? {
        guard let location = self["Location"] else { return nil }
        guard let scheme = location.firstRange(of: "://") else { return location }
        guard let slash = location[scheme.upperBound...].firstIndex(of: "/") else { return nil }
        return String(location[slash...])
    }
}

extension String {
    /// A target with one more member of its query.
    func adding(_ member: String) -> String { self + (contains("?") ? "&" : "?") + member }
}
