import Foundation
import ShellSupport
import Testing

/// A collection of a store that nobody serves, and a server that starts meanwhile.
@Suite("garbage-collect and a server that starts meanwhile")
struct UnservedCollectionTests {
    private static let blobs = 6000

    /// Garbage for long enough, which was not pushed one by one.
    private static func fill(_ folder: URL) throws {
        for number in 0..<blobs {
            let hex = String(format: "%02x%062x", number % 256, number)
            let place = folder.appending(path: "docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data([0]).write(to: place.appending(path: "data"))
        }
    }

    @Test("pushes wait until the collection has ended, which it does when it finds the server")
    func serverComes() async throws {
        let store = try OperatedStore(named: "unserved")
        defer { store.scratch.remove() }
        try store.configure()
        try Self.fill(store.scratch.path("data"))
        let image = ImageLayout.image("unserved", layerSizes: [70_000])
        let collection = try Daemon.start(
            RegistryProcess.programPath(.registryd),
            ["garbage-collect", "--quiet", store.config],
            log: store.scratch.path("collection")
        )
        defer { collection.send(signal: SIGKILL) }
        let term = store.scratch.string("data/docker/registry/v2/_registryd/collection/terms/1")
        try await collection.waitUntilReady { FileManager.default.fileExists(atPath: term) }
        collection.send(signal: SIGSTOP)
        try await store.serving { _ in
            let refused = try await store.wire.send(WireRequest("POST", "/v2/a/blobs/uploads/"))
            #expect(refused.status == 503)
            #expect(refused["Retry-After"] == "1")
            #expect(try await store.status("GET", "/v2/_catalog") == 200)

            collection.send(signal: SIGCONT)
            try await eventually("the collection to end") { collection.exitStatus != nil }
            #expect(collection.exitStatus == 1)
            #expect(collection.hasPrinted("has begun to serve the store"))
            try await eventually("pushes to be taken") { try await store.status("POST", "/v2/a/blobs/uploads/") == 202 }
            _ = try await store.reader.push(image, to: "a", tag: "1")
            // Now the grace period holds.
            let next = try await store.verb("garbage-collect")
            #expect(next.status == 0 && next.errorOutput.contains("serves this store"))
            #expect(try await store.reader.verify("a", "1") == image.count)
        }
    }
}
