import NIOCore
import RegistryStorage
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryCore

@Suite("Verifying a store")
struct VerifyTests {
    private let store: Store

    init() throws { store = try Store() }

    @Test("an empty store is sound")
    func emptyStore() async throws {
        let report = try await store.verify(repairing: true)
        #expect(report.verdict == .sound && report.findings.isEmpty && report.counts.blobs == 0)
    }

    @Test("a store in which all is well is sound, and the counts are those of what was pushed")
    func soundStore() async throws {
        try await store.pushBlobs()
        let first = store.manifest(1)
        try await store.pushManifest(first)
        try await store.pushManifest(store.manifest(2, subject: first))
        let seen = Mutex<[VerificationProgress]>([])
        let report = try await store.registry.verify { progress in seen.withLock { $0.append(progress) } }
        #expect(report.verdict == .sound, "\(report.text)")
        #expect(report.counts.blobs == 4 && report.counts.blobsTotal == 4)
        #expect(report.counts.bytes == report.counts.bytesTotal && report.counts.bytes > 8000)
        #expect(report.counts.manifests == 2 && report.counts.tags == 1 && report.counts.repositories == 1)
        // Two layers, two revisions, the pointer and its history of two.
        #expect(report.counts.links == 7)
        let steps = seen.withLock { $0 }
        #expect(Set(steps.map(\.phase)) == Set(VerificationProgress.Phase.allCases))
        #expect(steps.last == report.counts && report.counts.repositoriesTotal == 1)
    }

    @Test("a blob that was cut short, changed or emptied is found; nothing is changed unless it is asked for")
    func brokenBlobs() async throws {
        try await store.pushBlobs()
        for (text, word) in [("", "no bytes"), ("a lay", "5 bytes"), (String(repeating: "x", count: 8000), "8000")] {
            let path = StoreLayout.blobData(Store.digest(store.layer))
            try await store.overwrite(path, text)
            let report = try await store.verify()
            let finding = try #require(report.of(.brokenBlob).first)
            #expect(finding.path == path && finding.explanation.contains(word) && finding.outcome == .reported)
            #expect(report.verdict == .damaged && report.kinds == [.brokenBlob, .linkToNothing])
            #expect(try await store.text(path) == text)
        }
    }

