import NIOCore
public import RegistryCore

/// The contract of ``StorageDriver`` as checks: a driver that passes them all can carry a registry.
///
/// With Swift Testing:
///
/// ```swift
/// @Test("the driver keeps the contract", arguments: StorageConformance.checks)
/// func conforms(check: StorageConformance.Check) async throws {
///     try await check.run(on: MyDriver())
/// }
/// ```
///
/// A check throws ``ConformanceFailure``, so that any other harness can run it as well. It works below a folder of
/// its own with a random name and removes that at the end; checks may run beside one another on one driver.
public enum StorageConformance {
    /// One sentence of the contract.
    public struct Check: Sendable, CustomStringConvertible {
        /// The sentence.
        public let description: String
        /// Whether it moves tens of megabytes.
        public let isSlow: Bool

        private let body: @Sendable (StorageSubject) async throws -> Void

        init(
            _ description: String,
            isSlow: Bool = false,
            _ body: @escaping @Sendable (StorageSubject) async throws -> Void
        ) {
            self.description = description
            self.isSlow = isSlow
            self.body = body
        }

        /// Holds a driver to the sentence.
        ///
        /// - Throws: ``ConformanceFailure`` when the driver breaks it; what the driver threw where it shouldn't have.
        public func run(on driver: any StorageDriver) async throws {
            let folder = "conformance-\(UInt64.random(in: .min ... .max))"
            let subject = StorageSubject(driver: driver, base: StoragePath.root.appending(folder))
            try await body(subject)
            try await subject.unlessNotFound { try await driver.deleteTree(at: subject.base) }
        }
    }

    /// Every check.
    public static var checks: [Check] {
        objectChecks + writerChecks + writerEndChecks + listingChecks + deletionChecks + movingChecks
            + preparingChecks + concurrencyChecks
    }
}

/// A driver broke its contract.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// What was expected and what came instead.
    public let description: String

    /// Where the check expected it.
    public let line: Int

    init(_ description: String, line: Int) {
        self.description = description
        self.line = line
    }
}

/// A driver under test and the folder that a check has for itself.
struct StorageSubject: Sendable {
    let driver: any StorageDriver
    let base: StoragePath

    /// A path below the check's folder.
    func path(_ below: String) -> StoragePath { base.appending(below) }

    /// Writes a text.
    func put(_ text: String, at below: String) async throws {
        try await driver.put(ByteBuffer(string: text), at: path(below))
    }

    /// Reads an object as text.
    func text(at below: String) async throws -> String {
        let content = try await driver.content(at: path(below), limit: 1 << 20)
        return String(decoding: content.readableBytesView, as: UTF8.self)
    }

    /// Reads all of an open object, in parts.
    func bytes(of object: any StorageObject, by count: Int = 1 << 20) async throws -> [UInt8] {
        var all: [UInt8] = []
        while Int64(all.count) < object.size {
            let part = try await object.read(at: Int64(all.count), count: count)
            guard part.readableBytes > 0 else { break }
            all += part.readableBytesView
        }
        return all
    }

    /// Writes an object by a writer and commits it.
    func grow(_ text: String, from upload: String, to target: String) async throws {
        let writer = try await driver.writer(at: path(upload), resuming: false)
        try await writer.append(ByteBuffer(string: text))
        try await writer.commit(to: path(target))
    }

    /// The names of a folder's first page, a folder's with a slash.
    func names(
        in below: String,
        after: String? = nil,
        limit: Int = 1_000,
        holding: String? = nil
    ) async throws -> [String] {
        let page = try await driver.list(path(below), after: after, limit: limit, holding: holding)
        return page.entries.map { $0.kind == .folder ? $0.name + "/" : $0.name }
    }

    /// Runs a body that may find nothing.
    func unlessNotFound(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            guard let error = error as? StorageError, error.code == .notFound else { throw error }
        }
    }

    /// Fails the check unless two values are equal.
    func expect<Value: Equatable>(_ value: Value, _ wanted: Value, _ what: String, line: Int = #line) throws {
        guard value != wanted else { return }
        throw ConformanceFailure("\(what): expected \(wanted), got \(value)", line: line)
    }

    /// Fails the check unless a body throws an error of one of the given codes.
    func expect(
        _ codes: StorageError.Code...,
        from what: String,
        line: Int = #line,
        _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch {
            if let error = error as? StorageError, codes.contains(error.code) { return }
            throw ConformanceFailure("\(what): expected \(codes), got \(error)", line: line)
        }
        throw ConformanceFailure("\(what): expected \(codes), but it succeeded", line: line)
    }
}

/// Bytes that differ from place to place, so that a part read from the wrong place shows.
func patterned(_ count: Int, seed: Int = 0) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: count)
    var value = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 | 1
    var left = count
    while left >= 8 {
        value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        buffer.writeInteger(value)
        left -= 8
    }
    buffer.writeRepeatingByte(UInt8(truncatingIfNeeded: value >> 32), count: left)
    return buffer
}
