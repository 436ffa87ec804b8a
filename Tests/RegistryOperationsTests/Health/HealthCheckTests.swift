import AsyncHTTPClient
import Foundation
import NIOPosix
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import ShellSupport
import Testing

@testable import RegistryOperations

@Suite("The kinds of health checks")
struct HealthCheckTests {
    @Test("a store is well while it answers, also when it is empty")
    func storage() async throws {
        let faulty = FaultyDriver(MemoryDriver())
        let check = HealthCheck.storage(faulty, type: "inmemory")
        #expect(check.name == "storagedriver_inmemory")
        #expect(await check.run() == nil)
        faulty.inject(.init(.metadata, .fail(.unavailable)))
        #expect(await check.run()?.hasPrefix("unavailable at /") == true)
    }

    @Test("a store that is full or read-only is ill when it is written, which refuses no request")
    func storageWrite() async throws {
        let faulty = FaultyDriver(MemoryDriver())
        let check = HealthCheck.storageWrite(faulty, type: "filesystem")
        #expect(check.name == "storagedriver_filesystem_write" && !check.refusesRequests)
        #expect(await check.run() == nil)
        let folder = StoragePath.root.appending("docker/registry/v2/_registryd/health")
        let left = try? await faulty.list(folder, after: nil, limit: 10)
        #expect(left?.entries.isEmpty ?? true)
        for code in [StorageError.Code.noSpace, .readOnly, .unavailable] {
            faulty.inject(.init(.put, .fail(code)))
            #expect(await check.run()?.hasPrefix("\(code.rawValue) at ") == true)
            faulty.heal()
            #expect(await check.run() == nil)
        }
    }

    @Test("a file is ill while it exists")
    func file() async throws {
        let scratch = try ScratchFolder(name: "health")
        defer { scratch.remove() }
        let check = HealthCheck.file(scratch.string("down"), pool: .singleton)
        #expect(await check.run() == nil)
        try Data().write(to: scratch.path("down"))
        #expect(await check.run() == "file exists")
    }

    @Test("a server is well that answers HEAD with the status that is wanted")
    func http() async throws {
        try await TestRegistry.run { registry in
            let base = "http://127.0.0.1:\(registry.port)"
            let client = HTTPClient.shared
            #expect(await HealthCheck.http("\(base)/v2/", client: client).run() == nil)
            #expect(await HealthCheck.http("\(base)/v2/a/tags/list", status: 404, client: client).run() == nil)
            let unexpected = await HealthCheck.http("\(base)/v2/", status: 204, client: client).run()
            #expect(unexpected == "\(base)/v2/: downstream service returned unexpected status: 200")
        }
    }

    @Test("a server is well that takes connections")
    func tcp() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let port = try await TestRegistry.run { registry in
            let check = HealthCheck.tcp(name: "a:1", host: "127.0.0.1", port: registry.port, group: group)
            #expect(await check.run() == nil)
            return registry.port
        }
        let check = HealthCheck.tcp(name: "a:1", host: "127.0.0.1", port: port, timeout: .seconds(5), group: group)
        #expect(await check.run()?.hasPrefix("a:1: connection failed: ") == true)
    }

    @Test("an interval of zero is ten seconds")
    func interval() {
        #expect(HealthCheck(name: "c", interval: .zero) { nil }.interval == .seconds(10))
    }
}
