public import NIOCore
public import RegistryCore
import Synchronization

/// A driver that fails on demand, for the tests of every layer above the store.
///
/// It passes calls on to another driver. Each ``Fault`` names the calls that it is for; the first one that fits a call
/// is used. Faults can be added and removed at any time, from any task.
public final class FaultyDriver: StorageDriver {
    /// A call of a driver, of an open object (`read`) or of a writer (`append` to `cancel`).
    public enum Operation: String, Sendable, Hashable, CaseIterable {
        /// Calls of ``StorageDriver``.
        case content, put, putIfAbsent, metadata, open, writer, list, delete, deleteTree, redirect
        /// The call of ``StorageObject``.
        case read
        /// Calls of ``StorageWriter``.
        case append, flush, commit, close, cancel
    }

    /// What goes wrong.
    public enum Action: Sendable {
        /// The call throws an error of this code.
        case fail(StorageError.Code)
        /// The call takes longer.
        case delay(Duration)
        /// The call waits for what the test does meanwhile.
        case run(@Sendable () async -> Void)
    }

    /// Which calls go wrong, and how.
    public struct Fault: Sendable {
        /// The operation; `nil` for any.
        public var operation: Operation?
        /// How the call's path ends; a commit's path is that of its target.
        public var pathSuffix: String
        /// How many calls that fit are let through first.
        public var skipping: Int
        /// How many calls it is for after that.
        public var times: Int
        /// Whether the call takes effect before it goes wrong, as when an answer is lost.
        public var takesEffect: Bool
        /// What goes wrong.
        public var action: Action

        /// Describes a fault; for every call of the operation unless it is narrowed.
        public init(
            _ operation: Operation?,
            _ action: Action,
            pathSuffix: String = "",
            skipping: Int = 0,
            times: Int = .max,
            takesEffect: Bool = false
        ) {
            self.operation = operation
            self.action = action
            self.pathSuffix = pathSuffix
            self.skipping = skipping
            self.times = times
            self.takesEffect = takesEffect
        }
    }

    private struct State {
        var faults: [Fault] = []
        var calls: [Operation: Int] = [:]
    }

    private let base: any StorageDriver
    private let clock: any Clock<Duration>
    private let state = Mutex(State())

    /// Wraps a driver.
    ///
    /// - Parameters:
    ///   - base: takes the calls.
    ///   - clock: by which calls are delayed.
    public init(_ base: any StorageDriver, clock: any Clock<Duration> = ContinuousClock()) {
        self.base = base
        self.clock = clock
    }

    /// The wrapped driver's name.
    public var name: String { base.name }

    /// Adds a fault after those that are there.
    public func inject(_ fault: Fault) { state.withLock { $0.faults.append(fault) } }

    /// Removes all faults.
    public func heal() { state.withLock { $0.faults = [] } }

    /// How many calls of an operation there were, those that went wrong included.
    public func calls(of operation: Operation) -> Int { state.withLock { $0.calls[operation] ?? 0 } }

    /// Notes a call and takes the fault that is for it.
    private func fault(for operation: Operation, _ path: StoragePath) -> Fault? {
        state.withLock { state in
            state.calls[operation, default: 0] += 1
            for index in state.faults.indices {
                let fault = state.faults[index]
                guard fault.times > 0, fault.operation == nil || fault.operation == operation,
                    path.description.hasSuffix(fault.pathSuffix)
                else { continue }
                if fault.skipping > 0 {
                    state.faults[index].skipping -= 1
                } else {
                    if fault.times < .max { state.faults[index].times -= 1 }
                    return fault
                }
            }
            return nil
        }
    }

    /// Makes a call, and lets it go wrong before or after.
    func call<Value: Sendable>(
        _ operation: Operation,
        _ path: StoragePath,
        _ body: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        guard let fault = fault(for: operation, path) else { return try await body() }
        if fault.takesEffect {
            let value = try await body()
            try await perform(fault.action, operation, path)
            return value
        }
        try await perform(fault.action, operation, path)
        return try await body()
    }

    private func perform(
        _ action: Action,
        _ operation: Operation,
        _ path: StoragePath
    ) async throws(StorageError) {
        switch action {
        case .fail(let code): throw StorageError(code, at: path, "\(operation.rawValue): an injected fault")
        case .delay(let duration): try? await clock.sleep(for: duration)
        case .run(let body): await body()
        }
    }
}

