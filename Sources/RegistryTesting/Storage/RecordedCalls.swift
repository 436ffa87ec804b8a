import RegistryStorage
import Synchronization

/// The file system driver's seam with a record of every step that succeeded.
final class RecordedCalls: SystemCalls {
    private struct State {
        var model = DiskModel()
        var steps: [DiskModel.Step] = []
        var files: [CInt: Int] = [:]

        mutating func take(_ step: DiskModel.Step) {
            model.take(step)
            steps.append(step)
        }
    }

    private let base = KernelCalls()
    private let root: String
    private let largestWrite: Int
    /// It is held over each call, so that the record has the order of the disk.
    private let state = Mutex(State())

    init(root: String, largestWrite: Int) {
        self.root = root
        self.largestWrite = largestWrite
    }

    var steps: [DiskModel.Step] { state.withLock { $0.steps } }

    func acknowledge(_ what: String) { state.withLock { $0.take(.acknowledge(what)) } }

    private func below(_ path: String) -> String { String(path.dropFirst(root.count)) }

    /// Makes a call and records it when it succeeded.
    private func recorded<Value: Sendable>(
        _ call: () throws(SystemFailure) -> Value,
        _ record: (inout State, Value) -> Void
    ) throws(SystemFailure) -> Value {
        try state.withLock { state in
            Result { () throws(SystemFailure) -> Value in
                let value = try call()
                record(&state, value)
                return value
            }
        }.get()
    }

    func createFile(_ path: String) throws(SystemFailure) -> CInt {
        let name = below(path)
        return try recorded({ () throws(SystemFailure) in try base.createFile(path) }) { state, descriptor in
            state.take(.create(name))
            state.files[descriptor] = state.model.files.count - 1
        }
    }

    func openFile(_ path: String) throws(SystemFailure) -> CInt {
        let name = below(path)
        return try recorded({ () throws(SystemFailure) in try base.openFile(path) }) { state, descriptor in
            if case .file(let number) = state.model.entry(at: name) { state.files[descriptor] = number }
        }
    }

    func writeBytes(
        _ bytes: UnsafeRawBufferPointer,
        to descriptor: CInt,
        at offset: Int64
    ) throws(SystemFailure) -> Int {
        let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(largestWrite))
        return try recorded({ () throws(SystemFailure) in
            try base.writeBytes(part, to: descriptor, at: offset)
        }) { state, count in
            guard let file = state.files[descriptor] else { return }
            state.take(.write(file: file, offset: Int(offset), bytes: Array(part.prefix(count))))
        }
    }

    func truncateFile(_ descriptor: CInt, to length: Int64) throws(SystemFailure) {
        try recorded({ () throws(SystemFailure) in try base.truncateFile(descriptor, to: length) }) { state, _ in
            if let file = state.files[descriptor] { state.take(.truncate(file: file, length: Int(length))) }
        }
    }

    func synchronizeFile(_ descriptor: CInt) throws(SystemFailure) {
        // The model stands for the disk: there is no need to wait for a real one.
        state.withLock { state in
            if let file = state.files[descriptor] { state.take(.synchronizeFile(file)) }
        }
    }

    func synchronizeFolder(_ path: String) throws(SystemFailure) {
        let name = below(path)
        try recorded({ () throws(SystemFailure) in try base.synchronizeFolder(path) }) { state, _ in
            state.take(.synchronizeFolder(name))
        }
    }

    func closeFile(_ descriptor: CInt) {
        state.withLock { state in
            state.files[descriptor] = nil
            base.closeFile(descriptor)
        }
    }

    func renameFile(_ path: String, to target: String) throws(SystemFailure) {
        let names = (below(path), below(target))
        try recorded({ () throws(SystemFailure) in try base.renameFile(path, to: target) }) { state, _ in
            state.take(.rename(names.0, names.1))
        }
    }

    func linkFile(_ path: String, to target: String) throws(SystemFailure) {
        let names = (below(path), below(target))
        try recorded({ () throws(SystemFailure) in try base.linkFile(path, to: target) }) { state, _ in
            state.take(.link(names.0, names.1))
        }
    }

    func unlinkFile(_ path: String) throws(SystemFailure) {
        let name = below(path)
        try recorded({ () throws(SystemFailure) in try base.unlinkFile(path) }) { state, _ in
            state.take(.unlink(name))
        }
    }

    func makeFolder(_ path: String) throws(SystemFailure) {
        let name = below(path)
        try recorded({ () throws(SystemFailure) in try base.makeFolder(path) }) { state, _ in
            state.take(.makeFolder(name))
        }
    }

    func removeFolder(_ path: String) throws(SystemFailure) {
        let name = below(path)
        try recorded({ () throws(SystemFailure) in try base.removeFolder(path) }) { state, _ in
            state.take(.removeFolder(name))
        }
    }
}
