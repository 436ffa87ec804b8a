import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import ShellSupport
import Testing

@testable import RegistryOperations

@Suite("A driver that is measured or traced")
struct MeteredDriverTests {
    @Test("keeps the contract", arguments: StorageConformance.checks.filter { !$0.isSlow })
    func conforms(check: StorageConformance.Check) async throws {
        let tracer = RegistryTracer(try #require(TracingConfiguration.test()))
        let driver = MeteredDriver(
            TracedDriver(MemoryDriver(), tracer: tracer),
            metrics: StorageMetrics(driver: "inmemory")
        )
        try await check.run(on: driver)
    }

    @Test("still gives an open file for the kernel to send")
    func file() async throws {
        let scratch = try ScratchFolder(name: "metered")
        defer { scratch.remove() }
        let tracer = RegistryTracer(try #require(TracingConfiguration.test()))
        let filesystem = FilesystemDriver(root: scratch.string("store"), threadPool: .singleton)
        let driver = MeteredDriver(
            TracedDriver(filesystem, tracer: tracer),
            metrics: StorageMetrics(driver: "filesystem")
        )
        let path = try #require(StoragePath("/a"))
        try await driver.put(ByteBuffer(string: "content"), at: path)
        let object = try await driver.open(at: path)
        #expect(object.file != nil)
        #expect(driver.name == "filesystem")
    }

    @Test("counts failures, but not that nothing is there")
    func failures() async throws {
        let metrics = StorageMetrics(driver: "inmemory")
        let driver = MeteredDriver(MemoryDriver(), metrics: metrics)
        let path = try #require(StoragePath("/folder/object"))
        let folder = try #require(StoragePath("/folder"))
        await #expect(throws: StorageError(.notFound, at: path)) { try await driver.content(at: path, limit: 10) }
        try await driver.put(ByteBuffer(string: "x"), at: path)
        await #expect(throws: StorageError(.wrongKind, at: folder)) { try await driver.content(at: folder, limit: 10) }
        let page = Metrics([metrics]).page()
        #expect(page.contains(#"registryd_storage_action_errors_total{action="GetContent",driver="inmemory"} 1"#))
        #expect(page.contains(#"registry_storage_action_seconds_count{action="GetContent",driver="inmemory"} 2"#))
        #expect(page.contains(#"registry_storage_action_seconds_count{action="PutContent",driver="inmemory"} 1"#))
    }
}

extension TracingConfiguration {
    /// A configuration that sends to nobody until an endpoint is given.
    static func test(_ variables: [String: String] = [:]) -> TracingConfiguration? {
        TracingConfiguration(
            environment: ["OTEL_TRACES_EXPORTER": "otlp"].merging(variables) { $1 },
            version: "1.0"
        )
    }
}
