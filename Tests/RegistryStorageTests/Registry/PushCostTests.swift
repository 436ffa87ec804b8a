import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("How often a push makes the disk write")
struct PushCostTests {
    private let repository: RepositoryName

    init() throws { repository = try #require(RepositoryName("a/b")) }

    /// Contents of some length whose digests all begin with different digits, or with the same.
    private func contents(_ count: Int, length: Int = 100, alike: Bool) -> [(bytes: ByteBuffer, digest: Digest)] {
        var found: [(bytes: ByteBuffer, digest: Digest)] = []
        var number = 0
        while found.count < count {
            number += 1
            let text = "\(number) "
            let bytes = ByteBuffer(string: text + String(repeating: "x", count: length - text.utf8.count))
            let digest = ContentHasher.digest(of: bytes)
            let matches = found.contains { $0.digest.hex.prefix(2) == digest.hex.prefix(2) }
            if found.isEmpty || matches == alike { found.append((bytes, digest)) }
        }
        return found
    }

    /// A source that gives all in one piece.
    private func source(_ bytes: ByteBuffer) -> ContentSource {
        let parts = Parts(bytes)
        return ContentSource { await parts.next() }
    }

    /// Runs a push of a second blob beside a first one with the same two digits, and counts.
    private func counting(
        length: Int = 100,
        _ push: (Registry, ByteBuffer, Digest) async throws -> Void
    ) async throws -> (files: Int, folders: Int) {
        try await withTemporaryFolder { root in
            let calls = FaultySystemCalls(synchronizes: false)
            let registry = Registry(driver: FilesystemDriver(root: root, threadPool: .singleton, calls: calls))
            let blobs = contents(2, length: length, alike: true)
            try await push(registry, blobs[0].bytes, blobs[0].digest)
            let before = (calls.calls(of: .synchronizeFile), calls.calls(of: .synchronizeFolder))
            try await push(registry, blobs[1].bytes, blobs[1].digest)
            return (
                calls.calls(of: .synchronizeFile) - before.0, calls.calls(of: .synchronizeFolder) - before.1
            )
        }
    }

    // Of a push in one piece: the blob's bytes and the link's; the blob's folder, the one of two digits, the link's
    // folder and `_layers/sha256`. Each holds a name that is new.
    @Test("a push of a whole blob synchronises two files and four folders, in one request or in two")
    func whole() async throws {
        let one = try await counting { registry, bytes, digest in
            try await registry.pushBlob(source(bytes), expecting: digest, in: repository)
        }
        #expect(one == (2, 4))
        let two = try await counting { registry, bytes, digest in
            let upload = try await registry.beginUpload(in: repository)
            try await registry.finishUpload(upload.id, appending: source(bytes), expecting: digest, in: repository)
        }
        #expect(two == (2, 4))
    }

    @Test("a push of a blob of many pieces costs no more")
    func large() async throws {
        let cost = try await counting(length: 2_400_000) { registry, bytes, digest in
            let upload = try await registry.beginUpload(in: repository)
            try await registry.finishUpload(upload.id, appending: source(bytes), expecting: digest, in: repository)
        }
        #expect(cost == (2, 4))
    }

    // What the chunks add: the bytes so far and the upload's folder, each time; and once, with the first bytes, the folder
    // of uploads, since only now the upload must last.
    @Test(
        "a chunk that is acknowledged synchronises its bytes and the upload's folder, the first one that above it too"
    )
    func chunks() async throws {
        let cost = try await counting(length: 999) { registry, bytes, digest in
            let upload = try await registry.beginUpload(in: repository)
            for part in 0..<3 {
                let chunk = try #require(bytes.getSlice(at: part * 333, length: 333))
                _ = try await registry.append(source(chunk), to: upload.id, in: repository)
            }
            try await registry.finishUpload(upload.id, expecting: digest, in: repository)
        }
        #expect(cost == (3 + 2, 4 + 4))
    }

    @Test("sixteen pushes at once share what makes their links' folder durable, and the others can't be shared")
    func group() async throws {
        let blobs = contents(16, alike: false)
        let threads = NIOThreadPool(numberOfThreads: 20)
        threads.start()
        try await withTemporaryFolder { root in
            let calls = FaultySystemCalls(synchronizes: false)
            let driver = FilesystemDriver(root: root, threadPool: threads, calls: calls)
            let registry = Registry(driver: driver)
            // So that the folders of two digits, and those above the links and the uploads, are there.
            _ = try await registry.beginUpload(in: repository)
            for blob in blobs {
                try await registry.pushBlob(source(blob.bytes), expecting: blob.digest, in: repository)
                try await driver.deleteTree(at: path("blobs/sha256/\(blob.digest.hex.prefix(2))/\(blob.digest.hex)"))
                try await driver.deleteTree(at: path("repositories/a/b/_layers/sha256/\(blob.digest.hex)"))
            }
            let before = calls.calls(of: .synchronizeFile) + calls.calls(of: .synchronizeFolder)
            let shared = calls.synchronizations(ofFoldersEndingIn: "/_layers/sha256")
            // The first one takes as long as all others need to come.
            calls.beforeFolder { folder in
                guard folder.hasSuffix("/_layers/sha256"),
                    calls.synchronizations(ofFoldersEndingIn: "/_layers/sha256") == shared + 1
                else { return }
                for _ in 0..<10_000 where driver.waitingCount(forFolder: folder) < 15 { usleep(1_000) }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for blob in blobs {
                    group.addTask {
                        let upload = try await registry.beginUpload(in: repository)
                        try await registry.finishUpload(
                            upload.id,
                            appending: source(blob.bytes),
                            expecting: blob.digest,
                            in: repository
                        )
                    }
                }
                try await group.waitForAll()
            }
            let after = calls.calls(of: .synchronizeFile) + calls.calls(of: .synchronizeFolder)
            #expect(calls.synchronizations(ofFoldersEndingIn: "/_layers/sha256") - shared == 2)
            #expect(after - before == 16 * 5 + 2)
        }
        try await threads.shutdownGracefully()
    }

    @Test("a synchronisation that fails fails for all that waited for it, and for no one after them")
    func groupFails() async throws {
        let threads = NIOThreadPool(numberOfThreads: 10)
        threads.start()
        try await withTemporaryFolder { root in
            let calls = FaultySystemCalls(synchronizes: false)
            let driver = FilesystemDriver(root: root, threadPool: threads, calls: calls)
            try await driver.put(ByteBuffer(string: "first"), at: .root.appending("folder/first"))
            let folder = "\(root)/folder"
            let done = calls.synchronizations(ofFoldersEndingIn: "/folder")
            calls.beforeFolder { path in
                guard path == folder, calls.synchronizations(ofFoldersEndingIn: "/folder") == done + 1 else { return }
                for _ in 0..<10_000 where driver.waitingCount(forFolder: folder) < 7 { usleep(1_000) }
            }
            // The first of the eight succeeds, and the one that the seven share does not.
            calls.fail(.synchronizeFolder, EIO, skipping: 1, times: 1)
            let failed = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        do throws(StorageError) {
                            try await driver.put(ByteBuffer(string: "x"), at: .root.appending("folder/\(number)"))
                            return false
                        } catch {
                            return error.code == .failed
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(failed == 7)
            #expect(calls.synchronizations(ofFoldersEndingIn: "/folder") - done == 2)
            try await driver.put(ByteBuffer(string: "last"), at: .root.appending("folder/last"))
            #expect(calls.synchronizations(ofFoldersEndingIn: "/folder") - done == 3)
        }
        try await threads.shutdownGracefully()
    }

    private func path(_ text: String) throws -> StoragePath { .root.appending("docker/registry/v2/\(text)") }
}

/// Gives its bytes once.
private actor Parts {
    private var bytes: ByteBuffer?

    init(_ bytes: ByteBuffer) { self.bytes = bytes }

    func next() -> ByteBuffer? {
        defer { bytes = nil }
        return bytes
    }
}
