public import NIOPosix

/// Rules that can change under those who go by them: fixed ones, or a file that is read again when it changes.
///
/// While the file can't be read or holds mistakes, the rules that it held before hold.
public final class AccessRulesSource: Sendable {
    private enum Backing: Sendable {
        case fixed(AccessRules)
        case file(FollowedFile<AccessRules>)
    }

    private let backing: Backing

    /// Rules that stay as they are.
    public init(_ rules: AccessRules) { backing = .fixed(rules) }

    /// Reads rules from a file, and again when it changes, which is looked for at most once a second.
    ///
    /// - Parameters:
    ///   - path: the file's path.
    ///   - pool: where the file is read and parsed; it is running and stays its owner's.
    ///   - parse: makes rules of the file's bytes.
    ///   - report: hears what an operator should know; called from any thread.
    /// - Throws: `PasswordFileError` when the file can't be read; what `parse` throws.
    public convenience init(
        file path: String,
        pool: NIOThreadPool,
        parse: @escaping @Sendable ([UInt8]) throws -> AccessRules,
        report: @escaping @Sendable (FileNotice) -> Void
    ) async throws {
        try await self.init(file: path, pool: pool, now: { .now }, parse: parse, report: report)
    }

    package init(
        file path: String,
        pool: NIOThreadPool,
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        parse: @escaping @Sendable ([UInt8]) throws -> AccessRules,
        report: @escaping @Sendable (FileNotice) -> Void
    ) async throws {
        backing = .file(try await FollowedFile(path, pool: pool, now: now, parse: parse, report: report))
    }

    /// The rules that hold now.
    public func current() async -> AccessRules {
        switch backing {
        case .fixed(let rules): rules
        case .file(let file): await file.current().content
        }
    }
}
