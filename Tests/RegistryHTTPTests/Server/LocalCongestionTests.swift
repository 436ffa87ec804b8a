import NIOCore
import NIOPosix
import Testing

@testable import RegistryHTTP

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("Congestion control of connections from the same machine")
struct LocalCongestionTests {
    @Test(
        "addresses of this machine's own are told from others",
        arguments: [
            ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("128.0.0.1", false),
            ("12.7.0.1", false), ("10.0.0.127", false), ("::2", false), ("::127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("fe80::1", false),
        ]
    )
    func addresses(text: String, isLocal: Bool) throws {
        #expect(LocalCongestion.isLoopback(try SocketAddress(ipAddress: text, port: 5000)) == isLocal)
    }

    @Test("a Unix socket has no address of a machine")
    func unix() throws {
        #expect(!LocalCongestion.isLoopback(try SocketAddress(unixDomainSocketPath: "/run/x")))
    }

    /// The algorithm of an accepted connection from this machine that had another one before, as far as the system has that.
    private func algorithm(instead before: String) async throws -> (had: String, has: String) {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let socket = channel.pipeline.syncOperations
                    let name = Array(before.utf8)
                    _ = try socket.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
                        setsockopt($0, CInt(IPPROTO_TCP), TCP_CONGESTION, name, socklen_t(name.count))
                    }
                    let had = try Self.name(of: channel)
                    LocalCongestion.leaveBBR(channel)
                    return (had, try Self.name(of: channel))
                }
            }
        return try await server.executeThenClose { accepted in
            let address = try #require(server.channel.localAddress)
            let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(to: address)
                .get()
            var connections = accepted.makeAsyncIterator()
            let names = try await connections.next()
            try await client.close()
            return try #require(names)
        }
    }

    private static func name(of channel: any Channel) throws -> String {
        var name = [UInt8](repeating: 0, count: 16)
        _ = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            var length = socklen_t(name.count)
            return getsockopt($0, CInt(IPPROTO_TCP), TCP_CONGESTION, &name, &length)
        }
        return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    }

    // Where the system has no BBR, or lets nobody choose it, the connection has its default, which is left alone.
    @Test("BBR gives way to Reno, and others stay", arguments: ["bbr", "reno", "cubic"])
    func socket(name: String) async throws {
        let (had, has) = try await algorithm(instead: name)
        #expect(has == (had.hasPrefix("bbr") ? "reno" : had))
    }
}
