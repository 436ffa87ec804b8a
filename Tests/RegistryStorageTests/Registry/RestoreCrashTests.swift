import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@Suite("A deletion and its restoration, interrupted at any step")
struct RestoreCrashTests {
    private let content: PushedContent

    init() throws { content = try PushedContent() }

    /// What is deleted and restored.
    enum Subject: CaseIterable { case tag, manifest, blob }

    private func prepare(_ registry: Registry) async throws {
        try await content.pushBlob(to: registry)
        try await content.pushManifest(1, to: registry)
        try await content.pushManifest(2, to: registry)
    }

    private func delete(_ subject: Subject, from registry: Registry) async throws {
        switch subject {
        case .tag: try await registry.deleteTag(content.tag, in: content.repository)
        case .manifest: try await registry.deleteManifest(content.digest(2), in: content.repository)
        case .blob: try await registry.deleteBlob(content.blobDigest, in: content.repository)
        }
    }

    private func restore(_ subject: Subject, in registry: Registry) async throws -> Restoration? {
        let target: RestorationTarget =
            switch subject {
            case .tag: .tag(content.tag, in: content.repository)
            case .manifest: .digest(content.digest(2), in: content.repository)
            case .blob: .digest(content.blobDigest, in: content.repository)
            }
        return try await registry.restore(target)
    }

    private func isThere(_ subject: Subject, in registry: Registry) async throws -> Bool {
        guard subject != .blob else { return try await content.blob(in: content.repository, of: registry) != nil }
        let tagged = try await content.manifest(.tag(content.tag), of: registry)
        let linked = try await content.manifest(.digest(content.digest(2)), of: registry)
        return tagged == content.digest(2) && linked == content.digest(2)
    }

    @Test(
        "after a crash of the machine is there, or can be restored whole",
        arguments: Subject.allCases,
        [false, true]
    )
    func crash(subject: Subject, logs: Bool) async throws {
        try await withTemporaryFolder { scratch in
            try await withTemporaryFolder { folder in
                let recorder = CrashRecorder(root: folder, threadPool: .singleton)
                if logs { try recorder.beginLog() }
                let registry = content.registry(on: recorder.driver)
                try await prepare(registry)
                recorder.acknowledge("push")
                try await delete(subject, from: registry)
                recorder.acknowledge("delete")
                _ = try await restore(subject, in: registry)
                recorder.acknowledge("restore")
                try await recorder.forEachCrash(in: scratch) { driver, crash in
                    guard let last = crash.acknowledged.last else { return }
                    let registry = content.registry(on: driver)
                    if subject != .blob {
                        try await content.expectWhole(registry, "\(crash)")
                        let report = try await registry.verify()
                        #expect(report.damaged == 0, "\(crash)\n\(report.text)")
                    }
                    if last == "restore" { #expect(try await isThere(subject, in: registry), "\(crash)") }
                    _ = try await restore(subject, in: registry)
                    #expect(try await isThere(subject, in: registry), "\(crash)")
                }
            }
        }
    }

    @Test("at a call of the driver, deleted again and restored, is there whole", arguments: Subject.allCases)
    func stopped(subject: Subject) async throws {
        for skipped in 0..<200 {
            let faulty = FaultyDriver(MemoryDriver())
            let registry = content.registry(on: faulty)
            try await prepare(registry)
            faulty.inject(.init(nil, .fail(.failed), skipping: skipped))
            var hasEnded = false
            do {
                try await delete(subject, from: registry)
                _ = try await restore(subject, in: registry)
                hasEnded = true
            } catch is StorageError {}
            faulty.heal()
            if subject != .blob { try await content.expectWhole(registry, "stopped after \(skipped) calls") }
            do {
                // The client tries again, and what was there is gone then.
                try await delete(subject, from: registry)
            } catch let error as RegistryError where [.manifestUnknown, .blobUnknown].contains(error.code) {}
            #expect(try await !isThere(subject, in: registry), "stopped after \(skipped) calls")
            _ = try await restore(subject, in: registry)
            #expect(try await isThere(subject, in: registry), "stopped after \(skipped) calls")
            if hasEnded { return }
        }
        Issue.record("a deletion and a restoration make too many calls")
    }

    @Test("when any one call fails once, says so or is done, and can be repeated", arguments: Subject.allCases)
    func failing(subject: Subject) async throws {
        for operation in FaultyDriver.Operation.allCases {
            for code in [StorageError.Code.noSpace, .unavailable] {
                for call in 0..<100 {
                    let faulty = FaultyDriver(MemoryDriver())
                    let registry = content.registry(on: faulty)
                    try await prepare(registry)
                    try await delete(subject, from: registry)
                    let before = faulty.calls(of: operation)
                    faulty.inject(.init(operation, .fail(code), skipping: call, times: 1))
                    do {
                        _ = try await restore(subject, in: registry)
                    } catch is StorageError {}
                    faulty.heal()
                    let comment: Comment = "\(operation) \(code) call \(call)"
                    _ = try await restore(subject, in: registry)
                    #expect(try await isThere(subject, in: registry), comment)
                    guard faulty.calls(of: operation) - before > call else { break }
                }
            }
        }
    }
}
