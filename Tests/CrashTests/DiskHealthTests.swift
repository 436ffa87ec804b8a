import Foundation
import ShellSupport
import Testing

/// Ours alone: the replaced server only looks whether its folder is there.
private let isOurs = RegistryProcess.Server.underTest == .registryd

@Suite(
    "The health of a server whose disk fails for real",
    .enabled(if: SlowTests.enabled && isOurs && MountedDisk.isPossible),
    .serialized
)
struct DiskHealthTests {
    private static let writing = "storagedriver_filesystem_write"

    /// A server with a debug server and quick checks of its store.
    private func serving(_ root: URL, _ body: (RegistryProcess, WireClient) async throws -> Void) async throws {
        let port = try LoopbackPort.free()
        let registry = try await RegistryProcess.start(
            .registryd,
            root: root,
            environment: [
                "REGISTRY_HTTP_DEBUG_ADDR": "127.0.0.1:\(port)",
                "REGISTRY_HEALTH_STORAGEDRIVER_ENABLED": "true",
                "REGISTRY_HEALTH_STORAGEDRIVER_INTERVAL": "100ms",
                "REGISTRY_HEALTH_STORAGEDRIVER_THRESHOLD": "2",
            ]
        )
        do {
            try await body(registry, WireClient(port: port))
        } catch {
            Issue.record("the server's log: \(registry.logText)")
            await registry.stop()
            throw error
        }
        await registry.stop()
    }

    /// Waits until health has a status, and says what it says then.
    private func health(_ debug: WireClient, becomes status: Int) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let answer = try await debug.send(WireRequest("GET", "/debug/health"))
            if answer.status == status { return answer.text }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure("health stays \(answer.status): \(answer.text)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func push(to registry: RegistryProcess) async throws -> Int {
        let bytes = [UInt8]("a small blob".utf8)
        let target = "/v2/disk/blobs/uploads/?digest=\(contentDigest(bytes))"
        return try await registry.wire.send(WireRequest("POST", target, body: bytes)).status
    }

    private func pull(from registry: RegistryProcess) async throws -> Int {
        let digest = contentDigest([UInt8]("a small blob".utf8))
        return try await registry.wire.send(WireRequest("GET", "/v2/disk/blobs/\(digest)")).status
    }

    @Test("is 503 and names the check while the disk is full or read-only, with pulls served, and 200 when it is well")
    func fullAndReadOnly() async throws {
        let scratch = try ScratchFolder(name: "health")
        defer { scratch.remove() }
        let disk = try MountedDisk(at: scratch.makeFolder("data"), kilobytes: 2048)
        defer { disk.unmount() }
        try await serving(disk.folder) { registry, debug in
            #expect(try await push(to: registry) == 201)
            #expect(try await health(debug, becomes: 200) == "{}")
            try disk.fill()
            let full = try await health(debug, becomes: 503)
            #expect(full.contains(Self.writing) && full.contains("No space left"))
            #expect(try await pull(from: registry) == 200)
            #expect(try await push(to: registry) == 507)

            try disk.remount(kilobytes: 8192)
            #expect(try await health(debug, becomes: 200) == "{}")
            #expect(try await push(to: registry) == 201)

            try disk.remount(kilobytes: 8192, isReadOnly: true)
            let readOnly = try await health(debug, becomes: 503)
            #expect(readOnly.contains(Self.writing) && readOnly.contains("Read-only"))
            #expect(try await pull(from: registry) == 200)
            try disk.remount(kilobytes: 8192)
            #expect(try await health(debug, becomes: 200) == "{}")
            #expect(try await push(to: registry) == 201)
        }
    }

    @Test("is 503 and names the check while the disk is unmounted, with every request refused, and 200 when it is back")
    func unmounted() async throws {
        let scratch = try ScratchFolder(name: "health")
        defer { scratch.remove() }
        let (content, root) = (try scratch.makeFolder("content"), try scratch.makeFolder("data"))
        try MountedDisk.bind(content, at: root)
        defer { MountedDisk.unmount(root) }
        try await serving(root) { registry, debug in
            #expect(try await push(to: registry) == 201)
            #expect(try await health(debug, becomes: 200) == "{}")
            MountedDisk.unmount(root)
            let away = try await health(debug, becomes: 503)
            #expect(away.contains("storagedriver_filesystem"))
            #expect(try await pull(from: registry) == 503)
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.string("data")).isEmpty)
            try MountedDisk.bind(content, at: root)
            #expect(try await health(debug, becomes: 200) == "{}")
            #expect(try await pull(from: registry) == 200)
        }
    }
}
