import RegistryStorage
import Synchronization

/// The file system driver's seam with a record of every step that succeeded.
final class RecordedCalls: SystemCalls {
    private struct State {
        var model: DiskModel
        var steps: [DiskModel.Step] = []
        var files: [CInt: Int] = [:]
        var largestWrite = Int.max

        mutating func take(_ step: DiskModel.Step) {
            model.take(step)
            steps.append(step)
        }
    }

    private let base = KernelCalls()
    private let root: String
    /// It is held over each call, so that the record has the order of the disk.
    private let state: Mutex<State>
    /// Whether it says of the disk that a new file's name lasts with its bytes.
    let keepsNames: Bool

    init(root: String, keepsNames: Bool) {
        self.root = root
        self.keepsNames = keepsNames
        state = Mutex(State(model: DiskModel(keepsNames: keepsNames)))
    }

    /// Lets a write take this many bytes at the most.
    func limitWrites(to count: Int) { state.withLock { $0.largestWrite = count } }

    var steps: [DiskModel.Step] { state.withLock { $0.steps } }

    func acknowledge(_ what: String) { state.withLock { $0.take(.acknowledge(what)) } }

    private func below(_ path: String) -> String { String(path.dropFirst(root.count)) }

    /// Makes a call and, when it succeeded, notes what it did.
    private func noting<Value: Sendable>(
        _ call: (inout State) throws(SystemFailure) -> Value
    ) throws(SystemFailure) -> Value {
        try state.withLock { state in
            Result { () throws(SystemFailure) -> Value in try call(&state) }
        }.get()
    }

    /// Makes a call and, when it succeeded, takes a step.
    private func taking(_ step: DiskModel.Step, _ call: () throws(SystemFailure) -> Void) throws(SystemFailure) {
        try noting { (state) throws(SystemFailure) in
            try call()
            state.take(step)
        }
    }
}

extension RecordedCalls {
    func keepsNames(_ descriptor: CInt) -> Bool { keepsNames }

    func createFile(_ path: String) throws(SystemFailure) -> CInt {
        try noting { (state) throws(SystemFailure) in
            let descriptor = try base.createFile(path)
            state.take(.create(below(path)))
            state.files[descriptor] = state.model.files.count - 1
            return descriptor
        }
    }

    func openFile(_ path: String) throws(SystemFailure) -> CInt {
        try noting { (state) throws(SystemFailure) in
            let descriptor = try base.openFile(path)
            if case .file(let number) = state.model.entry(at: below(path)) { state.files[descriptor] = number }
            return descriptor
        }
    }

    func writeBytes(
        _ bytes: UnsafeRawBufferPointer,
        to descriptor: CInt,
        at offset: Int64
    ) throws(SystemFailure) -> Int {
        try noting { (state) throws(SystemFailure) in
            let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(state.largestWrite))
            let count = try base.writeBytes(part, to: descriptor, at: offset)
            if let file = state.files[descriptor] {
                state.take(.write(file: file, offset: Int(offset), bytes: Array(part.prefix(count))))
            }
            return count
        }
    }

    func bypassCache(_ bypasses: Bool, _ descriptor: CInt) -> Bool { base.bypassCache(bypasses, descriptor) }

    func truncateFile(_ descriptor: CInt, to length: Int64) throws(SystemFailure) {
        try noting { (state) throws(SystemFailure) in
            try base.truncateFile(descriptor, to: length)
            if let file = state.files[descriptor] { state.take(.truncate(file: file, length: Int(length))) }
        }
    }

    func synchronizeFile(_ descriptor: CInt) throws(SystemFailure) {
        // The model stands for the disk: there is no need to wait for a real one.
        try noting { (state) throws(SystemFailure) in
            if let file = state.files[descriptor] { state.take(.synchronizeFile(file)) }
        }
    }

    func synchronizeBytes(_ descriptor: CInt) throws(SystemFailure) { try synchronizeFile(descriptor) }

    func synchronizeFolder(_ path: String) throws(SystemFailure) {
        try taking(.synchronizeFolder(below(path))) { () throws(SystemFailure) in try base.synchronizeFolder(path) }
    }

    func closeFile(_ descriptor: CInt) {
        state.withLock { state in
            state.files[descriptor] = nil
            base.closeFile(descriptor)
        }
    }

    func renameFile(_ path: String, to target: String) throws(SystemFailure) {
        try taking(.rename(below(path), below(target))) { () throws(SystemFailure) in
            try base.renameFile(path, to: target)
        }
    }

    func linkFile(_ path: String, to target: String) throws(SystemFailure) {
        try taking(.link(below(path), below(target))) { () throws(SystemFailure) in
            try base.linkFile(path, to: target)
        }
    }

    func unlinkFile(_ path: String) throws(SystemFailure) {
        try taking(.unlink(below(path))) { () throws(SystemFailure) in try base.unlinkFile(path) }
    }

    func makeFolder(_ path: String) throws(SystemFailure) {
        try taking(.makeFolder(below(path))) { () throws(SystemFailure) in try base.makeFolder(path) }
    }

    func makeFolder(_ path: String, within folder: FileIdentity) throws(SystemFailure) {
        try taking(.makeFolder(below(path))) { () throws(SystemFailure) in
            try base.makeFolder(path, within: folder)
        }
    }

    func removeFolder(_ path: String) throws(SystemFailure) {
        try taking(.removeFolder(below(path))) { () throws(SystemFailure) in try base.removeFolder(path) }
    }
}
