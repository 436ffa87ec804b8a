import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Synchronization
import Testing

@Suite("The steps of pushing and deleting a manifest")
struct ManifestOrderTests {
    private let content: PushedContent
    private let driver = FaultyDriver(MemoryDriver())
    private let registry: Registry

    init() throws {
        content = try PushedContent()
        registry = content.registry(on: driver)
    }

    @Test("a manifest that refers to another one is not seen before it is in the list of referrers")
    func referrer() async throws {
        try await content.pushBlob(to: registry)
        let subject = #"{"mediaType":"application/json","digest":"\#(content.digest(1))","size":9}"#
        let text = String(buffer: content.manifest(2)).dropLast()
        let referrer = ByteBuffer(string: text + #","subject":\#(subject)}"#)
        let digest = ContentHasher.digest(of: referrer, algorithm: .sha256)

        driver.inject(.init(.put, .fail(.noSpace), pathSuffix: "sha256-\(digest.hex)"))
        await #expect(throws: StorageError(.noSpace, at: .root)) {
            try await registry.putManifest(referrer, declared: nil, as: .digest(digest), in: content.repository)
        }
        #expect(try await content.manifest(.digest(digest), of: registry) == nil)
        driver.heal()
        _ = try await registry.putManifest(referrer, declared: nil, as: .digest(digest), in: content.repository)
        let listed = try await registry.referrers(of: content.digest(1), in: content.repository, limit: .max)
        #expect(listed.items.map(\.digest) == [digest] && !listed.hasMore)
    }

    @Test("the deletion of a manifest that has two digests can be repeated until both are gone")
    func twoDigests() async throws {
        try await content.pushBlob(to: registry)
        let other = ContentHasher.digest(of: content.manifest(1), algorithm: .sha512)
        _ = try await registry.putManifest(
            content.manifest(1),
            declared: nil,
            as: .digest(other),
            in: content.repository
        )
        for asked in [content.digest(1), other] {
            _ = try await registry.putManifest(
                content.manifest(1),
                declared: nil,
                as: .digest(other),
                in: content.repository
            )
            let second = asked == other ? content.digest(1) : other
            driver.inject(.init(.delete, .fail(.unavailable), pathSuffix: "\(second.hex)/link", times: 1))
            await #expect(throws: StorageError(.unavailable, at: .root)) {
                try await registry.deleteManifest(asked, in: content.repository)
            }
            try await registry.deleteManifest(asked, in: content.repository)
            for digest in [asked, second] {
                await #expect(throws: RegistryError(.manifestUnknown)) {
                    try await registry.manifest(.digest(digest), in: content.repository)
                }
            }
        }
    }

    @Test("a large manifest is parsed where uploads are hashed, and a small one at once")
    func largeManifests() async throws {
        let executor = CountingExecutor()
        let registry = Registry(driver: MemoryDriver(), hashing: executor)
        for (padding, isAway) in [(0, false), (200_000, true)] {
            let annotation = String(repeating: "x", count: padding)
            let index = ByteBuffer(
                string: #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"#
                    + #""annotations":{"a":"\#(annotation)"}}"#
            )
            let before = executor.count
            let accepted = try await registry.putManifest(
                index,
                declared: nil,
                as: .tag(content.tag),
                in: content.repository
            )
            let between = executor.count
            let read = try await registry.manifest(.tag(content.tag), in: content.repository)
            #expect(read.content == index && read.digest == accepted.digest)
            #expect((between > before) == isAway)
            #expect((executor.count > between) == isAway)
        }
    }
}

/// Runs each job where it comes from, and counts them.
private final class CountingExecutor: TaskExecutor {
    private let jobs = Atomic(0)

    var count: Int { jobs.load(ordering: .relaxed) }

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.add(1, ordering: .relaxed)
        let job = UnownedJob(job)
        // As an event loop does; the job must not run inside the one that hands it over.
        MultiThreadedEventLoopGroup.singleton.any().execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
