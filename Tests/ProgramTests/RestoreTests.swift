import Foundation
import ShellSupport
import Testing

@Suite("What was deleted, as an operator brings it back", .serialized)
struct RestoreTests {
    private static let image = ImageLayout.image("restored", layerSizes: [70_000])
    private static let other = ImageLayout.image("other", layerSizes: [50_000])

    private func store(socket: Bool) throws -> OperatedStore {
        let store = try OperatedStore(named: "restore")
        try store.configure(socket ? "registryd: {administration: {socket: \(store.socket)}}" : "")
        return store
    }

    /// The status that curl sees.
    private func curl(_ method: String, _ target: String, on store: OperatedStore) async throws -> String {
        let url = "http://127.0.0.1:\(store.port)\(target)"
        return try await Command("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, url])
            .run().trimmedOutput
    }

    @Test("through the server's socket: a tag, a manifest with its tags, a blob, with a collection in between")
    func served() async throws {
        let store = try self.store(socket: true)
        defer { store.scratch.remove() }
        try await store.serving { _ in
            _ = try await store.reader.push(Self.image, to: "team/app", tag: "v1")
            _ = try await store.reader.push(Self.image, to: "team/app", tag: "v2")
            #expect(try await curl("DELETE", "/v2/team/app/manifests/v1", on: store) == "202")
            #expect(try await curl("DELETE", "/v2/team/app/manifests/v1", on: store) == "404")
            #expect(try await curl("GET", "/v2/team/app/manifests/v1", on: store) == "404")
            let run = try await store.verb("garbage-collect", "--delete-untagged", "--quiet")
            #expect(run.status == 0)
            let listed = try await store.verb("restore", "--list")
            #expect(listed.lines.count == 1 && listed.lines.first?.hasSuffix(" tag team/app:v1") == true)
            let restored = try await store.verb("restore", "team/app:v1")
            #expect(restored.status == 0 && restored.trimmedOutput == "restored team/app:v1")
            #expect(try await store.reader.verify("team/app", "v1") == Self.image.count)
            let again = try await store.verb("restore", "team/app:v1")
            #expect(again.status == 1 && again.errorOutput.contains("there is no deleted team/app:v1"))

            #expect(try await curl("DELETE", "/v2/team/app/manifests/\(Self.image.digest)", on: store) == "202")
            #expect(try await curl("GET", "/v2/team/app/manifests/v2", on: store) == "404")
            let blob = contentDigest(Self.image.blobs[0])
            #expect(try await curl("DELETE", "/v2/team/app/blobs/\(blob)", on: store) == "202")
            #expect(try await curl("DELETE", "/v2/team/app/blobs/\(blob)", on: store) == "404")
            _ = try await store.reader.push(Self.other, to: "team/app", tag: "v2")
            #expect(try await store.verb("garbage-collect", "--delete-untagged", "--quiet").status == 0)

            #expect(try await store.verb("restore", "team/app@\(blob)").status == 0)
            let whole = try await store.verb("restore", "team/app@\(Self.image.digest)")
            #expect(whole.status == 0)
            #expect(whole.lines.contains("restored team/app:v1"))
            #expect(whole.output.contains("team/app:v2 was pushed again since then"))
            #expect(try await store.reader.verify("team/app", "v1") == Self.image.count)
            #expect(try await store.reader.verify("team/app", "v2") == Self.other.count)
            #expect(try await store.verb("verify", "--quiet").status == 0)
        }
    }

    @Test("on a store that is not served, by name and by identifier, and not after it was collected")
    func stopped() async throws {
        let store = try self.store(socket: false)
        defer { store.scratch.remove() }
        try await store.serving { _ in
            _ = try await store.reader.push(Self.image, to: "team/app", tag: "v1")
            #expect(try await curl("DELETE", "/v2/team/app/manifests/\(Self.image.digest)", on: store) == "202")
        }
        let listed = try await store.verb("restore", "--list", "team/app")
        let id = try #require(listed.lines.first?.split(separator: " ").first.map(String.init))
        #expect(try await store.verb("restore", "--list", "team/other").trimmedOutput.isEmpty)
        #expect(try await store.verb("restore", id).trimmedOutput.hasSuffix("restored team/app:v1"))
        try await store.serving { _ in
            let count = try await store.reader.verify("team/app", "v1")
            let deleted = try await curl("DELETE", "/v2/team/app/manifests/v1", on: store)
            #expect(count == Self.image.count && deleted == "202")
        }
        #expect(try await store.verb("repository", "delete", "team/app").status == 0)
        #expect(try await store.verb("restore", "team/app").trimmedOutput == "restored team/app")
        let kept = try await store.verb("garbage-collect", "-m", "--quiet", "--grace", "3600")
        #expect(kept.status == 0)
        #expect(try await store.verb("restore", "team/app:v1").status == 0)
        try await store.serving { _ in
            let deleted = try await curl("DELETE", "/v2/team/app/manifests/v1", on: store)
            #expect(deleted == "202")
        }
        #expect(try await store.verb("garbage-collect", "-m", "--quiet").status == 0)
        #expect(try await store.verb("restore", "team/app:v1").status == 1)
        #expect(try await store.verb("restore", "A B").status != 0)
    }
}
