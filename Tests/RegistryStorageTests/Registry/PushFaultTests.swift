import NIOCore
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@Suite("A registry whose store fails at any step")
struct PushFaultTests {
    /// One call of the store that fails.
    struct Failure: Sendable, CustomStringConvertible {
        let operation: FaultyDriver.Operation
        let code: StorageError.Code
        let takesEffect: Bool

        var description: String { "\(operation) \(code)\(takesEffect ? " after its effect" : "")" }

        static let all = FaultyDriver.Operation.allCases.flatMap { operation in
            [StorageError.Code.noSpace, .unavailable, .failed].flatMap { code in
                // Only these two may come though the call took effect.
                (code == .noSpace ? [false] : [false, true]).map {
                    Failure(operation: operation, code: code, takesEffect: $0)
                }
            }
        }
    }

    private let content: PushedContent

    init() throws { content = try PushedContent() }

    /// Runs a use case as often as it makes calls of the operation, each time with another one failing.
    private func failing(
        _ failure: Failure,
        prepare: (Registry) async throws -> Void,
        work: (Registry) async throws -> Void,
        judge: (_ registry: Registry, _ succeeded: Bool, _ comment: Comment) async throws -> Void
    ) async throws {
        for call in 0..<100 {
            let driver = FaultyDriver(MemoryDriver())
            let registry = content.registry(on: driver)
            try await prepare(registry)
            let before = driver.calls(of: failure.operation)
            driver.inject(
                .init(
                    failure.operation,
                    .fail(failure.code),
                    skipping: call,
                    times: 1,
                    takesEffect: failure.takesEffect
                )
            )
            var succeeded = false
            do {
                try await work(registry)
                succeeded = true
            } catch is RegistryError {
            } catch is StorageError {
            }
            driver.heal()
            let wasHit = driver.calls(of: failure.operation) - before > call
            let comment: Comment = "\(failure), call \(call)"
            try await content.expectWhole(registry, comment)
            try await judge(registry, succeeded, comment)
            guard wasHit else {
                #expect(succeeded, comment)
                return
            }
        }
        Issue.record("the use case makes too many calls")
    }

    @Test("a blob is acknowledged only when it is there, and can be pushed again", arguments: Failure.all)
    func pushBlob(failure: Failure) async throws {
        try await failing(failure) { _ in
        } work: { registry in
            let upload = try await registry.beginUpload(in: content.repository)
            let (first, rest) = content.parts
            _ = try await registry.append(content.source(first), to: upload.id, in: content.repository)
            try await registry.finishUpload(
                upload.id,
                appending: content.source(rest),
                expecting: content.blobDigest,
                in: content.repository
            )
        } judge: { registry, succeeded, comment in
            if succeeded {
                #expect(try await content.blob(in: content.repository, of: registry) == content.blob, comment)
            }
            try await content.pushBlob(to: registry)
            #expect(try await content.blob(in: content.repository, of: registry) == content.blob, comment)
        }
    }

    @Test("a manifest is acknowledged only when its tag leads to it, and can be pushed again", arguments: Failure.all)
    func pushManifest(failure: Failure) async throws {
        try await failing(failure) { registry in
            try await content.pushBlob(to: registry)
            try await content.pushManifest(1, to: registry)
        } work: { registry in
            try await content.pushManifest(2, to: registry)
        } judge: { registry, succeeded, comment in
            let tagged = try await content.manifest(.tag(content.tag), of: registry)
            #expect(tagged == content.digest(2) || (!succeeded && tagged == content.digest(1)), comment)
            try await content.pushManifest(2, to: registry)
            #expect(try await content.manifest(.tag(content.tag), of: registry) == content.digest(2), comment)
        }
    }

    @Test(
        "an upload whose blob could not be stored keeps what was sent, and its writer does not stay open",
        arguments: [StorageError.Code.noSpace, .unavailable, .failed],
        [true, false]
    )
    func failedCommit(code: StorageError.Code, isSmall: Bool) async throws {
        let driver = FaultyDriver(MemoryDriver())
        let registry = content.registry(on: driver)
        let blob = isSmall ? content.blob : ByteBuffer(repeating: 7, count: 1_500_000)
        let digest = ContentHasher.digest(of: blob)
        let upload = try await registry.beginUpload(in: content.repository)
        // A small blob is put in its place at once, a large one is moved there.
        driver.inject(.init(isSmall ? .put : .commit, .fail(code), times: 1))
        await #expect(throws: StorageError(code, at: .root)) {
            try await registry.finishUpload(
                upload.id,
                appending: pieces(of: blob),
                expecting: digest,
                in: content.repository
            )
        }
        #expect(driver.calls(of: .writer) == 2 && driver.calls(of: .close) == 1)
        let status = try await registry.uploadStatus(upload.id, in: content.repository)
        #expect(status.size == blob.readableBytes)
        try await registry.finishUpload(upload.id, at: status.size, expecting: digest, in: content.repository)
        // What is short is read again sooner than the state of its hash is stored.
        #expect(driver.calls(of: .read) == (isSmall ? 1 : 0), "the hash was kept too, so that nothing is read again")
        let object = try await registry.blob(digest, in: content.repository).object
        #expect(try await object.read(at: 0, count: blob.readableBytes) == blob)
    }

    @Test(
        "a whole blob that could not be stored or is not what it should be leaves no upload",
        arguments: [100, 1_500_000]
    )
    func failedWhole(length: Int) async throws {
        let driver = FaultyDriver(MemoryDriver())
        let registry = content.registry(on: driver)
        let blob = ByteBuffer(repeating: 7, count: length)
        let digest = ContentHasher.digest(of: blob)
        let uploads = StoragePath.root.appending("docker/registry/v2/repositories/a/b/_uploads")
        driver.inject(.init(length < 1000 ? .put : .commit, .fail(.noSpace), times: 1))
        await #expect(throws: StorageError(.noSpace, at: .root)) {
            try await registry.pushBlob(pieces(of: blob), expecting: digest, in: content.repository)
        }
        #expect(try await driver.exists(at: uploads) == false)
        await #expect(throws: RegistryError(.digestInvalid)) {
            try await registry.pushBlob(pieces(of: blob), expecting: content.blobDigest, in: content.repository)
        }
        #expect(try await driver.exists(at: uploads) == false)
        try await registry.pushBlob(pieces(of: blob), expecting: digest, in: content.repository)
        #expect(try await driver.exists(at: uploads) == false)
        #expect(try await registry.blob(digest, in: content.repository).object.size == Int64(length))
    }

    private func pieces(of bytes: ByteBuffer) -> ContentSource {
        let rest = Rest(bytes)
        return ContentSource { await rest.next() }
    }
}

/// Bytes that are given out 64 KiB at a time.
private actor Rest {
    private var bytes: ByteBuffer

    init(_ bytes: ByteBuffer) { self.bytes = bytes }

    func next() -> ByteBuffer? {
        bytes.readableBytes == 0 ? nil : bytes.readSlice(length: min(65_536, bytes.readableBytes))
    }
}
