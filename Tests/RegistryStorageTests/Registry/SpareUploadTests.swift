import NIOCore
import NIOPosix
import RegistryStorage
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryCore

@Suite("Folders that ended uploads leave to others")
struct SpareUploadTests {
    private let content: PushedContent
    private var repository: RepositoryName { content.repository }
    private var other: RepositoryName { content.other }

    init() throws { content = try PushedContent() }

    /// A registry on a disk, and its clock.
    private struct Subject {
        let registry: Registry
        let calls: FaultySystemCalls
        private let content: PushedContent
        private let time: Clock

        private final class Clock: Sendable {
            let seconds = Atomic<Int64>(1_000_000_000)
        }

        init(_ root: String, _ content: PushedContent) {
            self.content = content
            let (calls, time) = (FaultySystemCalls(synchronizes: false), Clock())
            self.calls = calls
            self.time = time
            registry = Registry(
                driver: FilesystemDriver(root: root, threadPool: .singleton, calls: calls),
                spares: SpareUploads(),
                now: { WallTime(seconds: time.seconds.load(ordering: .relaxed)) }
            )
        }

        func pass(seconds: Int64) { time.seconds.add(seconds, ordering: .relaxed) }

        /// Pushes a blob by an upload, and gives the upload.
        func push(_ text: String, to repository: RepositoryName) async throws -> UploadID {
            let upload = try await registry.beginUpload(in: repository)
            try await finish(upload.id, text, in: repository)
            return upload.id
        }

        func finish(_ id: UploadID, _ text: String, in repository: RepositoryName) async throws {
            let bytes = ByteBuffer(string: text)
            try await registry.finishUpload(
                id,
                appending: content.source(bytes),
                expecting: ContentHasher.digest(of: bytes),
                in: repository
            )
        }

        /// The uploads that the store has.
        func uploads(in repository: RepositoryName) async throws -> [String] {
            let folder = StoreLayout.repository(repository).appending(StoreLayout.uploadsFolder)
            return try await registry.driver.list(folder, after: nil, limit: 1_000).entries.map(\.name)
        }
    }

