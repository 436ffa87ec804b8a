import NIOCore
import RegistryStorage
import Synchronization
import Testing

@testable import RegistryCore

@Suite("What a collection says")
struct CollectionLinesTests {
    private func lines(_ style: CollectionLines.Style, dryRun: Bool) async throws -> (store: CollectedStore, [String]) {
        let store = CollectedStore()
        let a = try CollectedStore.name("a")
        try await store.pushImage(["config", "layer"], tag: "t", to: a)
        try await store.pushImage(["lone"], to: a)
        let said = Mutex<[String]>([])
        let formatter = CollectionLines(style)
        var options = CollectionOptions()
        options.grace = 0
        options.isDryRun = dryRun
        options.deletesUntagged = true
        options.countsFirst = true
        options.concurrency = 1
        _ = try await store.registry.collect(options) { event in
            if let text = formatter.lines(for: event) { said.withLock { $0.append(text) } }
        }
        return (store, said.withLock { $0 })
    }

    @Test("is the replaced server's lines in its order", arguments: [true, false])
    func peer(dryRun: Bool) async throws {
        let (store, said) = try await lines(.version3, dryRun: dryRun)
        let image = ContentHasher.digest(of: CollectedStore.image(["config", "layer"]), algorithm: .canonical)
        let lone = ContentHasher.digest(of: CollectedStore.image(["lone"]), algorithm: .canonical)
        #expect(
            Array(said.prefix(6)) == [
                "a",
                "a: marking manifest \(image) ",
                "a: marking blob \(CollectedStore.digest("config"))",
                "a: marking blob \(CollectedStore.digest("layer"))",
                "manifest eligible for deletion: {a \(lone) []}",
                "\n3 blobs marked, 2 blobs and 1 manifests eligible for deletion",
            ]
        )
        #expect(
            Set(said.dropFirst(6)) == [
                "blob eligible for deletion: \(lone)",
                "blob eligible for deletion: \(CollectedStore.digest("lone"))",
                "a: layer link eligible for deletion: \(CollectedStore.digest("lone"))",
            ]
        )
        #expect(try await store.blobs().count == (dryRun ? 5 : 3))
    }

    @Test("names manifests as version 2 does, which says nothing of links")
    func version2() async throws {
        let (_, said) = try await lines(.version2, dryRun: true)
        let lone = ContentHasher.digest(of: CollectedStore.image(["lone"]), algorithm: .canonical)
        #expect(said.contains("manifest eligible for deletion: \(lone)"))
        #expect(!said.contains { $0.contains("layer link") })
    }

    @Test("is a summary in JSON that can be read back")
    func json() throws {
        var summary = CollectionSummary()
        summary.blobsRemoved = 3
        summary.bytesFreed = 1 << 40
        summary.note("a \"problem\"")
        let value = try JSONValue(parsing: ByteBuffer(string: summary.json))
        #expect(value.object?["blobsRemoved"]?.integer == 3)
        #expect(value.object?["bytesFreed"]?.integer == 1 << 40)
        #expect(value.object?["dryRun"] == .bool(false))
        #expect(value.object?["problems"]?.array?.first?.string == "a \"problem\"")
    }
}

@Suite("The marks of a collection")
struct MarkSetTests {
    @Test("never deny what was marked, and take at most 20 bytes each")
    func marks() {
        let marks = MarkSet()
        let digests = (0..<20_000).map { CollectedStore.digest("\($0)") }
        for digest in digests.prefix(10_000) { #expect(marks.insert(digest)) }
        #expect(marks.blobCount == 10_000)
        for digest in digests.prefix(10_000) {
            #expect(marks.contains(digest))
            #expect(!marks.insert(digest))
            #expect(!marks.contains(.layer, digest, in: "a"))
        }
        #expect(digests.dropFirst(10_000).allSatisfy { !marks.contains($0) })
        #expect(marks.insert(.layer, digests[0], in: "a"))
        #expect(!marks.contains(.layer, digests[0], in: "b") && !marks.contains(.revision, digests[0], in: "a"))
    }

    @Test("a table of fingerprints keeps all of them, zero too")
    func table() {
        var table = FingerprintTable()
        #expect(!table.contains(0))
        for number in stride(from: 0, to: UInt64(100_000), by: 3) {
            let isNew = table.insert(number)
            #expect(isNew)
        }
        for number in UInt64(2)..<1000 { #expect(table.contains(number) == number.isMultiple(of: 3)) }
        #expect(table.contains(0))
    }

    @Test("a manifest graph keeps children, subjects and referrers of what is tagged, round and round")
    func graph() {
        let names = ["index", "child", "signature", "lone", "subject", "recent"].map { CollectedStore.digest($0) }
        var graph = ManifestGraph()
        graph.add(names[0], linkedAs: names[0], children: [names[1]], subject: nil, isRoot: false)
        graph.add(names[1], linkedAs: names[1], children: [], subject: names[4], isRoot: false)
        graph.add(names[2], linkedAs: names[2], children: [names[0]], subject: names[1], isRoot: false)
        graph.add(names[3], linkedAs: names[3], children: [], subject: CollectedStore.digest("absent"), isRoot: false)
        graph.add(names[4], linkedAs: names[4], children: [], subject: nil, isRoot: false)
        graph.add(names[5], linkedAs: names[5], children: [], subject: nil, isRoot: true)
        #expect(graph.unkept(tagged: [names[0]]) == [names[3]])
        #expect(graph.unkept(tagged: []) == Set(names.prefix(5)))
    }
}
