import Logging
import NIOCore
import NIOPosix
import RegistryCore
import RegistryOperations
import RegistryStorage
import RegistryTesting
import ServiceLifecycle
import ShellSupport
import Synchronization
import Testing

@Suite("The service that removes the folders which uploads leave to others")
struct SpareUploadServiceTests {
    @Test("none is left when the server has stopped")
    func end() async throws {
        let scratch = try ScratchFolder(name: "spares")
        defer { scratch.remove() }
        let driver = FilesystemDriver(root: scratch.string("store"), threadPool: .singleton)
        let registry = Registry(driver: driver, spares: SpareUploads())
        let repository = try #require(RepositoryName("a"))
        let folder = StoragePath.root.appending("docker/registry/v2/repositories/a/_uploads")
        let upload = try await registry.beginUpload(in: repository)
        let rest = Mutex<ByteBuffer?>(ByteBuffer(string: "1"))
        try await registry.finishUpload(
            upload.id,
            appending: ContentSource { rest.withLock { $0.take() } },
            expecting: ContentHasher.digest(of: ByteBuffer(string: "1")),
            in: repository
        )
        #expect(try await registry.driver.list(folder, after: nil, limit: 10).entries.count == 1)

        let service = SpareUploadService(registry: registry)
        let group = ServiceGroup(services: [service], logger: Logger(label: "test"))
        async let running: Void = group.run()
        await group.triggerGracefulShutdown()
        try await running
        #expect(try await registry.driver.list(folder, after: nil, limit: 10).entries.isEmpty)
    }
}
