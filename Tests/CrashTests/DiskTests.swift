import Foundation
import ShellSupport
import Testing

/// Ours alone: the replaced server says 500 to most of this.
private let isOurs = RegistryProcess.Server.underTest == .registryd

@Suite("A server whose disk fails for real", .enabled(if: SlowTests.enabled && isOurs), .serialized)
struct DiskTests {
    private let manifestType = "application/vnd.oci.image.manifest.v1+json"

    private func push(_ bytes: [UInt8], to registry: RegistryProcess) async throws -> WireResponse {
        let begun = try await registry.wire.send(WireRequest("POST", "/v2/disk/blobs/uploads/", body: []))
        guard begun.status == 202, let location = begun.path else { return begun }
        let put = WireRequest("PUT", location.adding("digest=\(contentDigest(bytes))"), body: bytes)
        return try await registry.wire.send(put)
    }

    private func image(of blob: [UInt8]) -> [UInt8] {
        let part = #"{"mediaType":"a/b","digest":"\#(contentDigest(blob))","size":\#(blob.count)}"#
        return Array(
            #"{"schemaVersion":2,"mediaType":"\#(manifestType)","config":\#(part),"layers":[\#(part)]}"#.utf8
        )
    }

    private func pushImage(of blob: [UInt8], as tag: String, to registry: RegistryProcess) async throws -> WireResponse
    {
        try await registry.wire.send(
            WireRequest(
                "PUT",
                "/v2/disk/manifests/\(tag)",
                headers: [("Content-Type", manifestType)],
                body: image(of: blob)
            )
        )
    }

    private func status(_ method: String, _ path: String, of registry: RegistryProcess) async throws -> Int {
        try await registry.wire.send(WireRequest(method, "/v2/disk/\(path)")).status
    }

    private func expectIntact(_ blob: [UInt8], in registry: RegistryProcess) async throws {
        let answer = try await registry.wire.send(WireRequest("GET", "/v2/disk/blobs/\(contentDigest(blob))"))
        #expect(answer.status == 200 && answer.body == blob)
    }

    @Test(
        "a full disk is 507 DENIED, loses nothing, shows nothing half, and takes the same push when there is room",
        .enabled(if: MountedDisk.isPossible)
    )
    func fullDisk() async throws {
        let scratch = try ScratchFolder(name: "disk")
        defer { scratch.remove() }
        let disk = try MountedDisk(at: scratch.makeFolder("data"), kilobytes: 2048)
        defer { disk.unmount() }
        try await RegistryProcess.with(.registryd, root: disk.folder) { registry in
            var kept: [[UInt8]] = []
            var refused: (blob: [UInt8], answer: WireResponse)?
            for number in UInt64(0)..<100 {
                let blob = Content(seed: number, size: 150_000).bytes
                let answer = try await push(blob, to: registry)
                guard answer.status == 201 else {
                    refused = (blob, answer)
                    break
                }
                kept.append(blob)
            }
            let (blob, answer) = try #require(refused)
            #expect(
                answer.status == 507
                    && answer.text.contains(#""code":"DENIED","message":"the registry's storage is full""#)
            )
            #expect(try await status("HEAD", "blobs/\(contentDigest(blob))", of: registry) == 404)
            #expect(kept.count > 5)
            for blob in kept { try await expectIntact(blob, in: registry) }

            // What small room is left goes, until a manifest is refused too.
            try disk.fill()
            let first = try #require(kept.first)
            let tagged = try await pushImage(of: first, as: "full", to: registry)
            #expect(tagged.status == 507)
            #expect(try await status("GET", "manifests/full", of: registry) == 404)
            #expect(try await status("GET", "tags/list", of: registry) == 404)

            try disk.remount(kilobytes: 16_384)
            #expect(try await push(blob, to: registry).status == 201)
            #expect(try await pushImage(of: blob, as: "full", to: registry).status == 201)
            try await expectIntact(blob, in: registry)
            #expect(try await status("GET", "manifests/full", of: registry) == 200)
        }
    }

