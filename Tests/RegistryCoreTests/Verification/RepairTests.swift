import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("Repairing a store")
struct RepairTests {
    private let store: Store

    init() throws { store = try Store() }

    /// Repairs, and expects that a second repair finds nothing more to do.
    private func repair() async throws -> VerificationReport {
        let report = try await store.verify(repairing: true)
        let again = try await store.verify(repairing: true)
        #expect(again.repaired == 0 && again.damaged == report.damaged, "first \(report.text)\nthen \(again.text)")
        return report
    }

    @Test(
        "broken bytes are set aside, not deleted, and the blob can be pushed again",
        arguments: ["", "a lay", "b layer "]
    )
    func brokenBlob(found: String) async throws {
        try await store.pushBlobs()
        try await store.pushManifest(store.manifest(1))
        let digest = Store.digest(store.layer)
        try await store.overwrite(StoreLayout.blobData(digest), found)
        let report = try await repair()
        #expect(report.of(.brokenBlob).map(\.isRepaired) == [true])
        #expect(report.of(.missingContent).count == 1 && report.verdict == .damaged)
        await #expect(throws: RegistryError(.blobUnknown)) {
            try await store.registry.blob(digest, in: store.repository)
        }
        let folder = StoreLayout.damagedBlobs(.sha256).appending(digest.hex)
        let kept = try await store.driver.list(folder, after: nil, limit: 10).entries
        #expect(kept.count == 1)
        #expect(try await store.text(folder.appending(try #require(kept.first).name)) == found)
        // The link was kept for whoever pushes it.
        try await store.push(store.layer)
        #expect(try await store.verify().verdict == .sound)
    }

    @Test("links are written again whose path says what they held")
    func links() async throws {
        try await store.pushBlobs()
        let image = store.manifest(1)
        try await store.pushManifest(image)
        let paths = [
            store.layerLink(store.layer), store.layerLink(store.config), store.revisionLink(image), store.current,
            StoreLayout.tagIndexLink(Store.digest(image), of: store.tag, in: store.repository),
        ]
        let before = try await texts(paths)
        for (path, content) in zip(paths, ["", "x", "", "", ""]) { try await store.overwrite(path, content) }
        let report = try await repair()
        #expect(report.verdict == .repaired && report.repaired == 5, "\(report.text)")
        #expect(try await texts(paths) == before)
        #expect(try await store.registry.manifest(.tag(store.tag), in: store.repository).content == image)
    }

    private func texts(_ paths: [StoragePath]) async throws -> [String?] {
        var texts: [String?] = []
        for path in paths { texts.append(try await store.text(path)) }
        return texts
    }

    @Test("a link to a blob is not written again for a manifest")
    func revisionOfNoManifest() async throws {
        try await store.pushBlobs()
        let path = store.revisionLink(store.layer)
        try await store.overwrite(path, "")
        let report = try await repair()
        #expect(report.kinds == [.emptyLink] && report.verdict == .repaired)
        #expect(try await store.text(path) == nil)
    }

    @Test("links that lead nowhere go when nothing needs them")
    func linksToNothing() async throws {
        try await store.pushBlobs()
        try await store.driver.delete(at: StoreLayout.blobData(Store.digest(store.layer)))
        let report = try await repair()
        #expect(report.kinds == [.linkToNothing] && report.verdict == .repaired)
        #expect(try await store.text(store.layerLink(store.layer)) == nil)
        #expect(try await store.text(store.layerLink(store.config)) != nil)
    }

    @Test(
        "a dangling tag goes back to the newest manifest of its history that is whole",
        arguments: ["", "no digest", "sha256:" + String(repeating: "0", count: 64)]
    )
    func tagFromHistory(pointer: String) async throws {
        try await store.pushBlobs()
        for number in 1...3 { try await store.pushManifest(store.manifest(number)) }
        // The newest one is lost, and the tag with it.
        try await store.driver.delete(at: StoreLayout.blobData(Store.digest(store.manifest(3))))
        try await store.overwrite(store.current, pointer)
        let report = try await repair()
        #expect(report.of(.danglingTag).map(\.isRepaired) == [true])
        let found = try await store.registry.manifest(.tag(store.tag), in: store.repository)
        #expect(found.content == store.manifest(2))
        #expect(report.verdict == .repaired, "\(report.text)")
    }

    @Test("a tag that says nothing and has no history goes; one whose manifest is lost stays and says so")
    func tagWithoutHistory() async throws {
        try await store.pushBlobs()
        let image = store.manifest(1)
        try await store.pushManifest(image)
        let optionalTag: RegistryCore.Tag? = .init("other")
        let other = try #require(optionalTag)
        let pointer = StoreLayout.tagCurrentLink(other, in: store.repository)
        try await store.overwrite(pointer, "")
        try await store.driver.delete(at: StoreLayout.blobData(Store.digest(image)))
        let report = try await repair()
        #expect(try await store.text(pointer) == nil)
        let lost = try #require(report.of(.danglingTag).first { $0.tag == store.tag })
        #expect(!lost.isRepaired && report.verdict == .damaged)
        // The same push makes it whole again.
        try await store.pushManifest(image)
        #expect(try await store.verify().verdict == .sound)
    }

    @Test("a referrer that a replaced server accepted is listed again")
    func referrers() async throws {
        try await store.pushBlobs()
        let image = store.manifest(1)
        try await store.pushManifest(image)
        let signature = store.manifest(2, subject: image)
        let digest = try await store.pushManifest(signature, as: .digest(Store.digest(signature)))
        let path = StoreLayout.referrer(digest, of: Store.digest(image), in: store.repository)
        for broken in [nil, ""] as [String?] {
            if let broken { try await store.overwrite(path, broken) } else { try await store.driver.delete(at: path) }
            #expect(try await store.verify().verdict == .sound, "a list can be made again at any time: no damage")
            #expect(try await repair().of(.unlistedReferrer).map(\.isRepaired) == [true])
            let page = try await store.registry.referrers(of: Store.digest(image), in: store.repository, limit: 10)
            #expect(page.items.map(\.digest) == [digest])
        }
    }

    @Test("whole bytes that a killed repair had set aside are put back")
    func putBack() async throws {
        try await store.pushBlobs()
        let path = StoreLayout.blobData(Store.digest(store.layer))
        let place = StoreLayout.damagedBlobs(.sha256).appending("\(Store.digest(store.layer).hex)/x")
        try await store.registry.move(path, to: place)
        #expect(try await store.verify().verdict == .damaged)
        #expect(try await repair().of(.leftover).map(\.isRepaired) == [true])
        #expect(try await store.verify().verdict == .sound)
        #expect(try await store.text(place) == nil)
    }

    @Test(
        "a repair that the store refuses says so and loses nothing",
        arguments: [StorageError.Code.noSpace, .readOnly]
    )
    func refused(code: StorageError.Code) async throws {
        try await store.pushBlobs()
        try await store.pushManifest(store.manifest(1))
        let data = StoreLayout.blobData(Store.digest(store.layer))
        try await store.overwrite(data, "x")
        try await store.overwrite(store.layerLink(store.config), "")
        for operation in [FaultyDriver.Operation.put, .writer, .commit, .delete] {
            store.driver.inject(.init(operation, .fail(code)))
        }
        let report = try await store.verify(repairing: true)
        #expect(report.repaired == 0 && report.verdict == .damaged)
        #expect(report.findings.contains { $0.description.contains("the store refused: \(code.rawValue)") })
        store.driver.heal()
        #expect(try await store.text(data) == "x")
        _ = try await repair()
    }
}
