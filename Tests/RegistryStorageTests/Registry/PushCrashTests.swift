import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@Suite("What a registry has after a crash between any two steps of a use case")
struct PushCrashTests {
    private let content: PushedContent

    init() throws { content = try PushedContent() }

    private init(pushing content: PushedContent) { self.content = content }

    /// Records a body's steps, and judges the registry that is found after every crash; the same with the log.
    private func crashing(
        spares: SpareUploads? = nil,
        logs: [LogUse] = [.none, .bytes, .files],
        _ work: (Registry, CrashRecorder) async throws -> Void,
        judge: (Registry, CrashRecorder.Crash) async throws -> Void
    ) async throws {
        for log in logs {
            try await withTemporaryFolder { scratch in
                try await withTemporaryFolder { folder in
                    let length = content.blob.readableBytes > 8 << 10 ? 160 << 10 : 16 << 10
                    let recorder = CrashRecorder(
                        root: folder,
                        threadPool: .singleton,
                        logSegment: length,
                        logRecord: log.record,
                        keepsNames: log.keepsNames
                    )
                    try log.begin(recorder)
                    try await work(content.registry(on: recorder.driver, spares: spares), recorder)
                    try await recorder.endLog()
                    try await recorder.forEachCrash(in: scratch) { driver, crash in
                        let registry = content.registry(on: driver)
                        try await content.expectWhole(registry, "\(crash)")
                        let report = try await registry.verify()
                        #expect(report.damaged == 0 && report.problems[.unreadable] == nil, "\(crash)\n\(report.text)")
                        try await judge(registry, crash)
                    }
                }
            }
        }
    }