    @Test(
        "a disk that is mounted read-only serves pulls, refuses pushes as UNAVAILABLE, and takes them when it can again",
        .enabled(if: MountedDisk.isPossible)
    )
    func readOnlyDisk() async throws {
        let scratch = try ScratchFolder(name: "disk")
        defer { scratch.remove() }
        let disk = try MountedDisk(at: scratch.makeFolder("data"), kilobytes: 8192)
        defer { disk.unmount() }
        try await RegistryProcess.with(.registryd, root: disk.folder) { registry in
            let blob = Content(seed: 1, size: 10_000).bytes
            #expect(try await push(blob, to: registry).status == 201)
            #expect(try await pushImage(of: blob, as: "latest", to: registry).status == 201)
            try disk.remount(kilobytes: 8192, isReadOnly: true)
            for answer in [
                try await push(Content(seed: 2, size: 10).bytes, to: registry),
                try await pushImage(of: blob, as: "other", to: registry),
                try await registry.wire.send(WireRequest("DELETE", "/v2/disk/manifests/latest")),
            ] {
                #expect(answer.status == 503 && answer.text.contains("UNAVAILABLE"), "\(answer.text)")
                #expect(answer.text.contains("the registry's storage can't be written"))
            }
            try await expectIntact(blob, in: registry)
            #expect(try await status("GET", "manifests/latest", of: registry) == 200)
            #expect(try await status("GET", "manifests/other", of: registry) == 404)
            try disk.remount(kilobytes: 8192)
            #expect(try await pushImage(of: blob, as: "other", to: registry).status == 201)
        }
    }

    @Test(
        "a disk that is unmounted is UNAVAILABLE to pulls and pushes, and all is there when it is mounted again",
        .enabled(if: MountedDisk.isPossible)
    )
    func unmountedDisk() async throws {
        let scratch = try ScratchFolder(name: "disk")
        defer { scratch.remove() }
        let (content, root) = (try scratch.makeFolder("content"), try scratch.makeFolder("data"))
        try MountedDisk.bind(content, at: root)
        defer { MountedDisk.unmount(root) }
        try await RegistryProcess.with(.registryd, root: root) { registry in
            try await expectUnavailable(registry) {
                MountedDisk.unmount(root)
            } comingBack: {
                #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.string("data")).isEmpty)
                try MountedDisk.bind(content, at: root)
            }
        }
    }

    @Test("a store that is moved away is UNAVAILABLE to pulls and pushes, and all is there when it is back")
    func movedStore() async throws {
        let scratch = try ScratchFolder(name: "disk")
        defer { scratch.remove() }
        let root = try scratch.makeFolder("data")
        try await RegistryProcess.with(.registryd, root: root) { registry in
            try await expectUnavailable(registry) {
                try FileManager.default.moveItem(at: root, to: scratch.path("elsewhere"))
            } comingBack: {
                #expect(!FileManager.default.fileExists(atPath: scratch.string("data")))
                try FileManager.default.moveItem(at: scratch.path("elsewhere"), to: root)
            }
        }
    }

    private func expectUnavailable(
        _ registry: RegistryProcess,
        goingAway: () throws -> Void,
        comingBack: () throws -> Void
    ) async throws {
        let blob = Content(seed: 1, size: 10_000).bytes
        #expect(try await push(blob, to: registry).status == 201)
        #expect(try await pushImage(of: blob, as: "latest", to: registry).status == 201)
        try goingAway()
        for path in ["blobs/\(contentDigest(blob))", "manifests/latest", "tags/list", "blobs/\(contentDigest([1]))"] {
            let answer = try await registry.wire.send(WireRequest("GET", "/v2/disk/\(path)"))
            #expect(answer.status == 503 && answer.text.contains("UNAVAILABLE"), "\(path): \(answer.text)")
        }
        #expect(try await push(Content(seed: 2, size: 10).bytes, to: registry).status == 503)
        #expect(try await pushImage(of: blob, as: "other", to: registry).status == 503)
        try comingBack()
        try await expectIntact(blob, in: registry)
        #expect(try await status("GET", "manifests/latest", of: registry) == 200)
        #expect(try await pushImage(of: blob, as: "other", to: registry).status == 201)
    }
}
