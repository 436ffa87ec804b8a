import NIOCore
import RegistryCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file to which bytes are appended, and how much of it is known to last. Its owner calls it one step at a time.
final class GrowingFile: Sendable {
    /// Where it lies while it grows.
    let file: String

    private let descriptor: CInt
    private let changes: FolderChanges
    private let earlySyncs: EarlySyncs
    private let directWrites: DirectWrites
    private let state: Mutex<State>
    private let appended: Atomic<Int64>
    private let direct = Atomic(false)
    /// How long the file is likely to become.
    private let expected: Atomic<Int64>

    /// The disk is told to begin with what was appended each time that it is this much. Else all of a large file
    /// would wait for its end.
    private static let writtenAtOnce: Int64 = 8 << 20

    private enum Phase {
        case open
        /// The system could not make bytes durable, and may have forgotten which: it would say yes the next time.
        case broken(SystemFailure)
        case ended
    }

    private struct State {
        var phase = Phase.open
        var size: Int64
        /// The bytes that go past the kernel's memory, in a file that has become large.
        var direct: DirectRun?
        var wasDirectTried = false
        /// The length up to which the bytes are durable, or were when the file was opened.
        var durable: Int64
        /// The length up to which the disk was told to begin.
        var begun: Int64
        /// The length up to which the disk was told to flush.
        var flushed: Int64
        /// Whether bytes or the name may not be durable.
        var isDirty = true
        /// Whether the folder's own name may not be durable, nor anybody have a note of that: it may have been made for
        /// something that need not last, by another process too.
        var isFolderNew: Bool

        /// The length of the file on the disk.
        var written: Int64 { direct?.length ?? size }
    }

    /// Takes a descriptor over; `size` is the file's length.
    init(
        file: String,
        descriptor: CInt,
        size: Int64,
        isNew: Bool,
        _ changes: FolderChanges,
        _ earlySyncs: EarlySyncs,
        _ directWrites: DirectWrites
    ) {
        self.file = file
        self.descriptor = descriptor
        self.changes = changes
        self.earlySyncs = earlySyncs
        self.directWrites = directWrites
        state = Mutex(State(size: size, durable: size, begun: size, flushed: size, isFolderNew: isNew))
        appended = Atomic(size)
        expected = Atomic(size)
    }

    deinit {
        if case .ended = state.withLock({ $0.phase }) { return }
        changes.calls.closeFile(descriptor)
    }

    private var calls: any SystemCalls { changes.calls }

    /// The length in bytes.
    var size: Int64 { appended.load(ordering: .relaxed) }

    /// Whether what was appended last went past the kernel's memory.
    var isWrittenDirectly: Bool { direct.load(ordering: .relaxed) }

    /// Says how many bytes will be appended to those that are there.
    func expect(_ count: Int64) { expected.store(size + count, ordering: .relaxed) }

    /// Appends all bytes of some buffers or, when it throws, as far as the system lets it undo that, nothing.
    func append(_ content: [ByteBuffer]) throws(WriterFailure) {
        try step { (state) throws(WriterFailure) in
            try checkOpen(state)
            try checkNotOvertaken(state)
            state.isDirty = true
            do throws(SystemFailure) {
                try write(content, &state)
                if state.direct == nil, state.size - state.begun >= Self.writtenAtOnce {
                    calls.beginWriting(descriptor, from: state.begun, count: state.size - state.begun)
                    state.begun = state.size
                }
                if state.direct == nil, state.size - state.flushed >= EarlySyncs.distance, earlySyncs.begin(file) {
                    state.flushed = state.size
                }
            } catch {
                // What did fit must not stay: `size` says what is there.
                if let direct = state.direct, direct.length > state.size {
                    // The file goes back into a page that was written whole, so the rest goes by way of the kernel's memory.
                    _ = calls.bypassCache(false, descriptor)
                    state.direct = nil
                }
                do throws(SystemFailure) {
                    try calls.truncateFile(descriptor, to: state.written)
                } catch {
                    state.direct = nil
                    state.size = (try? FileStatus(descriptor: descriptor).size) ?? state.size
                    state.phase = .broken(error)
                }
                throw .system(error)
            }
        }
    }

    /// Appends to the file: by way of the kernel's memory or, when it is large, past it.
    private func write(_ content: [ByteBuffer], _ state: inout State) throws(SystemFailure) {
        if !state.wasDirectTried,
            max(state.size, expected.load(ordering: .relaxed)) >= DirectWrites.Kind.growing.smallest
        {
            state.wasDirectTried = true
            state.direct = directWrites.begin(.growing, descriptor, size: state.size, calls)
        }
        if state.direct?.shouldEnd == true { try endDirect(&state) }
        if state.direct != nil {
            try state.direct?.append(content, calls)
            state.size = state.direct?.size ?? state.size
        } else {
            state.size = try calls.write(content, to: descriptor, at: state.size)
        }
    }

