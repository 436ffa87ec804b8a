import NIOPosix
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import Testing

/// A subject of bad requests: one of the files in `Cases`.
struct Subject: Sendable, CustomTestStringConvertible {
    var name: String
    var requests: [BadRequest]
    /// Whether the server of these requests waits half a second and no longer.
    var isSlow = false

    var testDescription: String { name }

    static let all: [Subject] = [
        Subject(name: "names", requests: NameCases.all),
        Subject(name: "traversal", requests: TraversalCases.all),
        Subject(name: "digests", requests: DigestCases.all),
        Subject(name: "uploads", requests: UploadCases.all),
        Subject(name: "ranges", requests: RangeCases.all),
        Subject(name: "mounts", requests: MountCases.all),
        Subject(name: "shapes of manifests", requests: ManifestShapeCases.all),
        Subject(name: "members of manifests", requests: ManifestFieldCases.all),
        Subject(name: "tags", requests: TagCases.all),
        Subject(name: "lists", requests: ListCases.all),
        Subject(name: "methods", requests: MethodCases.all),
        Subject(name: "heads", requests: HeadCases.all),
        Subject(name: "lengths", requests: LengthCases.all),
        Subject(name: "chunks", requests: ChunkCases.all),
        Subject(name: "smuggling", requests: SmugglingCases.all),
        Subject(name: "slow senders", requests: SlowCases.all, isSlow: true),
    ]
}

extension Subject {
    /// What a registry with an image in it is made of here: files in a folder, and the server's own limits.
    static func setup(in folder: String, isSlow: Bool = false) -> TestRegistry.Setup {
        var setup = TestRegistry.Setup()
        setup.driver = FilesystemDriver(root: folder, threadPool: .singleton)
        if isSlow {
            setup.server.timeouts.head = .milliseconds(500)
            setup.server.timeouts.idle = .milliseconds(500)
            setup.server.timeouts.body = .milliseconds(500)
        }
        return setup
    }

    /// Sends every request to a registry of ours, one after the other, and records what is wrong.
    func tryAll() async throws {
        try await withFolder { folder in
            try await TestRegistry.run(Self.setup(in: folder, isSlow: isSlow)) { registry in
                let client = registry.client
                try await Image.push(with: client)
                for request in requests {
                    let upload = try await StagedUpload.prepare(request.stage, with: client)
                    let before = FolderListing(folder)
                    let trial = try await Trial.run(request, upload: upload, port: registry.port)
                    try await cancelUnwanted(trial, with: client)
                    let changes = FolderListing(folder).changes(
                        since: before,
                        countingUploads: !request.mayChangeUpload
                    )
                    try await upload?.cancel(with: client)
                    let fault = trial.fault ?? (changes.isEmpty ? nil : "something was written: \(changes)")
                    if let fault { Issue.record("\(name), \(request.name): \(fault)\n\(trial.report)") }
                }
                #expect(try await Image.damage(client) == [])
            }
        }
    }

    /// Ends an upload that an answer has begun, as a mount of what is not there does.
    private func cancelUnwanted(_ trial: Trial, with client: HTTPTestClient) async throws {
        guard let answer = trial.answers.last, answer.status == 202, answer.headers["Docker-Upload-UUID"] != nil else {
            return
        }
        try await StagedUpload(answer, offset: 0).cancel(with: client)
    }
}
