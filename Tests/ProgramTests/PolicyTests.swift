import Foundation
import ShellSupport
import Testing

@Suite("Policies of a server that runs")
struct PolicyTests {
    private static let first = ImageLayout.image("first", layerSizes: [50_000])
    private static let second = ImageLayout.image("second", layerSizes: [50_000])

    private func put(
        _ image: ImageLayout.Image,
        _ tag: String,
        on registry: RegistryProcess
    ) async throws -> WireResponse {
        for blob in image.blobs { try await registry.reader.pushBlob(blob, to: "team/app") }
        return try await registry.wire.send(
            WireRequest(
                "PUT",
                "/v2/team/app/manifests/\(tag)",
                headers: [("Content-Type", image.mediaType)],
                body: image.manifest
            )
        )
    }

    @Test("rules come into force and go with a reload, and a wrong one changes nothing")
    func reload() async throws {
        let scratch = try ScratchFolder(name: "policy")
        defer { scratch.remove() }
        let file = scratch.path("config.yml")
        func write(_ policy: String) throws {
            let text = """
                version: 0.1
                storage: {filesystem: {rootdirectory: /nowhere}}
                registryd: {policy: {\(policy)}}

                """
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        try write("")
        let debug = try LoopbackPort.free()
        let registry = try await RegistryProcess.start(
            .registryd,
            environment: [
                "REGISTRY_HTTP_DEBUG_ADDR": "127.0.0.1:\(debug)", "REGISTRY_HTTP_DEBUG_PROMETHEUS_ENABLED": "true",
            ],
            file: file
        )
        defer { registry.send(signal: SIGKILL) }
        func metrics() async throws -> String {
            try await WireClient(port: debug).send(WireRequest("GET", "/metrics")).text
        }
        #expect(try await put(Self.first, "v1", on: registry).status == 201)
        #expect(try await !metrics().contains("registryd_quota"))

        try write(
            """
            immutable: [{name: releases, repositories: ["*"], tags: [v*]}],
            quotas: [{name: team, repositories: [team/**], bytes: 60KB}]
            """
        )
        registry.send(signal: SIGHUP)
        // What was there before the rule counts, and is held.
        try await eventually("the count of what is there") {
            let text = try await metrics()
            return text.contains("registryd_quota_limit_bytes{rule=\"team\"} 60000")
                && text.contains("registryd_quota_used_bytes{rule=\"team\"} 5")
        }
        let moved = try await registry.wire.send(
            WireRequest(
                "PUT",
                "/v2/team/app/manifests/v1",
                headers: [("Content-Type", Self.second.mediaType)],
                body: Self.second.manifest
            )
        )
        #expect(moved.status == 403 && moved.text.contains("by the rule 'releases'"), "\(moved.text)")
        await #expect(throws: WireError.self) { try await put(Self.second, "v2", on: registry) }

        try write("quotas: [{name: team, repositories: [Team/**], bytes: 60}]")
        registry.send(signal: SIGHUP)
        try await eventually("the refusal") { registry.hasPrinted("quotas[0].repositories[0]") }
        await #expect(throws: WireError.self) { try await put(Self.second, "v2", on: registry) }

        try write("")
        registry.send(signal: SIGHUP)
        try await eventually("the end of the rules") {
            (try? await put(Self.second, "v1", on: registry).status) == 201
        }
        #expect(await registry.stop())
    }
}
