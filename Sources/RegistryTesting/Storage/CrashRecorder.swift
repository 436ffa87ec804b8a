public import NIOPosix
import RegistryCore
public import RegistryStorage
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Shows what a registry finds after a crash between any two steps that the file system driver took.
///
/// A test works on ``driver``, and calls ``acknowledge(_:)`` after each call that it was told is done. Then
/// ``forEachCrash(in:_:)`` rebuilds, for each step and each way in which the machine may have lost what was not yet
/// made durable, the folder as it would be found, and opens it with a fresh driver.
public final class CrashRecorder: Sendable {
    /// What survived a crash.
    public enum Survival: Sendable, Hashable, CaseIterable {
        /// Everything: the process was killed, the machine went on.
        case everything
        /// Only what was made durable, names and bytes.
        case onlyDurable
        /// All names, but only bytes that were made durable: files are shorter or empty.
        case namesWithoutBytes
        /// All names and lengths, with zeros for bytes that weren't made durable.
        case namesWithZeros
        /// All bytes, but only names that were made durable.
        case bytesWithoutNames
    }

    /// One crash.
    public struct Crash: Sendable, CustomStringConvertible {
        /// How many steps were taken before it.
        public let step: Int
        /// What survived it.
        public let survival: Survival
        /// What was acknowledged before it, in order.
        public let acknowledged: [String]

        /// The step and what survived.
        public var description: String { "after step \(step), \(survival) survived, acknowledged \(acknowledged)" }
    }

    /// A driver whose steps are recorded. They are taken one at a time.
    public let driver: FilesystemDriver

    private let root: String
    private let calls: RecordedCalls
    private let threads: NIOThreadPool
    private let largestWrite: Int
    private let logSegment: Int
    /// How many steps were taken before the ones that count.
    private let stepsBefore = Mutex(0)

    /// Makes a driver on an empty folder.
    ///
    /// - Parameters:
    ///   - root: the folder, which must be there and empty.
    ///   - threadPool: where blocking calls run.
    ///   - largestWrite: how many bytes one write takes at the most, so that a crash falls into the midst of content.
    ///   - logSegment: bytes of each half of the log, if there is to be one (``beginLog()``).
    ///   - logRecord: the most bytes of objects that one record of it has.
    ///   - keepsNames: whether the disk makes a new file's name durable with its bytes, as ext4 and XFS do. Without it names last
    ///     by what is done for them alone.
    public init(
        root: String,
        threadPool: NIOThreadPool,
        largestWrite: Int = .max,
        logSegment: Int = 16 << 10,
        logRecord: Int = 128 << 10,
        keepsNames: Bool = false
    ) {
        self.root = root
        self.largestWrite = largestWrite
        self.logSegment = logSegment
        calls = RecordedCalls(root: root, keepsNames: keepsNames)
        threads = threadPool
        driver = FilesystemDriver(
            root: root,
            threadPool: threadPool,
            logSegment: logSegment,
            logRecord: logRecord,
            run: Self.runBefore,
            calls: calls
        )
        calls.limitWrites(to: largestWrite)
    }

    /// The driver is in one run of the system, and what a crash of the machine leaves is found in the next.
    private static let runBefore = SystemRun("before the crash")
    private static let runAfter = SystemRun("after the crash")

    /// Has the driver write small objects to its log first, from now on. No crash falls into what has been before.
    public func beginLog() throws {
        calls.limitWrites(to: .max)
        try driver.openLog()
        calls.limitWrites(to: largestWrite)
        stepsBefore.withLock { $0 = calls.steps.count }
    }

    /// Another driver on the same folder, which knows no more of the first one than another process does. Its steps are
    /// recorded too.
    public func otherDriver() -> FilesystemDriver {
        FilesystemDriver(root: root, threadPool: threads, calls: calls)
    }

    /// Has the driver settle its log, step by step, and remove it.
    public func endLog() async throws { try await driver.endLog() }

    /// Notes that the caller was told that something is done.
    public func acknowledge(_ what: String) { calls.acknowledge(what) }

    /// How many steps were taken so far.
    public var steps: Int { calls.steps.count }

    /// How many of the steps so far made something durable.
    public var synchronizations: Int { calls.steps.count { $0.isSynchronization } }

    /// Calls a body with what is found after each crash: a fresh driver on the folder as it would be.
    ///
    /// - Parameters:
    ///   - scratch: a folder in which the found ones are built, each in a new one.
    ///   - omitted: the number of a synchronisation, from 0, that is taken for not having been made: what is found must
    ///     then be broken after some crash, or it wasn't needed.
    public func forEachCrash(
        in scratch: String,
        omitting omitted: Int? = nil,
        _ body: (FilesystemDriver, Crash) async throws -> Void
    ) async throws {
        var model = DiskModel(keepsNames: calls.keepsNames)
        var acknowledged: [String] = []
        let steps = calls.steps
        var synchronizations = 0
        let stepsBefore = stepsBefore.withLock { $0 }
        for number in 0...steps.count {
            if number > 0 {
                let step = steps[number - 1]
                if step.isSynchronization { synchronizations += 1 }
                if !step.isSynchronization || synchronizations - 1 != omitted { model.take(step) }
                if case .acknowledge(let what) = steps[number - 1] { acknowledged.append(what) }
            }
            if number < stepsBefore { continue }
            for survival in Survival.allCases {
                let folder = "\(scratch)/found-\(number)-\(survival)"
                try model.build(in: folder, survival)
                let found = FilesystemDriver(
                    root: folder,
                    threadPool: threads,
                    logSegment: logSegment,
                    run: survival == .everything ? Self.runBefore : Self.runAfter,
                    calls: KernelCalls()
                )
                try await found.recoverWrites()
                try await body(found, Crash(step: number, survival: survival, acknowledged: acknowledged))
                try await found.deleteTree(at: .root)
                rmdir(folder)
            }
        }
    }
}

extension DiskModel {
    /// Makes a folder that holds what survived.
    fileprivate func build(in path: String, _ survival: CrashRecorder.Survival) throws {
        guard mkdir(path, 0o777) == 0 else { throw SystemFailure(errno, "mkdir") }
        try build(folder: 0, path, survival)
    }

    private func build(folder: Int, _ path: String, _ survival: CrashRecorder.Survival) throws {
        let keepsNames = survival != .onlyDurable && survival != .bytesWithoutNames
        for (name, entry) in keepsNames ? folders[folder].now : folders[folder].durable {
            let child = "\(path)/\(name)"
            switch entry {
            case .folder(let number):
                guard mkdir(child, 0o777) == 0 else { throw SystemFailure(errno, "mkdir") }
                try build(folder: number, child, survival)
            case .file(let number):
                let descriptor = open(child, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
                guard descriptor >= 0 else { throw SystemFailure(errno, "open") }
                defer { close(descriptor) }
                let bytes = found(files[number], survival)
                guard write(descriptor, bytes, bytes.count) == bytes.count else { throw SystemFailure(errno, "write") }
                // It was written before the crash, not now.
                var times = [timespec(), timespec()]
                guard futimens(descriptor, &times) == 0 else { throw SystemFailure(errno, "futimens") }
            }
        }
    }

    private func found(_ file: Layered<[UInt8]>, _ survival: CrashRecorder.Survival) -> [UInt8] {
        switch survival {
        case .everything, .bytesWithoutNames: return file.now
        case .onlyDurable, .namesWithoutBytes: return file.durable
        case .namesWithZeros:
            let kept = zip(file.now, file.durable).map { $0 == $1 ? $0 : 0 }
            return kept + Array(repeating: 0, count: file.now.count - kept.count)
        }
    }
}
