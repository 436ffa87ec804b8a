import Foundation
import ShellSupport
import Testing

@Suite(.enabled(if: SlowTests.enabled, "REGISTRYD_SLOW_TESTS=1 runs nginx"))
struct BalancerTests {
    @Test("an upload begun on one replica goes on and ends on another, without a configured secret")
    func replicas() async throws {
        let scratch = try ScratchFolder(name: "balancer")
        defer { scratch.remove() }
        let root = try scratch.makeFolder("data")
        // An empty secret is no secret: the replicas find the one in their store.
        let secret = ["REGISTRY_HTTP_SECRET": ""]
        let first = try await RegistryProcess.start(.registryd, root: root, environment: secret)
        defer { first.send(signal: SIGKILL) }
        let second = try await RegistryProcess.start(.registryd, root: root, environment: secret)
        defer { second.send(signal: SIGKILL) }
        let nginx = try await Balancer.start(before: [first.port, second.port], in: scratch)
        defer { nginx.daemon.send(signal: SIGKILL) }

        let wire = WireClient(port: nginx.port)
        let content = ImageLayout.noise(seed: "balanced", count: 300_000)
        let begun = try await wire.send(WireRequest("POST", "/v2/a/blobs/uploads/"))
        #expect(begun.status == 202)
        var location = try #require(begun["location"])
        var replicas: Set<String> = []
        for start in stride(from: 0, to: content.count, by: 50_000) {
            #expect(location.hasPrefix("https://registry.example/v2/a/blobs/uploads/"), "\(location)")
            let answer = try await wire.send(
                WireRequest(
                    "PATCH",
                    RegistryReader.target(of: location),
                    headers: [("Content-Range", "\(start)-\(start + 49_999)")],
                    body: Array(content[start..<start + 50_000])
                )
            )
            #expect(answer.status == 202)
            location = try #require(answer["location"])
            replicas.insert(try #require(answer["x-replica"]))
        }
        #expect(replicas.count == 2, "nginx sent all to one")
        let digest = contentDigest(content)
        let target = RegistryReader.target(of: location)
        let end = try await wire.send(WireRequest("PUT", "\(target)&digest=\(digest)"))
        #expect(end.status == 201)
        let blob = try await wire.send(WireRequest("GET", "/v2/a/blobs/\(digest)"))
        #expect(blob.body == content)
        // A balancer that can only ask for 200 asks here.
        #expect(try await wire.send(WireRequest("GET", "/")).status == 200)
    }
}

/// nginx in front of registries, as the deployment guide puts it there.
private struct Balancer {
    let port: UInt16
    let daemon: Daemon

    static func start(before ports: [UInt16], in scratch: ScratchFolder) async throws -> Balancer {
        let port = try LoopbackPort.free()
        let servers = ports.map { "server 127.0.0.1:\($0);" }.joined(separator: " ")
        let folder = try scratch.makeFolder("nginx").path(percentEncoded: false)
        let configuration = """
            daemon off; master_process off; pid \(folder)/pid; error_log stderr;
            events {}
            http {
              access_log off; client_body_temp_path \(folder)/body; proxy_temp_path \(folder)/proxy;
              fastcgi_temp_path \(folder)/f; uwsgi_temp_path \(folder)/u; scgi_temp_path \(folder)/s;
              upstream registry { \(servers) }
              server {
                listen 127.0.0.1:\(port);
                client_max_body_size 0; chunked_transfer_encoding on;
                location / {
                  proxy_pass http://registry; proxy_http_version 1.1; proxy_request_buffering off;
                  proxy_set_header Host registry.example; proxy_set_header X-Forwarded-Proto https;
                  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                  add_header X-Replica $upstream_addr always;
                }
              }
            }
            """
        try configuration.write(to: scratch.path("nginx/nginx.conf"), atomically: true, encoding: .utf8)
        let daemon = try Daemon.start(
            "nginx",
            ["-p", folder, "-c", "\(folder)/nginx.conf"],
            log: scratch.path("nginx/log")
        )
        try await daemon.waitUntilReady { (try? await WireClient(port: port).send(WireRequest("GET", "/"))) != nil }
        return Balancer(port: port, daemon: daemon)
    }
}
