public import NIOPosix
internal import RegistryCore
internal import Synchronization

/// Lets the users of an Apache password file do everything, and nobody else anything
/// ([htpasswd](https://distribution.github.io/distribution/about/configuration/#htpasswd)).
///
/// Only bcrypt counts. A password is checked on the thread pool that the owner hands in, once for all requests that
/// wait for the same one, and what held is taken without a check for ``Options/cacheLifetime``. An unknown user costs
/// as much as the file's dearest hash. The file is looked at again at most every ``Options/checkInterval``, when a
/// request comes, and read when it changed; while it can't be read, its last content holds.
public final class HtpasswdController: AccessController {
    /// What a controller is told.
    public struct Options: Sendable {
        /// The name that clients show to their users when they ask for a password.
        public var realm: String
        /// The file's path.
        public var path: String
        /// How long a password that held is taken without another check.
        public var cacheLifetime = Duration.seconds(60)
        /// The most passwords that are taken so at once.
        public var maximumCached = 1024
        /// The most checks that run or wait; a request beyond is answered ``AccessDecision/busy``.
        public var maximumChecks = 64
        /// How long the file's state is believed, before it is looked at again.
        public var checkInterval = Duration.seconds(1)

        /// The defaults.
        public init(realm: String, path: String) {
            self.realm = realm
            self.path = path
        }
    }

    /// What an operator should know.
    public enum Notice: Sendable, Hashable {
        /// There was no file; it was made, with one user.
        case created(path: String, user: String, password: String)
        /// A line of the file is not used.
        case unusableLine(path: String, line: Int, reason: String)
        /// The file changed and was read again.
        case reloaded(path: String, users: Int)
        /// The file changed and can't be read; what it held before holds.
        case unreadable(path: String, reason: String)
    }

    package typealias Verifier = @Sendable (_ password: [UInt8], _ hash: BcryptHash) -> Bool

    private struct State {
        var file: PasswordFile
        /// `nil` while the file can't be reached.
        var stamp: FileStamp?
        var lastCheck: ContinuousClock.Instant
        var isChecking = false
        var verified: VerifiedCache<Void, ContinuousClock.Instant>
        /// Those who wait for a check, by what is checked, without the one who asked first.
        var waiting: [Digest: [CheckedContinuation<AccessDecision, Never>]] = [:]
        var checks = 0
    }

    private enum Step {
        case done(AccessDecision)
        case check
        case join
    }

    private let options: Options
    private let pool: NIOThreadPool
    private let report: @Sendable (Notice) -> Void
    private let verify: Verifier
    private let now: @Sendable () -> ContinuousClock.Instant
    private let key: HMACSHA256
    private let challenge: AccessDecision
    private let state: Mutex<State>

    /// Reads the file; makes it, with a user `docker` and a random password, when there is none.
    ///
    /// - Parameters:
    ///   - options: the file, and bounds.
    ///   - pool: where the file is read and passwords are checked; it is running, stays its owner's, and has a number
    ///     of threads that its owner can spare, since each check takes one for some 50 ms or more.
    ///   - report: hears what an operator should know; called from any thread.
    /// - Throws: `PasswordFileError` when the file can be neither read nor made.
    public convenience init(
        _ options: Options,
        pool: NIOThreadPool,
        report: @escaping @Sendable (Notice) -> Void
    ) async throws {
        try await self.init(options, pool: pool, report: report, verify: { $1.matches($0) }, now: { .now })
    }

    package init(
        _ options: Options,
        pool: NIOThreadPool,
        report: @escaping @Sendable (Notice) -> Void,
        verify: @escaping Verifier,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) async throws {
        self.options = options
        self.pool = pool
        self.report = report
        self.verify = verify
        self.now = now
        challenge = .challenged(["Basic realm=\(quotedString(options.realm))"])
        var generator = SystemRandomNumberGenerator()
        key = HMACSHA256(key: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        let path = options.path
        let (password, stamp, file) = try await pool.runIfActive {
            let password = try PasswordFile.create(path)
            let (stamp, file) = try PasswordFile.read(path)
            return (password, stamp, file)
        }
        state = Mutex(
            State(
                file: file,
                stamp: stamp,
                lastCheck: now(),
                verified: VerifiedCache(limit: options.cacheLifetime > .zero ? options.maximumCached : 0)
            )
        )
        if let password { report(.created(path: path, user: "docker", password: password)) }
        for problem in file.problems {
            report(.unusableLine(path: path, line: problem.line, reason: problem.reason))
        }
    }

    /// Grants everything to a user with his password, and challenges everybody else.
    public func decide(_ request: AccessRequest) async -> AccessDecision {
        guard let credentials = request.authorization.flatMap(BasicCredentials.init(authorization:)) else {
            return challenge
        }
        if let stamp = dueStamp() { await look(stamp) }
        let (known, cost) = state.withLock { ($0.file.users[credentials.user], $0.file.cost) }
        guard let hash = known ?? BcryptHash.decoy(cost: cost) else { return challenge }
        let code = key.digest(of: message(credentials, hash))
        switch nextStep(code, credentials) {
        case .done(let decision): return decision
        case .join: return await join(code, credentials)
        case .check: return await check(code, credentials, hash, isKnown: known != nil)
        }
    }
}

extension HtpasswdController: UserDirectory {
    /// A stamp that changes with the user's line.
    public func credentialStamp(of user: String) async -> String? {
        if let stamp = dueStamp() { await look(stamp) }
        guard let hash = state.withLock({ $0.file.users[Array(user.utf8)] }) else { return nil }
        var hasher = ContentHasher(.sha256)
        hasher.update(hash.text)
        return Base64URL.encode(hasher.digest().bytes.prefix(15))
    }
}

// MARK: - Checking passwords

extension HtpasswdController {
    private func granted(_ credentials: BasicCredentials) -> AccessDecision {
        .granted(Principal(name: String(decoding: credentials.user, as: UTF8.self)))
    }

