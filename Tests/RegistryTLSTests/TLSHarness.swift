import Foundation
import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import RegistryHTTP
import RegistryTLS
import ServiceLifecycle
import ShellSupport
import Synchronization

/// A server that speaks TLS on an ephemeral port, for as long as a test's body runs.
struct TLSHarness: Sendable {
    let tls: ServerTLS
    let server: RegistryServer
    let address: SocketAddress
    let group: ServiceGroup
    let authority: TestAuthority
    let notices: Notices
    let requests: RequestCount

    var port: Int { address.port ?? 0 }

    func url(_ path: String) -> String { "https://127.0.0.1:\(port)\(path)" }

    /// Runs `curl`, which trusts the authority.
    func curl(_ arguments: [String]) async throws -> CommandResult {
        try await Command("curl", ["-sS", "--cacert", authority.path("root.crt")] + arguments).result(seconds: 60)
    }

    /// Runs `openssl s_client` up to the end of its handshake.
    func handshake(_ arguments: [String] = []) async throws -> CommandResult {
        try await Command(
            "openssl",
            ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", authority.path("root.crt")] + arguments
        ).result(seconds: 60)
    }
}

/// Runs a server while a test's body runs.
func withTLSServer(
    settings: (inout TLSSettings, TestAuthority) -> Void = { _, _ in },
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (TLSHarness) async throws -> Void
) async throws {
    let authority = try await TestAuthority.shared.get()
    var tlsSettings = TLSSettings(certificatePath: authority.path("server.pem"), keyPath: authority.path("server.key"))
    tlsSettings.pollInterval = .milliseconds(50)
    settings(&tlsSettings, authority)
    let notices = Notices()
    let tls = try ServerTLS(tlsSettings) { notices.add($0) }
    var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
    configuration.security = tls
    configure(&configuration)
    let requests = RequestCount()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = RegistryServer(
        configuration: configuration,
        responder: TestResponder(requests: requests),
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
        logger: logger
    )
    let group = ServiceGroup(services: [tls, server], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        let address = try await server.boundAddress
        try await body(
            TLSHarness(
                tls: tls,
                server: server,
                address: address,
                group: group,
                authority: authority,
                notices: notices,
                requests: requests
            )
        )
        tasks.cancelAll()
    }
}

/// Keeps what an operator would be told.
final class Notices: Sendable {
    private let state = Mutex<[ServerTLS.Notice]>([])

    var all: [ServerTLS.Notice] { state.withLock { $0 } }

    /// How many told of files that can't be used.
    var failures: Int {
        all.count { if case .failed = $0 { true } else { false } }
    }

    func add(_ notice: ServerTLS.Notice) { state.withLock { $0.append(notice) } }
}

/// Answers `/bytes/N` with N bytes, `/count` with the content's length, `/early` with 401 before it has read any, and
/// anything else with what it knows of the peer.
struct TestResponder: Responder {
    var requests = RequestCount()

    func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        requests.increase()
        let parts = (request.path ?? "").split(separator: "?")[0].split(separator: "/")
        switch parts.first {
        case "bytes":
            let count = parts.last.flatMap { Int($0) } ?? 0
            return Response(.ok, body: .bytes(ByteBuffer(repeating: 0x61, count: count)))
        case "early": return Response(.unauthorized, body: .bytes(ByteBuffer(string: "who are you?")))
        case "count":
            var count = 0
            while let part = try? await body.next() { count += part.readableBytes }
            return Response(.ok, body: .bytes(ByteBuffer(string: "\(count)")))
        default:
            let text = "\(peer.certificateName ?? "-") \(peer.isSecure) \(request.scheme ?? "-")"
            return Response(.ok, body: .bytes(ByteBuffer(string: text)))
        }
    }
}

/// How many requests a responder has got.
final class RequestCount: Sendable {
    private let state = Mutex(0)

    var count: Int { state.withLock { $0 } }

    func increase() { state.withLock { $0 += 1 } }
}

/// Waits until something is so.
func untilTrue(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(5)) }
}
