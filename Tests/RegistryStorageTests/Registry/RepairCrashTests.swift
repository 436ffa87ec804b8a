import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@Suite("What a repair that is interrupted at any step leaves for the next one")
struct RepairCrashTests {
    private let content: PushedContent
    private let base = "/docker/registry/v2"

    init() throws { content = try PushedContent() }

    private func path(_ below: String) throws -> StoragePath { try #require(StoragePath(base + below)) }

    private func blobPath(_ digest: Digest) throws -> StoragePath {
        try path("/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)/data")
    }

    private var repairs: VerificationOptions {
        var options = VerificationOptions()
        options.repairs = true
        options.concurrency = 1
        return options
    }

    @Test(
        "what is whole stays whole, and the next repair ends where an uninterrupted one does",
        arguments: [false, true]
    )
    func repair(logs: Bool) async throws {
        let layer = content.blobDigest
        try await withTemporaryFolder { scratch in
            try await withTemporaryFolder { folder in
                let recorder = CrashRecorder(root: folder, threadPool: .singleton)
                if logs { try recorder.beginLog() }
                let registry = content.registry(on: recorder.driver)
                try await content.pushBlob(to: registry)
                for number in 1...2 { try await content.pushManifest(number, to: registry) }
                // The newer manifest is cut short, the tag is empty, and so is the layer's link.
                try await recorder.driver.put(ByteBuffer(string: "{"), at: try blobPath(content.digest(2)))
                for link in ["_manifests/tags/latest/current", "_layers/sha256/\(layer.hex)"] {
                    try await recorder.driver.put(ByteBuffer(), at: try path("/repositories/a/b/\(link)/link"))
                }
                recorder.acknowledge("broken")
                let report = try await registry.verify(repairs)
                #expect(report.verdict == .repaired && report.repaired == 4, "\(report.text)")
                recorder.acknowledge("repaired")
                try await recorder.forEachCrash(in: scratch) { driver, crash in
                    // A repair appends nothing to blobs; that their bytes last is shown by the pushes' tests.
                    let isTelling = [.everything, .onlyDurable, .bytesWithoutNames].contains(crash.survival)
                    guard !crash.acknowledged.isEmpty, isTelling else { return }
                    let found = content.registry(on: driver)
                    let first = try await found.verify(repairs)
                    let second = try await found.verify()
                    #expect(second.verdict == .sound, "\(crash)\n\(first.text)\(second.text)")
                    #expect(try await content.manifest(.tag(content.tag), of: found) == content.digest(1), "\(crash)")
                    #expect(try await content.blob(in: content.repository, of: found) == content.blob, "\(crash)")
                    if crash.acknowledged.last == "repaired" { #expect(first.repaired == 0, "\(crash)") }
                    // Set aside, whatever happened, and never deleted.
                    let aside = try path("/_registryd/damaged/sha256/\(content.digest(2).hex)")
                    let names = try await driver.list(aside, after: nil, limit: 10).entries.map(\.name)
                    #expect(names.count == 1, "\(crash) \(names) \(first.text)")
                }
            }
        }
    }
}