    private func endDirect(_ state: inout State) throws(SystemFailure) {
        try state.direct?.end(calls)
        state.direct = nil
    }

    /// Makes the bytes so far and the name durable.
    func flush() throws(WriterFailure) {
        try step { (state) throws(WriterFailure) in try flush(&state) }
    }

    /// Flushes, and ends in any case.
    func close() throws(WriterFailure) {
        try step { (state) throws(WriterFailure) in
            if case .ended = state.phase { throw .ended }
            defer { end(&state) }
            try flush(&state)
        }
    }

    /// Moves the file to its final place and ends.
    func commit(to target: String) throws(WriterFailure) {
        try step { (state) throws(WriterFailure) in
            try checkOpen(state)
            let folder = parentFolder(target) ?? "/"
            // Not when the file is gone: the store may be away, and must not be begun anew.
            if (try? isStillThere()) == true { changes.prepare(folder) }
            try synchronize(&state)
            try checkNotOvertaken(state)
            do throws(SystemFailure) {
                try changes.insisting(on: folder) { () throws(SystemFailure) in
                    // Folders that are new must last before the rename does: it takes the old name away.
                    try changes.settle(upFrom: folder)
                    // The rename goes by name: it must not publish what someone else has put there.
                    guard try isStillThere() else { throw SystemFailure(ESTALE, "rename") }
                    try calls.renameFile(file, to: target)
                }
            } catch {
                throw (try? isStillThere()) == false ? .overtaken : .system(error)
            }
            end(&state)
            do throws(SystemFailure) { try changes.makeDurable(folder) } catch { throw .system(error) }
        }
    }

    /// Removes the file and ends.
    func cancel() throws(WriterFailure) {
        try step { (state) throws(WriterFailure) in
            if case .ended = state.phase { throw .ended }
            do throws(SystemFailure) {
                if try isStillThere() {
                    try calls.unlinkFile(file)
                    try changes.makeDurable(parentFolder(file) ?? "/")
                }
            } catch {
                if error.number != ENOENT { throw .system(error) }
            }
            end(&state)
        }
    }

    /// Runs one step and shows its outcome to whoever reads ``size`` and ``isWrittenDirectly``.
    private func step(_ body: (inout State) throws(WriterFailure) -> Void) throws(WriterFailure) {
        let failure = state.withLock { state -> WriterFailure? in
            defer {
                appended.store(state.size, ordering: .relaxed)
                direct.store(state.direct != nil, ordering: .relaxed)
            }
            do throws(WriterFailure) {
                try body(&state)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private func end(_ state: inout State) {
        state.phase = .ended
        state.direct = nil
        calls.closeFile(descriptor)
    }

    private func flush(_ state: inout State) throws(WriterFailure) {
        try checkOpen(state)
        guard state.isDirty else { return }
        try synchronize(&state)
        let folder = parentFolder(file) ?? "/"
        do throws(SystemFailure) {
            try changes.makeDurable(folder)
            if state.isFolderNew, let parent = parentFolder(folder) { try changes.synchronize(parent) }
        } catch {
            throw .system(error)
        }
        state.isFolderNew = false
        state.isDirty = false
    }

    /// Makes the bytes durable. After a failure the kernel may take the lost pages for clean, and another call would
    /// succeed without them: the file goes back to the length that is known to last, and this writer is of no more use.
    private func synchronize(_ state: inout State) throws(WriterFailure) {
        guard state.isDirty else { return }
        do throws(SystemFailure) {
            try endDirect(&state)
            try calls.synchronizeFile(descriptor)
            state.durable = state.size
        } catch {
            state.phase = .broken(error)
            state.direct = nil
            if (try? calls.truncateFile(descriptor, to: state.durable)) != nil { state.size = state.durable }
            throw .system(error)
        }
    }

    private func checkOpen(_ state: borrowing State) throws(WriterFailure) {
        switch state.phase {
        case .open: return
        case .broken(let failure): throw .system(failure)
        case .ended: throw .ended
        }
    }

    /// Another writer that resumed has made the file longer than this one knows.
    private func checkNotOvertaken(_ state: borrowing State) throws(WriterFailure) {
        do throws(SystemFailure) {
            if try FileStatus(descriptor: descriptor).size != state.written { throw SystemFailure(ESTALE, "fstat") }
        } catch {
            throw error.number == ESTALE ? .overtaken : .system(error)
        }
    }

    /// Whether the file that was opened still lies at its path.
    private func isStillThere() throws(SystemFailure) -> Bool {
        let opened = try FileStatus(descriptor: descriptor)
        guard let named = try? FileStatus(at: file) else { return false }
        return opened.isSameFile(as: named)
    }
}

/// Why a step of a growing file failed.
enum WriterFailure: Error {
    /// A system call failed.
    case system(SystemFailure)
    /// The writer has ended before.
    case ended
    /// The file was removed, or another writer works on it.
    case overtaken
}
