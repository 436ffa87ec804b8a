public import NIOPosix
public import RegistryAuth
package import RegistryCore
internal import Synchronization

/// Lets the holders of tokens do what their tokens grant
/// ([token authentication](https://distribution.github.io/distribution/spec/auth/token/)).
///
/// A token is a compact JSON Web Signature by a key that a file of certificates, a JSON Web Key Set or the owner names.
/// Everybody else is challenged to get one from a token service, as who holds one that grants too little is. The files
/// are looked at again at most every ``Options/checkInterval``, when a request comes, and read when they changed; a file
/// that can't be used changes nothing. A token that held is taken without verifying it again until it expires or the
/// keys change, for five minutes at most.
public final class TokenController: AccessController {
    /// What a controller is told.
    public struct Options: Sendable {
        /// The token service's URL, which challenges name.
        public var realm: String
        /// The audience that tokens must be for.
        public var service: String
        /// The issuer that tokens must be from.
        public var issuer: String
        /// A file of certificates in PEM, whose keys sign tokens or the certificates in tokens.
        public var certificateBundle: String?
        /// A file of keys, a JSON Web Key Set.
        public var keySet: String?
        /// Further keys, found by both of their names: those of a token service of the same program.
        public var trustedKeys: [TokenKey] = []
        /// The path of the token service on the host that the client asked, which challenges then name instead of the
        /// realm; `nil` to name the realm.
        public var redirectPath: String?
        /// The algorithms that are accepted, each for keys of its own type only.
        public var algorithms = Set(SigningAlgorithm.allCases)
        /// How far the clocks of issuer and registry may differ, in seconds.
        public var leeway = 60
        /// The longest token that is looked at, in bytes.
        public var maximumLength = 64 << 10
        /// The most tokens that are taken without verifying them again.
        public var maximumCached = 1024
        /// How long a file's state is believed, before it is looked at again.
        public var checkInterval = Duration.seconds(1)

        /// The defaults; a bundle, a key set or trusted keys have to be added.
        public init(realm: String, service: String, issuer: String) {
            self.realm = realm
            self.service = service
            self.issuer = issuer
        }
    }

    /// What an operator should know.
    public enum Notice: Sendable, Hashable {
        /// A file changed.
        case file(FileNotice)
        /// A key of the key set is not used.
        case unusedKey(path: String, reason: String)
        /// A token was refused; told for each, so that who looks for the reason finds it.
        case refused(TokenFailure)
    }

    /// How long a token that held is taken, in seconds, so that a certificate that expired meanwhile is noticed.
    private static let longestCached: Int64 = 300

    private let options: Options
    private let bundle: FollowedFile<CertificateBundle>?
    private let set: FollowedFile<KeySet>?
    private let further: [String: TokenKey]
    private let now: @Sendable () -> WallTime
    private let report: @Sendable (Notice) -> Void
    private let cacheKey: HMACSHA256
    private let verified: Mutex<VerifiedCache<TokenClaims, WallTime>>

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - options: what tokens must be like.
    ///   - pool: where files are read; it is running and stays its owner's.
    ///   - report: hears what an operator should know; called from any thread.
    /// - Throws: `PasswordFileError` when a file can't be read; `KeyFileError` when one can't be used, or there is no
    ///   key at all.
    public convenience init(
        _ options: Options,
        pool: NIOThreadPool,
        report: @escaping @Sendable (Notice) -> Void
    ) async throws {
        try await self.init(options, pool: pool, report: report, now: WallTime.now, elapsed: { .now })
    }