    @Test(
        "a blob that was acknowledged is there, and an upload goes on from what was acknowledged or is unknown",
        arguments: [false, true]
    )
    func pushBlob(inFolderOfAnother: Bool) async throws {
        let ids = Uploads()
        try await crashing(spares: inFolderOfAnother ? SpareUploads() : nil) { registry, recorder in
            if inFolderOfAnother {
                let bytes = ByteBuffer(string: "of another upload")
                let before = try await registry.beginUpload(in: content.repository)
                try await registry.finishUpload(
                    before.id,
                    appending: content.source(bytes),
                    expecting: ContentHasher.digest(of: bytes),
                    in: content.repository
                )
            }
            let upload = try await registry.beginUpload(in: content.repository)
            await ids.set(upload.id)
            recorder.acknowledge("begin")
            let (first, rest) = content.parts
            _ = try await registry.append(content.source(first), to: upload.id, in: content.repository)
            recorder.acknowledge("append")
            try await registry.finishUpload(
                upload.id,
                appending: content.source(rest),
                expecting: content.blobDigest,
                in: content.repository
            )
            recorder.acknowledge("finish")
        } judge: { registry, crash in
            let found = try await content.blob(in: content.repository, of: registry)
            #expect(try await registry.repositories(limit: 1).items.isEmpty, "\(crash)")
            if crash.acknowledged.last == "finish" {
                #expect(found == content.blob, "\(crash)")
            } else if found == nil {
                try await resume(try #require(await ids.id), in: registry, crash)
                try await content.pushBlob(to: registry)
                #expect(try await content.blob(in: content.repository, of: registry) == content.blob, "\(crash)")
            }
        }
    }

    @Test(
        "a blob that was acknowledged in one request is there, and in two, and nothing is there before",
        arguments: [0, 100_000]
    )
    func pushWhole(count: Int) async throws {
        try await PushCrashTests(pushing: PushedContent(blobOf: count)).pushWhole()
    }

    private func pushWhole() async throws {
        try await crashing(logs: LogUse.allCases) { registry, recorder in
            try await registry.pushBlob(
                content.source(content.blob),
                expecting: content.blobDigest,
                in: content.repository
            )
            recorder.acknowledge("one")
            try await content.pushBlob(to: registry, in: content.other)
            recorder.acknowledge("two")
        } judge: { registry, crash in
            for (count, name) in [(1, content.repository), (2, content.other)] where crash.acknowledged.count >= count {
                #expect(try await content.blob(in: name, of: registry) == content.blob, "\(crash)")
            }
            try await content.pushBlob(to: registry)
            #expect(try await content.blob(in: content.repository, of: registry) == content.blob, "\(crash)")
        }
    }

    @Test(
        "each synchronisation of a push is needed, and with a log the one: without it a crash loses an acknowledged blob",
        arguments: LogUse.allCases
    )
    func everySynchronization(log: LogUse) async throws {
        try await withTemporaryFolder { scratch in
            try await withTemporaryFolder { folder in
                let recorder = CrashRecorder(
                    root: folder,
                    threadPool: .singleton,
                    logRecord: log.record,
                    keepsNames: log.keepsNames
                )
                try log.begin(recorder)
                let before = recorder.synchronizations
                let registry = content.registry(on: recorder.driver)
                try await registry.pushBlob(
                    content.source(content.blob),
                    expecting: content.blobDigest,
                    in: content.repository
                )
                recorder.acknowledge("pushed")
                let (steps, count) = (recorder.steps, recorder.synchronizations)
                let needed =
                    switch log {
                    case .none, .links: before..<count
                    case .bytes: count - 1..<count
                    // Of the blob's bytes and of the log. Before them are those of the folders on the way to the blob, which
                    // no crash loses that this disk knows.
                    case .files: count - 2..<count
                    }
                #expect(log == .bytes ? count == before + 1 : count > before + 3)
                for omitted in needed {
                    var isLost = false
                    try await recorder.forEachCrash(in: scratch, omitting: omitted) { driver, crash in
                        guard crash.step == steps else { return }
                        let found = try await content.blob(in: content.repository, of: content.registry(on: driver))
                        if found != content.blob { isLost = true }
                    }
                    #expect(isLost, "the synchronisation \(omitted) of \(count)")
                }
            }
        }
    }

    /// Goes on with an upload as a client does: from where the registry says that it stands.
    private func resume(_ id: UploadID, in registry: Registry, _ crash: CrashRecorder.Crash) async throws {
        do {
            let status = try await registry.uploadStatus(id, in: content.repository)
            // The last step of a push may have taken the data away already, whose link is then missing.
            let data = StoragePath.root.appending("docker/registry/v2/repositories/a/b/_uploads/\(id)/data")
            if crash.acknowledged.last == "append", try await registry.driver.exists(at: data) {
                #expect(status.size >= content.cut, "\(crash)")
            }
            try #require(status.size <= content.blob.readableBytes, "\(crash)")
            var rest = content.blob
            rest.moveReaderIndex(forwardBy: Int(status.size))
            try await registry.finishUpload(
                id,
                appending: content.source(rest),
                at: status.size,
                expecting: content.blobDigest,
                in: content.repository
            )
            #expect(try await content.blob(in: content.repository, of: registry) == content.blob, "\(crash)")
        } catch let error as RegistryError where error.code == .blobUploadUnknown {
            // An upload without bytes may go with the machine: its client has lost none. Not with the process.
            let hasNoBytes = crash.acknowledged == ["begin"] && crash.survival != .everything
            #expect(crash.acknowledged.isEmpty || hasNoBytes, "\(crash)")
        } catch let error as RegistryError where error.code == .digestInvalid {
            // Bytes that were not durable may have come back as zeros; they are told from the blob at its end.
            #expect(crash.survival == .namesWithZeros, "\(crash)")
        }
    }

    @Test("a tag that was acknowledged leads to its manifest, and a tag that moves to the one or the other")
    func pushManifests() async throws {
        try await crashing { registry, recorder in
            try await content.pushBlob(to: registry)
            for number in 1...2 {
                try await content.pushManifest(number, to: registry)
                recorder.acknowledge("\(number)")
            }
        } judge: { registry, crash in
            let found = try await content.manifest(.tag(content.tag), of: registry)
            let allowed: [Digest?] =
                switch crash.acknowledged.last {
                case nil: [nil, content.digest(1)]
                case "1": [content.digest(1), content.digest(2)]
                default: [content.digest(2)]
                }
            #expect(allowed.contains(found), "\(crash)")
            for number in crash.acknowledged.compactMap({ Int($0) }) {
                let digest = content.digest(number)
                #expect(try await content.manifest(.digest(digest), of: registry) == digest, "\(crash)")
            }
            guard crash.acknowledged.count < 2, crash.step.isMultiple(of: 3) else { return }
            try await content.pushBlob(to: registry)
            try await content.pushManifest(2, to: registry)
            #expect(try await content.manifest(.tag(content.tag), of: registry) == content.digest(2), "\(crash)")
        }
    }

    @Test("a tag and a manifest whose deletion was acknowledged do not come back, and a deletion can be repeated")
    func deletions() async throws {
        let digest = content.digest(1)
        try await crashing { registry, recorder in
            try await content.pushBlob(to: registry)
            try await content.pushManifest(1, to: registry)
            recorder.acknowledge("push")
            try await registry.deleteTag(content.tag, in: content.repository)
            recorder.acknowledge("delete tag")
            try await content.pushManifest(1, to: registry)
            recorder.acknowledge("push again")
            try await registry.deleteManifest(digest, in: content.repository)
            recorder.acknowledge("delete manifest")
        } judge: { registry, crash in
            guard let last = crash.acknowledged.last else { return }
            let found = try await content.manifest(.digest(digest), of: registry)
            let tagged = try await content.manifest(.tag(content.tag), of: registry)
            switch last {
            case "delete manifest": #expect(found == nil && tagged == nil, "\(crash)")
            case "push again": break
            default: #expect(found == digest, "\(crash)")
            }
            guard last != "delete manifest", found != nil, crash.step.isMultiple(of: 3) else { return }
            try await registry.deleteManifest(digest, in: content.repository)
            #expect(try await content.manifest(.tag(content.tag), of: registry) == nil, "\(crash)")
            #expect(try await registry.tags(in: content.repository).items.isEmpty, "\(crash)")
        }
    }

    @Test("a mount that was acknowledged is there, and takes nothing from its source")
    func mount() async throws {
        try await crashing { registry, recorder in
            try await content.pushBlob(to: registry)
            recorder.acknowledge("push")
            let isMounted = try await registry.mount(
                content.blobDigest,
                from: content.repository,
                into: content.other
            ) { _ in true }
            #expect(isMounted)
            recorder.acknowledge("mount")
        } judge: { registry, crash in
            guard let last = crash.acknowledged.last else { return }
            let source = try await content.blob(in: content.repository, of: registry)
            let target = try await content.blob(in: content.other, of: registry)
            #expect(source == content.blob, "\(crash)")
            if last == "mount" { #expect(target == content.blob, "\(crash)") }
        }
    }

    @Test("a blob whose deletion was acknowledged stays gone until it is pushed again, and stays in other repositories")
    func deleteBlob() async throws {
        try await crashing { registry, recorder in
            try await content.pushBlob(to: registry)
            try await content.pushBlob(to: registry, in: content.other)
            recorder.acknowledge("push")
            try await registry.deleteBlob(content.blobDigest, in: content.repository)
            recorder.acknowledge("delete")
            try await content.pushBlob(to: registry)
            recorder.acknowledge("push again")
        } judge: { registry, crash in
            guard let last = crash.acknowledged.last else { return }
            let found = try await content.blob(in: content.repository, of: registry)
            if last == "push again" { #expect(found == content.blob, "\(crash)") }
            #expect(try await content.blob(in: content.other, of: registry) == content.blob, "\(crash)")
            if last == "delete" {
                let link = StoragePath.root.appending(
                    "docker/registry/v2/repositories/a/b/_layers/sha256/\(content.blobDigest.hex)/link"
                )
                // There only once the new push has written it.
                #expect((found != nil) == (try await registry.driver.exists(at: link)), "\(crash)")
            }
        }
    }

    @Test("an upload whose cancellation was acknowledged does not come back")
    func cancelUpload() async throws {
        let ids = Uploads()
        try await crashing { registry, recorder in
            let upload = try await registry.beginUpload(in: content.repository)
            await ids.set(upload.id)
            _ = try await registry.append(content.source(content.parts.first), to: upload.id, in: content.repository)
            recorder.acknowledge("append")
            try await registry.cancelUpload(upload.id, in: content.repository)
            recorder.acknowledge("cancel")
        } judge: { registry, crash in
            guard crash.acknowledged.last == "cancel" else { return }
            let id = try #require(await ids.id)
            await #expect(throws: RegistryError(.blobUploadUnknown), "\(crash)") {
                try await registry.uploadStatus(id, in: content.repository)
            }
        }
    }

    @Test("a referrer that was acknowledged is listed, and one that is listed can be pulled")
    func referrer() async throws {
        let subject = content.digest(1)
        let signature = content.manifest(2, subject: subject)
        let digest = ContentHasher.digest(of: signature)
        try await crashing { registry, recorder in
            try await content.pushBlob(to: registry)
            try await content.pushManifest(1, to: registry)
            recorder.acknowledge("push")
            _ = try await registry.putManifest(signature, declared: nil, as: .digest(digest), in: content.repository)
            recorder.acknowledge("sign")
        } judge: { registry, crash in
            let listed = try await registry.referrers(of: subject, in: content.repository, limit: 10).items.map(
                \.digest
            )
            #expect(listed == [digest] || (listed.isEmpty && crash.acknowledged.last != "sign"), "\(crash)")
            for item in listed {
                #expect(try await content.manifest(.digest(item), of: registry) == digest, "\(crash)")
            }
        }
    }
}

/// The upload that a recorded push had.
private actor Uploads {
    private(set) var id: UploadID?

    func set(_ id: UploadID) { self.id = id }
}