    @Test("an empty link and one that holds another digest are found, by what each leads to")
    func links() async throws {
        try await store.pushBlobs()
        try await store.pushManifest(store.manifest(1))
        try await store.overwrite(store.layerLink(store.layer), "")
        try await store.overwrite(store.layerLink(store.config), Store.digest(store.layer).description)
        try await store.overwrite(store.revisionLink(store.manifest(1)), "no digest at all")
        let report = try await store.verify()
        #expect(report.of(.emptyLink).map(\.path) == [store.layerLink(store.layer)])
        #expect(
            Set(report.of(.wrongLink).map(\.path))
                == [store.layerLink(store.config), store.revisionLink(store.manifest(1))]
        )
        #expect(report.of(.danglingTag).map(\.tag) == [store.tag])
    }

    @Test("a manifest that lost a blob, a link or a child is found, with the name of what it lost")
    func missingContent() async throws {
        try await store.pushBlobs()
        let image = store.manifest(1)
        try await store.pushManifest(image, as: .digest(Store.digest(image)))
        let type = "application/vnd.oci.image.index.v1+json"
        let child = Store.descriptor(image, type: "application/vnd.oci.image.manifest.v1+json")
        let index = ByteBuffer(string: #"{"schemaVersion":2,"mediaType":"\#(type)","manifests":[\#(child)]}"#)
        try await store.pushManifest(index)
        try await store.driver.delete(at: StoreLayout.blobData(Store.digest(store.layer)))
        try await store.driver.delete(at: store.layerLink(store.config))
        try await store.driver.delete(at: store.revisionLink(image))
        // Without its link the image is part of nothing; only the index has lost something.
        let first = try await store.verify()
        #expect(first.of(.missingContent).map(\.digest) == [Store.digest(index)])
        #expect(first.of(.missingContent).first?.explanation.contains("\(Store.digest(image))") == true)
        try await store.overwrite(store.revisionLink(image), Store.digest(image).description)
        let second = try await store.verify()
        #expect(second.of(.missingContent).count == 2)
        #expect(second.of(.missingContent).allSatisfy { $0.digest == Store.digest(image) })
    }

    @Test(
        "what the store can't give is told apart from what is broken, and no repair touches it",
        arguments: [StorageError.Code.failed, .unavailable]
    )
    func unreadable(code: StorageError.Code) async throws {
        try await store.pushBlobs()
        try await store.pushManifest(store.manifest(1))
        let data = StoreLayout.blobData(Store.digest(store.layer))
        for operation in [FaultyDriver.Operation.open, .read] {
            store.driver.inject(.init(operation, .fail(code), pathSuffix: data.description))
            let report = try await store.verify(repairing: true)
            #expect(report.verdict == .incomplete && report.kinds == [.unreadable], "\(report.text)")
            #expect(report.of(.unreadable).map(\.path) == [data])
            store.driver.heal()
        }
        store.driver.inject(.init(.content, .fail(code), pathSuffix: "/link"))
        #expect(try await store.verify(repairing: true).kinds == [.unreadable])
        store.driver.heal()
        store.driver.inject(.init(.list, .fail(code)))
        #expect(try await store.verify(repairing: true).kinds == [.unreadable])
        store.driver.heal()
        #expect(try await store.verify().verdict == .sound)
    }

    @Test("names that no server writes, and what an interrupted request left, are leftovers and no damage")
    func leftovers() async throws {
        try await store.pushBlobs()
        try await store.overwrite(StoreLayout.blobs.appending("sha256/zz/no-digest/data"), "x")
        let upload = UploadID()
        try await store.overwrite(StoreLayout.uploadData(upload, in: store.repository), "half")
        let report = try await store.verify(repairing: true)
        #expect(report.kinds == [.leftover] && report.findings.count == 2 && report.damaged == 0)
        #expect(report.verdict == .sound)
    }

    @Test("the report says the same in words and in JSON")
    func report() async throws {
        try await store.pushBlobs()
        try await store.overwrite(StoreLayout.blobData(Store.digest(store.layer)), "")
        let report = try await store.verify(repairing: true)
        let lines = report.text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(
            lines.first?.hasPrefix("broken-blob: \(Store.digest(store.layer)): it has no bytes; repaired: ") == true
        )
        #expect(lines.last?.hasSuffix("1 link-to-nothing, 1 broken-blob; 2 repaired; nothing is broken now") == true)
        let json = try #require(try JSONValue(parsing: report.json).object)
        #expect(json["verdict"]?.string == "repaired" && json["repaired"]?.integer == 2)
        let findings = (json["findings"]?.array ?? []).compactMap { $0.object }
        #expect(findings.map { $0["problem"]?.string } == ["broken-blob", "link-to-nothing"])
        #expect(findings.allSatisfy { $0["outcome"]?.string == "repaired" && $0["detail"]?.string != nil })
        #expect(json["problems"]?.object?["empty-link"]?.integer == 0)
    }

    @Test("only so many findings are kept, and all are counted")
    func manyFindings() async throws {
        for number in 0..<5 {
            let blob = ByteBuffer(string: "blob \(number)")
            try await store.push(blob)
            try await store.overwrite(StoreLayout.blobData(Store.digest(blob)), "")
        }
        var options = VerificationOptions()
        options.findingLimit = 3
        let report = try await store.registry.verify(options)
        #expect(report.findings.count == 3 && report.damaged == 10 && report.problems[.brokenBlob] == 5)
        #expect(report.text.contains("and 7 more findings"))
    }

    @Test("a repair is refused where nothing may be changed")
    func readOnly() async throws {
        var options = Registry.Options()
        options.isReadOnly = true
        var repairs = VerificationOptions()
        repairs.repairs = true
        await #expect(throws: RegistryError(.unsupported)) {
            try await store.registry.with(options: options).verify(repairs)
        }
        #expect(try await store.registry.with(options: options).verify().verdict == .sound)
    }
}

@Suite("The rate at which a verification reads")
struct ReadRateTests {
    @Test("each read waits for what the ones before it are worth, and none when there was a pause")
    func pacing() async throws {
        let now = Mutex(Duration.zero)
        let waits = Mutex<[Duration]>([])
        let rate = ReadRate(1000, now: { now.withLock { $0 } }, sleep: { wait in waits.withLock { $0.append(wait) } })
        try await rate.take(500)
        try await rate.take(250)
        try await rate.take(0)
        try await rate.take(1)
        #expect(waits.withLock { $0 } == [.milliseconds(500), .milliseconds(750)])
        now.withLock { $0 = .seconds(10) }
        try await rate.take(1000)
        try await rate.take(1)
        #expect(waits.withLock { $0.last } == .seconds(1) && waits.withLock { $0.count } == 3)
    }

    @Test("without a limit nothing waits")
    func noLimit() async throws {
        let rate = ReadRate(nil, now: { .zero }, sleep: { _ in Issue.record("it waited") })
        for _ in 0..<10 { try await rate.take(.max) }
    }

    @Test("a verification asks for as many bytes as it reads")
    func verificationIsPaced() async throws {
        let store = try Store()
        try await store.pushBlobs()
        var options = VerificationOptions()
        options.bytesPerSecond = 100_000_000
        let report = try await store.registry.verify(options)
        #expect(report.verdict == .sound && report.counts.bytes == report.counts.bytesTotal)
    }
}
