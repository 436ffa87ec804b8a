package import RegistryStorage
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The file system driver's seam with faults: calls that fail with an error number, writes that fall short, and a
/// disk that fills up.
package final class FaultySystemCalls: SystemCalls {
    /// A call of the seam.
    package enum Step: String, Sendable, Hashable {
        /// As the seam's calls.
        case createFile, openFile, writeBytes, truncateFile, synchronizeFile, synchronizeFolder, renameFile, linkFile
        /// As the seam's calls.
        case synchronizeBytes, unlinkFile, makeFolder, removeFolder, synchronizeEarly, bypassCache
    }

    private struct State {
        var failures: [Step: (number: CInt, skipping: Int, times: Int)] = [:]
        var calls: [Step: Int] = [:]
        var open = 0
        var largestWrite = Int.max
        var writeTime: UInt32 = 0
        var room = Int.max
        var folders: [String: Int] = [:]
        var beforeFolder: (@Sendable (String) -> Void)?
        var beforeNext: [Step: @Sendable () -> Void] = [:]
    }

    private let base = KernelCalls()
    private let state = Mutex(State())

    private let synchronizes: Bool

    /// Passes every call on to the kernel, until told otherwise.
    ///
    /// - Parameter synchronizes: `false` where a test has no use for waiting for the disk.
    package init(synchronizes: Bool = true) { self.synchronizes = synchronizes }

    /// Lets calls of a step fail.
    package func fail(_ step: Step, _ number: CInt, skipping: Int = 0, times: Int = .max) {
        state.withLock { $0.failures[step] = (number, skipping, times) }
    }

    /// Lets every call succeed again.
    package func heal() {
        state.withLock { state in
            state.failures = [:]
            state.room = .max
        }
    }

    /// Lets a write take this many bytes at the most.
    package func limitWrites(to count: Int) { state.withLock { $0.largestWrite = count } }

    /// Lets each write take this many microseconds more.
    package func slowWrites(by microseconds: UInt32) { state.withLock { $0.writeTime = microseconds } }

    /// Lets the disk take this many more bytes.
    package func leaveRoom(for count: Int) { state.withLock { $0.room = count } }

    /// How many calls of a step there were.
    package func calls(of step: Step) -> Int { state.withLock { $0.calls[step] ?? 0 } }

    /// How many times folders were synchronised whose path ends so.
    package func synchronizations(ofFoldersEndingIn suffix: String) -> Int {
        state.withLock { state in state.folders.reduce(0) { $1.key.hasSuffix(suffix) ? $0 + $1.value : $0 } }
    }

    /// Runs a body each time before a folder is synchronised, with its path.
    package func beforeFolder(_ body: @escaping @Sendable (String) -> Void) {
        state.withLock { $0.beforeFolder = body }
    }

    /// Runs a body once, before the next call of a step.
    package func beforeNext(_ step: Step, _ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.beforeNext[step] = body }
    }

    /// How many files are open for writing.
    package var openFiles: Int { state.withLock { $0.open } }

    private func check(_ step: Step) throws(SystemFailure) {
        state.withLock { $0.beforeNext.removeValue(forKey: step) }?()
        let number = state.withLock { state -> CInt? in
            state.calls[step, default: 0] += 1
            guard let failure = state.failures[step], failure.times > 0 else { return nil }
            if failure.skipping > 0 {
                state.failures[step]?.skipping -= 1
                return nil
            }
            if failure.times < .max { state.failures[step]?.times -= 1 }
            return failure.number
        }
        if let number { throw SystemFailure(number, "injected") }
    }

    private func opened(_ descriptor: CInt) -> CInt {
        state.withLock { $0.open += 1 }
        return descriptor
    }
}

extension FaultySystemCalls {
    package func createFile(_ path: String) throws(SystemFailure) -> CInt {
        try check(.createFile)
        return opened(try base.createFile(path))
    }

    package func openFile(_ path: String) throws(SystemFailure) -> CInt {
        try check(.openFile)
        return opened(try base.openFile(path))
    }

    package func writeBytes(
        _ bytes: UnsafeRawBufferPointer,
        to descriptor: CInt,
        at offset: Int64
    ) throws(SystemFailure) -> Int {
        try check(.writeBytes)
        let time = state.withLock { $0.writeTime }
        if time > 0 { usleep(time) }
        let count = state.withLock { state -> Int in
            let count = min(bytes.count, state.largestWrite, state.room)
            if state.room < .max { state.room -= count }
            return count
        }
        guard count > 0 || bytes.isEmpty else { throw SystemFailure(ENOSPC, "pwrite") }
        return try base.writeBytes(UnsafeRawBufferPointer(rebasing: bytes.prefix(count)), to: descriptor, at: offset)
    }

    package func bypassCache(_ bypasses: Bool, _ descriptor: CInt) -> Bool {
        guard (try? check(.bypassCache)) != nil else { return false }
        return base.bypassCache(bypasses, descriptor)
    }

    /// As ext4 and XFS do.
    package func keepsNames(_ descriptor: CInt) -> Bool { true }

    package func truncateFile(_ descriptor: CInt, to length: Int64) throws(SystemFailure) {
        try check(.truncateFile)
        try base.truncateFile(descriptor, to: length)
    }

    package func synchronizeEarly(_ path: String) {
        state.withLock { $0.calls[.synchronizeEarly, default: 0] += 1 }
        if synchronizes { base.synchronizeEarly(path) }
    }

    package func synchronizeFile(_ descriptor: CInt) throws(SystemFailure) {
        try check(.synchronizeFile)
        if synchronizes { try base.synchronizeFile(descriptor) }
    }

    package func synchronizeBytes(_ descriptor: CInt) throws(SystemFailure) {
        try check(.synchronizeBytes)
        if synchronizes { try base.synchronizeBytes(descriptor) }
    }

    package func synchronizeFolder(_ path: String) throws(SystemFailure) {
        let before = state.withLock { state in
            state.folders[path, default: 0] += 1
            return state.beforeFolder
        }
        before?(path)
        try check(.synchronizeFolder)
        if synchronizes { try base.synchronizeFolder(path) }
    }

    package func closeFile(_ descriptor: CInt) {
        state.withLock { $0.open -= 1 }
        base.closeFile(descriptor)
    }

    package func renameFile(_ path: String, to target: String) throws(SystemFailure) {
        try check(.renameFile)
        try base.renameFile(path, to: target)
    }

    package func linkFile(_ path: String, to target: String) throws(SystemFailure) {
        try check(.linkFile)
        try base.linkFile(path, to: target)
    }

    package func unlinkFile(_ path: String) throws(SystemFailure) {
        try check(.unlinkFile)
        try base.unlinkFile(path)
    }

    package func makeFolder(_ path: String) throws(SystemFailure) {
        try check(.makeFolder)
        try base.makeFolder(path)
    }

    package func makeFolder(_ path: String, within folder: FileIdentity) throws(SystemFailure) {
        try check(.makeFolder)
        try base.makeFolder(path, within: folder)
    }

    package func removeFolder(_ path: String) throws(SystemFailure) {
        try check(.removeFolder)
        try base.removeFolder(path)
    }
}
