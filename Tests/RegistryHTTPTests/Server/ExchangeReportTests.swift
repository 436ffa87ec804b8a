import HTTPTypes
import NIOCore
import RegistryTesting
import ServiceLifecycle
import Testing

@testable import RegistryHTTP

@Suite("what an observer is told")
struct ExchangeReportTests {
    @Test("every answer, in order, when many are given in one turn")
    func order() async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send((0..<100).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            try await untilTrue { server.log.exchanges.count >= 100 }
            await client.close()
            #expect(server.log.exchanges.map { $0.request?.path } == (0..<100).map { "/\($0)" })
        }
    }

    @Test("every answer before a server that stops has stopped")
    func stop() async throws {
        let log = ExchangeLog()
        for round in 1...20 {
            let configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
            let (server, group) = makeServer(EchoResponder(), configuration, log)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let client = try await RawClient.connect(to: server.boundAddress, timeout: .seconds(10))
                try await client.send("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                _ = try await client.readToEnd()
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                await client.close()
            }
            #expect(log.exchanges.count == round)
        }
    }
}