    package init(
        _ options: Options,
        pool: NIOThreadPool,
        report: @escaping @Sendable (Notice) -> Void,
        now: @escaping @Sendable () -> WallTime,
        elapsed: @escaping @Sendable () -> ContinuousClock.Instant
    ) async throws {
        guard options.certificateBundle != nil || options.keySet != nil || !options.trustedKeys.isEmpty else {
            throw KeyFileError("there is no key to verify tokens with")
        }
        self.options = options
        self.now = now
        self.report = report
        let following = FollowedFileOptions(checkInterval: options.checkInterval)
        bundle =
            if let path = options.certificateBundle {
                try await FollowedFile(path, options: following, pool: pool, now: elapsed) { content in
                    try CertificateBundle(parsing: content)
                } report: { notice in
                    report(.file(notice))
                }
            } else { nil }
        set =
            if let path = options.keySet {
                try await FollowedFile(path, options: following, pool: pool, now: elapsed) { content in
                    let set = try KeySet(parsing: content)
                    for problem in set.problems { report(.unusedKey(path: path, reason: problem)) }
                    return set
                } report: { notice in
                    report(.file(notice))
                }
            } else { nil }
        var further: [String: TokenKey] = [:]
        for key in options.trustedKeys {
            for name in [key.thumbprint, key.libtrustID] where !name.isEmpty { further[name] = key }
        }
        self.further = further
        var generator = SystemRandomNumberGenerator()
        cacheKey = HMACSHA256(key: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        verified = Mutex(VerifiedCache(limit: options.maximumCached))
    }

    /// Grants what a token grants, and challenges everybody else: all refusals are challenges, as the replaced
    /// server's.
    public func decide(_ request: AccessRequest) async -> AccessDecision {
        guard let token = Self.token(request.authorization) else { return challenge(request, nil) }
        let claims: TokenClaims
        do throws(TokenFailure) {
            claims = try await verify(token)
        } catch {
            report(.refused(error))
            return challenge(request, .invalidToken)
        }
        guard request.accesses.allSatisfy(claims.grants) else { return challenge(request, .insufficientScope) }
        return .granted(Principal(name: claims.subject.isEmpty ? nil : claims.subject))
    }

    /// The token of a header; `nil` where there is none, or another scheme.
    private static func token(_ authorization: String?) -> Substring? {
        guard let token = authorization?.credentials(of: "bearer"), !token.isEmpty else { return nil }
        return token
    }

    private func challenge(_ request: AccessRequest, _ failure: BearerChallenge.Failure?) -> AccessDecision {
        var realm = options.realm
        if let path = options.redirectPath, let host = request.host, !host.isEmpty {
            realm = "\(request.forwardedScheme ?? "https")://\(host)\(path)"
        }
        let challenge = BearerChallenge(realm: realm, service: options.service)
        return .challenged([challenge.text(for: request.accesses, failure: failure)])
    }

    // MARK: - Verifying

    /// The claims of a token that holds.
    private func verify(_ token: Substring) async throws(TokenFailure) -> TokenClaims {
        guard token.utf8.count <= options.maximumLength else { throw .tooLong }
        let bundle = await bundle?.current()
        let set = await set?.current()
        // With the keys' generations, so that what an old key signed is verified again.
        var message: [UInt8] = []
        message.reserveCapacity(16 + token.utf8.count)
        for generation in [bundle?.generation ?? 0, set?.generation ?? 0] {
            withUnsafeBytes(of: UInt64(generation).littleEndian) { message += $0 }
        }
        // A substring's bytes are appended one by one, a buffer's at once.
        if token.utf8.withContiguousStorageIfAvailable({ message.append(contentsOf: $0) }) == nil {
            message += token.utf8
        }
        let code = cacheKey.digest(of: message)
        let now = now()
        if let claims = verified.withLock({ $0.value(for: code, at: now) }) {
            // What else was checked before depends on nothing that changes.
            try checkTime(claims, now)
            return claims
        }

        let signed = try SignedToken(parsing: String(token), accepting: options.algorithms)
        // Before any cryptography: most tokens that are refused have expired.
        try signed.claims.check(issuer: options.issuer, service: options.service)
        try checkTime(signed.claims, now)
        let keys = TrustedKeys(bundle: bundle?.content, set: set?.content, further: further)
        let key = try await keys.key(for: signed.header)
        guard key.isValid(signed.signature, signed.algorithm, for: signed.content) else { throw .signature }
        let end = WallTime(seconds: now.seconds + Self.longestCached)
        verified.withLock { $0.insert(code, signed.claims, until: end, at: now) }
        return signed.claims
    }

    private func checkTime(_ claims: TokenClaims, _ now: WallTime) throws(TokenFailure) {
        try claims.check(now: now.seconds, leeway: Int64(options.leeway))
    }
}