    /// The lengths go first, so that no two credentials make the same message.
    private func message(_ credentials: BasicCredentials, _ hash: BcryptHash) -> [UInt8] {
        var message: [UInt8] = []
        for part in [credentials.user, credentials.password, hash.text] {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { message += $0 }
            message += part
        }
        return message
    }

    private func nextStep(_ code: Digest, _ credentials: BasicCredentials) -> Step {
        let now = now()
        return state.withLock { state in
            if state.verified.value(for: code, at: now) != nil { return .done(granted(credentials)) }
            if state.waiting[code] != nil { return .join }
            guard state.checks < options.maximumChecks else { return .done(.busy) }
            state.checks += 1
            state.waiting[code] = []
            return .check
        }
    }

    /// Waits for a check that runs, or takes its result when it ended meanwhile.
    private func join(_ code: Digest, _ credentials: BasicCredentials) async -> AccessDecision {
        await withCheckedContinuation { continuation in
            let decision: AccessDecision? = state.withLock { state in
                guard state.waiting[code] == nil else {
                    state.waiting[code]?.append(continuation)
                    return nil
                }
                return state.verified.value(for: code, at: now()) != nil ? granted(credentials) : .busy
            }
            if let decision { continuation.resume(returning: decision) }
        }
    }

    /// Checks a password on the pool. The check is not cancelled with the request: others may wait for it.
    private func check(
        _ code: Digest,
        _ credentials: BasicCredentials,
        _ hash: BcryptHash,
        isKnown: Bool
    ) async -> AccessDecision {
        let decision: AccessDecision = await withCheckedContinuation { continuation in
            pool.submit { [verify, challenge] state in
                guard case .active = state else { return continuation.resume(returning: .busy) }
                let matches = verify(credentials.password, hash)
                continuation.resume(returning: matches && isKnown ? self.granted(credentials) : challenge)
            }
        }
        let now = now()
        let waiting = state.withLock { state in
            state.checks -= 1
            if case .granted = decision {
                state.verified.insert(code, (), until: now + options.cacheLifetime, at: now)
            }
            return state.waiting.removeValue(forKey: code) ?? []
        }
        for continuation in waiting { continuation.resume(returning: decision) }
        return decision
    }
}

// MARK: - Following the file

extension HtpasswdController {
    /// The stamp of the content that holds, when it is this request's turn to look whether the file still has it.
    private func dueStamp() -> FileStamp?? {
        let now = now()
        return state.withLock { state in
            guard !state.isChecking, now - state.lastCheck >= options.checkInterval else { return nil }
            state.isChecking = true
            return .some(state.stamp)
        }
    }

    private func look(_ stamp: FileStamp?) async {
        let path = options.path
        let outcome: Result<(stamp: FileStamp, file: PasswordFile)?, any Error>
        do {
            outcome = .success(
                try await pool.runIfActive {
                    try FileStamp(of: path) == stamp ? nil : try PasswordFile.read(path)
                }
            )
        } catch {
            outcome = .failure(error)
        }
        let now = now()
        let notices: [Notice] = state.withLock { state in
            state.isChecking = false
            state.lastCheck = now
            switch outcome {
            case .success(nil): return []
            case .success(let change?):
                state.stamp = change.stamp
                state.file = change.file
                return [.reloaded(path: path, users: change.file.users.count)]
                    + change.file.problems.map { .unusableLine(path: path, line: $0.line, reason: $0.reason) }
            case .failure(let error as PasswordFileError):
                // Told once, not every second.
                defer { state.stamp = nil }
                return state.stamp == nil ? [] : [.unreadable(path: path, reason: "\(error)")]
            case .failure:
                // The request was cancelled, or the pool is stopping.
                return []
            }
        }
        for notice in notices { report(notice) }
    }
}