    @Test("the next upload begins with the folder, and nothing is made for it")
    func next() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            let first = try await subject.push("1", to: repository)
            let left = try await subject.uploads(in: repository)
            #expect(left.count == 1 && left != [first.description])
            let before = (subject.calls.calls(of: .makeFolder), subject.calls.calls(of: .createFile))
            let second = try await subject.registry.beginUpload(in: repository)
            #expect(left == [second.id.description])
            #expect(before == (subject.calls.calls(of: .makeFolder), subject.calls.calls(of: .createFile)))
            let status = try await subject.registry.uploadStatus(second.id, in: repository)
            #expect(status == second, "another process is told the same")
            try await subject.finish(second.id, "2", in: repository)
            #expect(try await subject.uploads(in: repository).count == 1)
        }
    }

    @Test("the upload that has ended is unknown")
    func ended() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            let first = try await subject.push("1", to: repository)
            let error = await #expect(throws: RegistryError.self) {
                _ = try await subject.registry.uploadStatus(first, in: repository)
            }
            #expect(error?.code == .blobUploadUnknown)
            #expect(try await subject.registry.beginUpload(in: repository).id != first)
        }
    }

    @Test("each folder is given to one upload, and to none of another repository")
    func once() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            _ = try await subject.push("1", to: repository)
            let left = try await subject.uploads(in: repository)
            let strange = try await subject.registry.beginUpload(in: other)
            #expect(left != [strange.id.description])
            let second = try await subject.registry.beginUpload(in: repository)
            let third = try await subject.registry.beginUpload(in: repository)
            #expect(left == [second.id.description] && second.id != third.id)
        }
    }

    @Test("an upload that was sent a chunk leaves none, nor one that was cancelled")
    func chunks() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            let upload = try await subject.registry.beginUpload(in: repository)
            _ = try await subject.registry.append(
                content.source(ByteBuffer(string: "12")),
                to: upload.id,
                in: repository
            )
            try await subject.registry.finishUpload(
                upload.id,
                expecting: ContentHasher.digest(of: ByteBuffer(string: "12")),
                in: repository
            )
            let cancelled = try await subject.registry.beginUpload(in: repository)
            try await subject.registry.cancelUpload(cancelled.id, in: repository)
            #expect(try await subject.uploads(in: repository).isEmpty)
        }
    }

    @Test("an upload that another process began leaves none: what its folder holds is not known")
    func foreign() async throws {
        try await withTemporaryFolder { root in
            let upload = try await Subject(root, content).registry.beginUpload(in: repository)
            let subject = Subject(root, content)
            try await subject.finish(upload.id, "1", in: repository)
            #expect(try await subject.uploads(in: repository).isEmpty)
        }
    }

    @Test("an upload with the wrong digest leaves none")
    func wrong() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            let upload = try await subject.registry.beginUpload(in: repository)
            await #expect(throws: RegistryError.self) {
                try await subject.registry.finishUpload(
                    upload.id,
                    expecting: ContentHasher.digest(of: ByteBuffer(string: "1")),
                    in: repository
                )
            }
            #expect(try await subject.uploads(in: repository).isEmpty)
        }
    }

    @Test("a folder that somebody has removed is not given out")
    func removed() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            _ = try await subject.push("1", to: repository)
            let left = try await subject.uploads(in: repository)
            try await subject.registry.driver.deleteTree(at: StoreLayout.repository(repository))
            let upload = try await subject.registry.beginUpload(in: repository)
            #expect(left != [upload.id.description])
            try await subject.finish(upload.id, "1", in: repository)
        }
    }

    @Test("a folder goes from one upload to the next for ten seconds: its time is that of the first")
    func age() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            _ = try await subject.push("1", to: repository)
            subject.pass(seconds: 10)
            let upload = try await subject.registry.beginUpload(in: repository)
            #expect(upload.started == WallTime(seconds: 1_000_000_000))
            subject.pass(seconds: 1)
            try await subject.finish(upload.id, "2", in: repository)
            #expect(try await subject.uploads(in: repository).isEmpty)
        }
    }

    @Test("those that nobody asks for are removed after their time, and all at the end")
    func removal() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            _ = try await subject.push("1", to: repository)
            subject.pass(seconds: 1)
            _ = try await subject.push("1", to: other)
            subject.pass(seconds: 1)
            try await subject.registry.removeSpareUploads(unusedFor: 2)
            #expect(try await subject.uploads(in: repository).isEmpty)
            #expect(try await subject.uploads(in: other).count == 1)
            try await subject.registry.removeSpareUploads(unusedFor: 0)
            #expect(try await subject.uploads(in: other).isEmpty)
        }
    }

    @Test("no more than 128 are kept")
    func limit() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            var uploads: [UploadID] = []
            for _ in 0..<130 { uploads.append(try await subject.registry.beginUpload(in: repository).id) }
            for id in uploads { try await subject.finish(id, "1", in: repository) }
            #expect(try await subject.uploads(in: repository).count == 128)
        }
    }

    @Test("an upload that was gone on with once leaves none, though its file be gone and its hash's state be left")
    func leftState() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            let upload = try await subject.registry.beginUpload(in: repository)
            // As many spare folders as there may be, so that this upload's is not wanted when it ends.
            var others: [UploadID] = []
            for _ in 0..<128 { others.append(try await subject.registry.beginUpload(in: other).id) }
            for id in others { try await subject.finish(id, "1", in: other) }
            let rest = Mutex<ByteBuffer?>(ByteBuffer(string: "1"))
            await #expect(throws: BrokenOff.self) {
                try await subject.registry.finishUpload(
                    upload.id,
                    appending: ContentSource {
                        if let bytes = rest.withLock({ $0.take() }) { return bytes }
                        throw BrokenOff()
                    },
                    expecting: ContentHasher.digest(of: ByteBuffer(string: "12")),
                    in: repository
                )
            }
            // The blob is put in its place, and its link is not.
            subject.calls.fail(.renameFile, 5, skipping: 1)
            await #expect(throws: StorageError.self) {
                try await subject.registry.finishUpload(
                    upload.id,
                    appending: content.source(ByteBuffer(string: "2")),
                    expecting: ContentHasher.digest(of: ByteBuffer(string: "12")),
                    in: repository
                )
            }
            subject.calls.heal()
            try await subject.registry.removeSpareUploads(unusedFor: 0)
            try await subject.finish(upload.id, "12", in: repository)
            #expect(try await subject.uploads(in: repository).isEmpty)
        }
    }

    private struct BrokenOff: Error {}

    @Test("where the folder can't be moved it is removed, and the next upload begins without it")
    func noRename() async throws {
        try await withTemporaryFolder { root in
            let subject = Subject(root, content)
            let upload = try await subject.registry.beginUpload(in: repository)
            // The blob and the link are put in their places first.
            subject.calls.fail(.renameFile, 5, skipping: 2)
            try await subject.finish(upload.id, "1", in: repository)
            subject.calls.heal()
            #expect(try await subject.uploads(in: repository).isEmpty)
            _ = try await subject.push("2", to: repository)
        }
    }
}
