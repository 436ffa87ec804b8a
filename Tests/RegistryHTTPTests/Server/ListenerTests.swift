import Foundation
import Glibc
import HTTPTypes
import NIOCore
import NIOPosix
import RegistryTesting
import Testing

@testable import RegistryHTTP

/// Where a server listens besides a port.
@Suite(.timeLimit(.minutes(1)))
struct ListenerTests {
    @Test("an empty host and :: take both families", arguments: ["", "::"])
    func takesBothFamilies(host: String) async throws {
        try await withServer {
            $0.host = host
        } _: { server in
            let port = try #require(server.address.port)
            let old = try await HTTPTestClient(host: "127.0.0.1", port: port).request("GET", "/bytes/1")
            #expect(old.text == "a")
            let new = try await HTTPTestClient(host: "::1", port: port).request("GET", "/bytes/1")
            #expect(new.text == "a")
        }
    }

    @Test("a Unix socket takes an old one's place, is served, and is gone when the server stops")
    func servesUnixSockets() async throws {
        let path = Self.path()
        // What a server that was killed leaves.
        try await withServer {
            $0.listener = .unix(path: path)
        } _: { server in
            #expect(link(path, path + ".old") == 0)
            await server.shutDown()
        }
        #expect(rename(path + ".old", path) == 0)
        let responder = PeerResponder()
        try await withServer(responder) {
            $0.listener = .unix(path: path)
        } _: { _ in
            let answer = try await Self.get(path)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nnil"))
        }
        try await untilTrue { access(path, F_OK) != 0 }
    }

    @Test("a file that is no socket is left alone, and the error names it")
    func leavesOtherFiles() async throws {
        let path = Self.path()
        try "content".write(toFile: path, atomically: false, encoding: .utf8)
        defer { unlink(path) }
        let error = await #expect(throws: ListenerError.self) {
            try await withServer {
                $0.listener = .unix(path: path)
            } _: { _ in
            }
        }
        #expect(error?.description.contains(path) == true)
        let content = try String(contentsOfFile: path, encoding: .utf8)
        #expect(content == "content")
    }

    @Test("a socket that another program opened is listened on")
    func servesInheritedSockets() async throws {
        let descriptor = try Self.listeningSocket()
        let socket = try InheritedSocket(descriptor: descriptor)
        try await withServer {
            $0.listener = .inherited(socket)
        } _: { server in
            let answer = try await server.client.request("GET", "/bytes/2")
            #expect(answer.text == "aa")
        }
    }

    @Test("the environment names one socket for this process, or none")
    func readsEnvironment() throws {
        #expect(try InheritedSocket.named(in: [:]) == nil)
        #expect(try InheritedSocket.named(in: ["LISTEN_FDS": "1"]) == nil)
        #expect(try InheritedSocket.named(in: ["LISTEN_PID": "1", "LISTEN_FDS": "1"], processID: 2) == nil)
        #expect(try InheritedSocket.named(in: ["LISTEN_PID": "2", "LISTEN_FDS": "0"], processID: 2) == nil)
        let several = #expect(throws: ListenerError.self) {
            try InheritedSocket.named(in: ["LISTEN_PID": "2", "LISTEN_FDS": "3"], processID: 2)
        }
        #expect(several?.description.contains("3 sockets") == true)
        #expect(throws: ListenerError.self) {
            try InheritedSocket.named(in: ["LISTEN_PID": "2", "LISTEN_FDS": "many"], processID: 2)
        }
    }

    @Test("what is no listening socket is refused")
    func refusesOtherDescriptors() throws {
        let file = open("/dev/null", O_RDONLY)
        defer { close(file) }
        #expect(throws: ListenerError.self) { try InheritedSocket(descriptor: file) }
        #expect(throws: ListenerError.self) { try InheritedSocket(descriptor: -1) }
        let unbound = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(unbound) }
        #expect(throws: ListenerError.self) { try InheritedSocket(descriptor: unbound) }
    }

    private static func path() -> String {
        FileManager.default.temporaryDirectory.appending(path: "s\(UInt32.random(in: 0 ... .max))").path
    }

    /// Asks for something on a Unix socket, and reads to the end.
    private static func get(_ path: String) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
            var text = ""
            for try await part in inbound { text += String(buffer: part) }
            return text
        }
    }

    private static func listeningSocket() throws -> CInt {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // 127.0.0.1 and any port, as bytes: which module owns the members of the system's structures varies.
        let address =
            withUnsafeBytes(of: sa_family_t(AF_INET)) { Array($0) } + [0, 0, 127, 0, 0, 1]
            + [UInt8](repeating: 0, count: 8)
        let bound = address.withUnsafeBytes {
            bind(descriptor, $0.bindMemory(to: sockaddr.self).baseAddress, socklen_t($0.count))
        }
        try #require(bound == 0)
        try #require(listen(descriptor, 16) == 0)
        return descriptor
    }
}

/// Answers with the peer's address.
private struct PeerResponder: Responder {
    func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        Response(.ok, body: .bytes(ByteBuffer(string: peer.address ?? "nil")))
    }
}
