import NIOPosix
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryHTTP

@Suite("A blob without bytes")
struct EmptyBlobTests {
    @Test("it is answered again and again on one connection, from memory and from files", arguments: [false, true])
    func repeated(onFiles: Bool) async throws {
        try await withTemporaryFolder { folder in
            var setup = TestRegistry.Setup()
            if onFiles { setup.driver = FilesystemDriver(root: folder, threadPool: .singleton) }
            try await TestRegistry.run(setup) { registry in
                let digest = try await registry.pushBlob("", to: "a")
                for _ in 0..<500 {
                    let answer = try await registry.send("GET", "/v2/a/blobs/\(digest)")
                    try #require(answer.status == 200 && answer.body.isEmpty)
                    try #require(answer.headers["Content-Length"] == "0")
                }
            }
        }
    }
}