extension FaultyDriver {
    /// As the wrapped driver, or the fault.
    public func content(at path: StoragePath, limit: Int) async throws(StorageError) -> ByteBuffer {
        try await call(.content, path) { () throws(StorageError) in try await base.content(at: path, limit: limit) }
    }

    /// As the wrapped driver, or the fault.
    public func put(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) {
        try await call(.put, path) { () throws(StorageError) in try await base.put(content, at: path) }
    }

    /// As the wrapped driver, or the fault.
    public func putIfAbsent(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) -> Bool {
        try await call(.putIfAbsent, path) { () throws(StorageError) in
            try await base.putIfAbsent(content, at: path)
        }
    }

    /// As the wrapped driver, or the fault.
    public func metadata(at path: StoragePath) async throws(StorageError) -> StorageMetadata {
        try await call(.metadata, path) { () throws(StorageError) in try await base.metadata(at: path) }
    }

    /// As the wrapped driver, or the fault; the object's reads can go wrong as well, and have no file to go round.
    public func open(at path: StoragePath) async throws(StorageError) -> any StorageObject {
        try await call(.open, path) { () throws(StorageError) -> any StorageObject in
            FaultyObject(driver: self, path: path, base: try await base.open(at: path))
        }
    }

    /// As the wrapped driver, or the fault; the writer's calls can go wrong as well.
    public func writer(at path: StoragePath, resuming: Bool) async throws(StorageError) -> any StorageWriter {
        try await call(.writer, path) { () throws(StorageError) -> any StorageWriter in
            FaultyWriter(driver: self, path: path, base: try await base.writer(at: path, resuming: resuming))
        }
    }

    /// As the wrapped driver, or the fault.
    public func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) async throws(StorageError) -> StorageListing {
        try await call(.list, path) { () throws(StorageError) in
            try await base.list(path, after: after, limit: limit, holding: holding)
        }
    }

    /// As the wrapped driver, or the fault.
    public func delete(at path: StoragePath) async throws(StorageError) {
        try await call(.delete, path) { () throws(StorageError) in try await base.delete(at: path) }
    }

    /// As the wrapped driver, or the fault.
    public func deleteTree(at path: StoragePath) async throws(StorageError) {
        try await call(.deleteTree, path) { () throws(StorageError) in try await base.deleteTree(at: path) }
    }

    /// As the wrapped driver, or the fault.
    public func redirect(for path: StoragePath, method: String) async throws(StorageError) -> String? {
        try await call(.redirect, path) { () throws(StorageError) in
            try await base.redirect(for: path, method: method)
        }
    }
}

/// An open object whose reads go wrong on demand.
private struct FaultyObject: StorageObject {
    let driver: FaultyDriver
    let path: StoragePath
    let base: any StorageObject

    var size: Int64 { base.size }
    var modified: Int64 { base.modified }

    func read(at offset: Int64, count: Int) async throws(StorageError) -> ByteBuffer {
        try await driver.call(.read, path) { () throws(StorageError) in try await base.read(at: offset, count: count) }
    }
}

/// A writer whose calls go wrong on demand.
private struct FaultyWriter: StorageWriter {
    let driver: FaultyDriver
    let path: StoragePath
    let base: any StorageWriter

    var size: Int64 { base.size }

    func expect(_ count: Int64) { base.expect(count) }

    func append(_ content: ByteBuffer) async throws(StorageError) {
        try await driver.call(.append, path) { () throws(StorageError) in try await base.append(content) }
    }

    func flush() async throws(StorageError) {
        try await driver.call(.flush, path) { () throws(StorageError) in try await base.flush() }
    }

    func commit(to target: StoragePath) async throws(StorageError) {
        try await driver.call(.commit, target) { () throws(StorageError) in try await base.commit(to: target) }
    }

    func close() async throws(StorageError) {
        try await driver.call(.close, path) { () throws(StorageError) in try await base.close() }
    }

    func cancel() async throws(StorageError) {
        try await driver.call(.cancel, path) { () throws(StorageError) in try await base.cancel() }
    }
}
