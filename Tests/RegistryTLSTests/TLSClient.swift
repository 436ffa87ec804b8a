import NIOCore
import NIOPosix
import NIOSSL

/// A connection of a client that speaks HTTP/1.1 over TLS, and looks at the server's certificate.
struct TLSClient {
    /// What came of a connection.
    struct Result: Sendable {
        var serial: String
        var answers: [String]
    }

    /// Connects, and asks several times on one connection.
    ///
    /// - Parameter between: runs between two requests.
    static func run(
        port: Int,
        authority: TestAuthority,
        requests: Int = 1,
        between: () async throws -> Void = {}
    ) async throws -> Result {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(authority.path("root.crt"))
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                    try channel.pipeline.syncOperations.addHandler(tls)
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var result = Result(serial: "", answers: [])
            var parts = inbound.makeAsyncIterator()
            for index in 0..<requests {
                if index > 0 { try await between() }
                try await outbound.write(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                var text = ""
                while !text.hasSuffix("- true https"), let part = try await parts.next() {
                    text += String(buffer: part)
                }
                result.answers.append(text)
            }
            let certificate = try await channel.channel.nioSSL_peerCertificate().get()
            result.serial =
                certificate?.serialNumber.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() ?? ""
            return result
        }
    }
}
