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

@Suite("A registry on a disk that fails at any system call")
struct DiskFaultTests {
    /// A call that fails from some moment on, until the disk is well again.
    struct Failure: Sendable, CustomStringConvertible {
        let step: FaultySystemCalls.Step
        let number: CInt
        let code: StorageError.Code
        let lasts: Bool

        var description: String { "\(step) \(code)\(lasts ? "" : " once")" }

        private static let steps: [FaultySystemCalls.Step] = [
            .createFile, .openFile, .writeBytes, .synchronizeFile, .synchronizeFolder, .renameFile, .makeFolder,
            .unlinkFile, .synchronizeBytes,
        ]

        /// A full disk and one that was mounted read only stay so; a bad block is one.
        static let all = steps.flatMap { step in
            [(ENOSPC, StorageError.Code.noSpace), (EIO, .failed), (EROFS, .readOnly)].map { number, code in
                Failure(step: step, number: number, code: code, lasts: number != EIO)
            }
        }
    }

    private let content: PushedContent

    init() throws { content = try PushedContent() }

    private init(pushing content: PushedContent) { self.content = content }

    @Test(
        "what is acknowledged is there, what fails says why and leaves nothing half, and all works when the disk does",
        arguments: Failure.all,
        [Way(blob: 0), Way(blob: 600_000), Way(blob: 0, logs: true)]
    )
    func useCases(failure: Failure, way: Way) async throws {
        try await DiskFaultTests(pushing: PushedContent(blobOf: way.blob)).useCases(failure, logs: way.logs)
    }

    /// How many bytes the blob has, and whether there is a log.
    struct Way: Sendable {
        let blob: Int
        var logs = false
    }

    private func useCases(_ failure: Failure, logs: Bool) async throws {
        for call in 0..<60 {
            var wasHit = false
            try await withTemporaryFolder { root in
                let calls = FaultySystemCalls(synchronizes: false)
                let driver = FilesystemDriver(root: root, threadPool: .singleton, logSegment: 256 << 10, calls: calls)
                if logs { try driver.openLog() }
                let registry = content.registry(on: driver)
                try await content.pushBlob(to: registry, in: content.other)
                let before = calls.calls(of: failure.step)
                calls.fail(failure.step, failure.number, skipping: call, times: failure.lasts ? .max : 1)
                let done = await work(on: registry, failure)
                wasHit = calls.calls(of: failure.step) - before > call
                calls.heal()
                let comment: Comment = "\(failure), call \(call)"
                #expect(wasHit || done == 4, comment)
                try await content.expectWhole(registry, comment)
                // What was not acknowledged may be there all the same, but not half of it.
                let report = try await registry.verify()
                #expect(report.damaged == 0 && report.problems[.unreadable] == nil, "\(comment) \(report.text)")
                if done >= 1 {
                    #expect(try await content.blob(in: content.repository, of: registry) == content.blob, comment)
                }
                // After three, its deletion was tried.
                if done == 2 {
                    #expect(try await content.manifest(.digest(content.digest(1)), of: registry) != nil, comment)
                }
                try await recover(registry, comment)
                try await driver.endLog()
                #expect(calls.openFiles == 0, comment)
            }
            if !wasHit { return }
        }
        Issue.record("the use cases make too many calls")
    }

    /// A push, a tag that moves, and a deletion, up to the first that fails.
    ///
    /// - Returns: how many succeeded.
    private func work(on registry: Registry, _ failure: Failure) async -> Int {
        var done = 0
        do {
            try await content.pushBlob(to: registry)
            done = 1
            try await content.pushManifest(1, to: registry)
            done = 2
            try await content.pushManifest(2, to: registry)
            done = 3
            try await registry.deleteManifest(content.digest(1), in: content.repository)
            done = 4
        } catch let error as StorageError {
            #expect(error.code == failure.code && !error.message.isEmpty, "\(failure)")
        } catch {
            Issue.record("\(failure): \(error)")
        }
        return done
    }

    private func recover(_ registry: Registry, _ comment: Comment) async throws {
        try await content.pushBlob(to: registry)
        try await content.pushManifest(2, to: registry)
        #expect(try await content.manifest(.tag(content.tag), of: registry) == content.digest(2), comment)
        #expect(try await content.blob(in: content.repository, of: registry) == content.blob, comment)
        #expect(try await content.blob(in: content.other, of: registry) == content.blob, comment)
    }
}
