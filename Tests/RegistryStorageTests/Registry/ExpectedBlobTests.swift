import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@Suite("A blob that is written before it was hashed")
struct ExpectedBlobTests {
    private let content: PushedContent

    init() throws { content = try PushedContent(blobOf: 100_000) }

    private var expected: Digest { ContentHasher.digest(of: ByteBuffer(string: "something else")) }

    private func refuse(_ registry: Registry) async throws {
        let error = await #expect(throws: RegistryError.self) {
            try await registry.pushBlob(
                content.source(content.blob),
                expecting: expected,
                in: content.repository
            )
        }
        #expect(error?.code == .digestInvalid)
        let upload = try await registry.beginUpload(in: content.repository)
        let secondError = await #expect(throws: RegistryError.self) {
            try await registry.finishUpload(
                upload.id,
                appending: content.source(content.blob),
                expecting: expected,
                in: content.repository
            )
        }
        #expect(secondError?.code == .digestInvalid)
    }

    @Test("when it hashes to something else, nothing of it is left where it was said to belong")
    func mismatch() async throws {
        try await withTemporaryFolder { folder in
            let driver = FilesystemDriver(root: folder, threadPool: .singleton)
            let registry = content.registry(on: driver)
            try await refuse(registry)
            let hex = expected.hex
            let blobs = "\(folder)/docker/registry/v2/blobs/sha256"
            #expect(try names(in: "\(blobs)/\(hex.prefix(2))") == [])
            #expect(try names(in: "\(folder)/docker/registry/v2/repositories/a/b/_layers/sha256") == [])
            #expect(try names(in: "\(folder)/docker/registry/v2/repositories/a/b/_uploads") == [])
            #expect(try await content.blob(in: content.repository, of: registry) == nil)
        }
    }

    @Test("when it hashes to something else, the blob that has the digest stays")
    func mismatchBesideBlob() async throws {
        try await withTemporaryFolder { folder in
            let registry = content.registry(on: FilesystemDriver(root: folder, threadPool: .singleton))
            let other = ByteBuffer(string: "something else")
            try await registry.pushBlob(content.source(other), expecting: expected, in: content.repository)
            try await refuse(registry)
            let object = try await registry.blob(expected, in: content.repository).object
            #expect(try await object.read(at: 0, count: 1024) == other)
        }
    }

    @Test("when the disk is full, the upload is kept as far as that can be, and goes on when there is room")
    func fullDisk() async throws {
        try await withTemporaryFolder { folder in
            let calls = FaultySystemCalls()
            let registry = content.registry(on: FilesystemDriver(root: folder, threadPool: .singleton, calls: calls))
            let upload = try await registry.beginUpload(in: content.repository)
            calls.leaveRoom(for: 50_000)
            let error = await #expect(throws: StorageError.self) {
                try await registry.finishUpload(
                    upload.id,
                    appending: content.source(content.blob),
                    expecting: content.blobDigest,
                    in: content.repository
                )
            }
            #expect(error?.code == .noSpace)
            #expect(try await content.blob(in: content.repository, of: registry) == nil)
            calls.heal()
            try await content.pushBlob(to: registry)
            #expect(try await content.blob(in: content.repository, of: registry) == content.blob)
            #expect(calls.openFiles == 0)
        }
    }
}
