import Foundation
import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import RegistryHTTP
import RegistryTesting
import ServiceLifecycle
import ShellSupport
import Testing

@testable import RegistryTLS

/// Large content, by `curl`, over everything that a server speaks.
@Suite(.timeLimit(.minutes(2)))
struct CurlTests {
    enum Transport: String, Sendable, CaseIterable {
        case http1 = "--http1.1"
        case http2 = "--http2"
        case cleartext = "--http2-prior-knowledge"
        case unix = "--http1.0"
    }

    @Test("32 MiB are sent and received", arguments: Transport.allCases)
    func transfers(transport: Transport) async throws {
        try await with(transport) { arguments, url in
            let folder = try ScratchFolder(name: "curl")
            defer { folder.remove() }
            let count = 32 * 1024 * 1024
            let got = try await Command(
                "curl",
                arguments + ["-o", folder.string("got"), "-w", "%{http_code} %{size_download}", url("/bytes/\(count)")]
            ).run()
            #expect(got.output == "200 \(count)")
            let content = try Data(contentsOf: folder.path("got"))
            #expect(content == Data(repeating: 0x61, count: count))
            let put = try await Command("curl", arguments + ["-T", folder.string("got"), url("/count")]).run()
            #expect(put.output == "\(count)")
        }
    }

    @Test("forty answers come side by side on one connection", arguments: [Transport.http2])
    func multiplexes(transport: Transport) async throws {
        try await with(transport) { arguments, url in
            let result = try await Command(
                "curl",
                arguments + [
                    "-Z", "--parallel-max", "40", "-o", "/dev/null",
                    "-w", "%{http_code} %{http_version} %{size_download} %{num_connects}\n",
                    url("/bytes/500000?[1-40]"),
                ]
            ).run()
            #expect(result.lines.count == 40)
            #expect(result.lines.allSatisfy { $0.hasPrefix("200 2 500000 ") })
        }
    }

    @Test("an answer that is on its way when the server is told to stop comes whole", arguments: ["1.1", "2"])
    func drains(version: String) async throws {
        try await withTLSServer { server in
            let count = 8 * 1024 * 1024
            async let result = server.curl([
                "--http\(version)", "--limit-rate", "8M", "-o", "/dev/null",
                "-w", "%{http_code} %{http_version} %{size_download}", server.url("/bytes/\(count)"),
            ])
            try await untilTrue { server.requests.count == 1 }
            await server.group.triggerGracefulShutdown()
            let finished = try await result
            #expect(finished.status == 0, "\(finished.errorOutput)")
            #expect(finished.output == "200 \(version) \(count)")
            try await untilTrue { server.server.connectionCount == 0 }
        }
    }

    @Test("an early answer reaches a client that is still sending", arguments: Transport.allCases)
    func answersEarly(transport: Transport) async throws {
        try await with(transport) { arguments, url in
            let folder = try ScratchFolder(name: "curl")
            defer { folder.remove() }
            try Data(count: 16 * 1024 * 1024).write(to: folder.path("content"))
            let result = try await Command(
                "curl",
                arguments + ["-H", "Expect:", "-w", " %{http_code}", "-T", folder.string("content"), url("/early")]
            ).result()
            #expect(result.output == "who are you? 401", "\(result.errorOutput)")
        }
    }

    private func with(_ transport: Transport, _ body: ([String], (String) -> String) async throws -> Void) async throws
    {
        switch transport {
        case .http1, .http2:
            try await withTLSServer { server in
                try await body(
                    ["-sS", "--cacert", server.authority.path("root.crt"), transport.rawValue],
                    { server.url($0) }
                )
            }
        case .cleartext:
            var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
            configuration.isH2CEnabled = true
            try await withPlainServer(configuration) { address in
                try await body(["-sS", transport.rawValue]) { "http://127.0.0.1:\(address.port ?? 0)\($0)" }
            }
        case .unix:
            let folder = try ScratchFolder(name: "unix")
            defer { folder.remove() }
            try await withPlainServer(ServerConfiguration(.unix(path: folder.string("socket")))) { _ in
                try await body(["-sS", "--unix-socket", folder.string("socket")]) { "http://registry\($0)" }
            }
        }
    }

    private func withPlainServer(
        _ configuration: ServerConfiguration,
        _ body: (SocketAddress) async throws -> Void
    ) async throws {
        let server = RegistryServer(
            configuration: configuration,
            responder: TestResponder(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run() }
            try await body(server.boundAddress)
            tasks.cancelAll()
        }
    }
}
