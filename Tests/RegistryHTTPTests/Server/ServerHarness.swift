import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import RegistryCore
import RegistryTesting
import ServiceLifecycle
import Synchronization

@testable import RegistryHTTP

/// A server on an ephemeral port, for as long as a test's body runs.
struct ServerHarness: Sendable {
    let server: RegistryServer
    let address: SocketAddress
    let group: ServiceGroup
    let log: ExchangeLog

    var client: HTTPTestClient { HTTPTestClient(address) }

    func connect(timeout: Duration = .seconds(10)) async throws -> RawClient {
        try await RawClient.connect(to: address, timeout: timeout)
    }

    /// Tells the server to stop as SIGTERM does.
    func shutDown() async { await group.triggerGracefulShutdown() }

    /// Sends bytes on a connection of their own, and reads until the server closes.
    func answer(to text: String) async throws -> String {
        let client = try await connect()
        try await client.send(text)
        let bytes = try await client.readToEnd()
        await client.close()
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Runs a server while a test's body runs.
func withServer(
    _ responder: some Responder = EchoResponder(),
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (ServerHarness) async throws -> Void
) async throws {
    var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
    configure(&configuration)
    let log = ExchangeLog()
    let (server, group) = makeServer(responder, configuration, log)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        try await body(ServerHarness(server: server, address: server.boundAddress, group: group, log: log))
        tasks.cancelAll()
    }
}

/// A server that does not run yet, and the group that runs it.
func makeServer(
    _ responder: some Responder,
    _ configuration: ServerConfiguration,
    _ log: ExchangeLog
) -> (RegistryServer, ServiceGroup) {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = RegistryServer(
        configuration: configuration,
        responder: responder,
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
        observer: log,
        logger: logger
    )
    return (server, ServiceGroup(services: [server], logger: logger))
}

/// Keeps what the server reports.
final class ExchangeLog: ServerObserver {
    private let state = Mutex<[Exchange]>([])

    var exchanges: [Exchange] { state.withLock { $0 } }

    func exchangesFinished(_ exchanges: Span<Exchange>) {
        for place in exchanges.indices {
            let exchange = exchanges[place]
            state.withLock { $0.append(exchange) }
        }
    }
}

/// Answers with what it was asked, so that a test sees what the server made of a request.
///
/// - `/echo`: the content. - `/count`: its length. - `/early`: 401 without reading. - `/bytes/N`: N bytes.
/// - `/status/N`: that status with a short text. - anything else: the method, path and authority.
struct EchoResponder: Responder {
    func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        let path = request.path ?? ""
        let parts = path.split(separator: "/")
        switch parts.first {
        case "echo":
            guard let bytes = try? await collect(body) else { return Response(.internalServerError) }
            return Response(.ok, body: .bytes(bytes))
        case "count":
            var count = 0
            do {
                while let part = try await body.next() { count += part.readableBytes }
            } catch {
                return Response(.internalServerError)
            }
            return Response(.ok, body: .bytes(ByteBuffer(string: "\(count)")))
        case "early":
            return Response(.unauthorized, body: .bytes(ByteBuffer(string: "who are you?")))
        case "bytes":
            let count = parts.last.flatMap { Int($0) } ?? 0
            return Response(.ok, body: .bytes(ByteBuffer(repeating: 0x61, count: count)))
        case "status":
            let code = parts.last.flatMap { Int($0) } ?? 0
            return Response(.init(code: code), body: .bytes(ByteBuffer(string: "content")))
        default:
            let text = "\(request.method) \(path) \(request.authority ?? "-")"
            return Response(.ok, headers: [.contentType: "text/plain"], body: .bytes(ByteBuffer(string: text)))
        }
    }

    private func collect(_ body: RequestBody) async throws -> ByteBuffer {
        var bytes = ByteBuffer()
        while var part = try await body.next() { bytes.writeBuffer(&part) }
        return bytes
    }
}

/// Answers as a closure says.
struct ClosureResponder: Responder {
    let answer: @Sendable (HTTPRequest, RequestBody) async -> Response

    init(_ answer: @escaping @Sendable (HTTPRequest, RequestBody) async -> Response) { self.answer = answer }

    func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        await answer(request, body)
    }
}
