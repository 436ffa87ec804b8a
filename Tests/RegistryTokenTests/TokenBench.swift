import Crypto
import CryptoExtras
import Foundation
import NIOPosix
import RegistryAuth
import RegistryCore
import SwiftASN1
import Synchronization
import Testing
import X509

@testable import RegistryToken

/// A folder with key files, a controller on them, and the hands that move its clocks and sign its tokens.
final class TokenBench: Sendable {
    static let issuer = "an issuer"
    static let service = "a service"
    static let realm = "https://tokens.example/token"

    let folder: URL
    /// What was reported, in order.
    let notices = Mutex<[TokenController.Notice]>([])
    private let wall = Mutex(WallTime(seconds: 1_800_000_000))
    private let elapsed = Mutex(Duration.zero)
    private let start = ContinuousClock.now

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "registry-token-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var now: Int64 { wall.withLock { $0.seconds } }

    func advance(_ seconds: Int64) {
        wall.withLock { $0.seconds += seconds }
        elapsed.withLock { $0 += .seconds(seconds) }
    }

    /// Writes a file.
    ///
    /// - Returns: its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url, options: .atomic)
        return url.path
    }

    func controller(_ change: (inout TokenController.Options) throws -> Void) async throws -> TokenController {
        var options = TokenController.Options(realm: Self.realm, service: Self.service, issuer: Self.issuer)
        try change(&options)
        return try await TokenController(
            options,
            pool: .singleton,
            report: { notice in self.notices.withLock { $0.append(notice) } },
            now: { self.wall.withLock { $0 } },
            elapsed: { self.start + self.elapsed.withLock { $0 } }
        )
    }

    /// A controller that trusts a key set of one key of the name `a`.
    func controller(trusting key: TestKey) async throws -> TokenController {
        let path = try write(#"{"keys":[\#(key.jwk("a"))]}"#, to: "jwks.json")
        return try await controller { $0.keySet = path }
    }

    /// Claims that hold.
    func claims(_ changes: [String: String?] = [:], access: String = "[]") -> String {
        var claims: [String: String?] = [
            "iss": "\"\(Self.issuer)\"", "aud": "\"\(Self.service)\"", "sub": "\"alice\"", "exp": "\(now + 300)",
            "nbf": "\(now)", "iat": "\(now)", "access": access,
        ]
        for (name, value) in changes { claims[name] = value }
        let members = claims.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }
        return "{\(members.joined(separator: ","))}"
    }

    var lastFailure: TokenFailure? {
        for notice in notices.withLock({ $0 }).reversed() {
            if case .refused(let failure) = notice { return failure }
        }
        return nil
    }
}

/// A private key with its public forms.
struct TestKey: Sendable {
    let algorithm: String
    let members: String
    let sign: @Sendable ([UInt8]) throws -> [UInt8]

    /// The public key, or the secret one of HMAC, as a JSON Web Key.
    func jwk(_ name: String?) -> String { "{" + (name.map { "\"kid\":\"\($0)\"," } ?? "") + members + "}" }

    /// A token with a header's further members.
    func token(_ header: String, _ claims: String) throws -> String {
        let head = "{" + (header.isEmpty ? "" : header + ",") + "\"alg\":\"\(algorithm)\",\"typ\":\"JWT\"}"
        return try compact(head, claims, sign)
    }

    /// A token that says it is signed by the key `a`.
    func token(_ claims: String) throws -> String { try token(#""kid":"a""#, claims) }

    static func es256(_ key: P256.Signing.PrivateKey = .init()) -> TestKey {
        TestKey(algorithm: "ES256", members: curve("P-256", key.publicKey.rawRepresentation)) {
            Array(try key.signature(for: $0).rawRepresentation)
        }
    }

    static func es384(_ key: P384.Signing.PrivateKey = .init()) -> TestKey {
        TestKey(algorithm: "ES384", members: curve("P-384", key.publicKey.rawRepresentation)) {
            Array(try key.signature(for: $0).rawRepresentation)
        }
    }

    static func es512(_ key: P521.Signing.PrivateKey = .init()) -> TestKey {
        TestKey(algorithm: "ES512", members: curve("P-521", key.publicKey.rawRepresentation)) {
            Array(try key.signature(for: $0).rawRepresentation)
        }
    }

    static func rsa(_ algorithm: String, _ key: _RSA.Signing.PrivateKey? = nil) throws -> TestKey {
        let key = try key ?? rsaKey.key
        let numbers = try key.publicKey.getKeyPrimitives()
        let members = #""kty":"RSA","n":"\#(base64URL(numbers.modulus))","e":"\#(base64URL(numbers.publicExponent))""#
        let padding: _RSA.Signing.Padding = algorithm.hasPrefix("P") ? .PSS : .insecurePKCS1v1_5
        return TestKey(algorithm: algorithm, members: members) { content in
            switch algorithm.suffix(3) {
            case "256": Array(try key.signature(for: SHA256.hash(data: content), padding: padding).rawRepresentation)
            case "384": Array(try key.signature(for: SHA384.hash(data: content), padding: padding).rawRepresentation)
            default: Array(try key.signature(for: SHA512.hash(data: content), padding: padding).rawRepresentation)
            }
        }
    }

    static func edDSA(_ key: Curve25519.Signing.PrivateKey = .init()) -> TestKey {
        let members = #""kty":"OKP","crv":"Ed25519","x":"\#(base64URL(key.publicKey.rawRepresentation))""#
        return TestKey(algorithm: "EdDSA", members: members) { Array(try key.signature(for: $0)) }
    }

    static func hmac(_ algorithm: String, _ secret: [UInt8]) -> TestKey {
        TestKey(algorithm: algorithm, members: #""kty":"oct","k":"\#(base64URL(secret))""#) { content in
            let key = SymmetricKey(data: secret)
            return switch algorithm {
            case "HS256": Array(HMAC<SHA256>.authenticationCode(for: content, using: key))
            case "HS384": Array(HMAC<SHA384>.authenticationCode(for: content, using: key))
            default: Array(HMAC<SHA512>.authenticationCode(for: content, using: key))
            }
        }
    }

    /// One key for all tests, since making one takes a while.
    static let rsaKey = RSAKeyBox(result: Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) })

    private static func curve(_ name: String, _ point: Data) -> String {
        let half = point.count / 2
        return
            #""kty":"EC","crv":"\#(name)","x":"\#(base64URL(point.prefix(half)))","y":"\#(base64URL(point.suffix(half)))""#
    }
}

/// A key in a box that tells a test of its failure.
struct RSAKeyBox: Sendable {
    let result: Result<_RSA.Signing.PrivateKey, any Error>
    var key: _RSA.Signing.PrivateKey {
        get throws { try result.get() }
    }
}

/// A text in compact form.
func compact(_ header: String, _ claims: String, _ sign: ([UInt8]) throws -> [UInt8]) rethrows -> String {
    let content = "\(base64URL(Array(header.utf8))).\(base64URL(Array(claims.utf8)))"
    return "\(content).\(base64URL(try sign(Array(content.utf8))))"
}

func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

extension TokenController {
    /// Decides on a request for accesses with a token.
    func decide(_ token: String, _ accesses: Access...) async -> AccessDecision {
        await decide(AccessRequest(authorization: "Bearer \(token)", accesses: accesses))
    }
}

func repository(_ name: String, _ action: Access.Action = .pull) throws -> Access {
    Access(action, to: .repository(try RepositoryName(parsing: name)))
}

let granted = AccessDecision.granted(Principal(name: "alice"))

/// The challenge of the bench's controllers.
func challenge(_ more: String = "") -> AccessDecision {
    .challenged([#"Bearer realm="https://tokens.example/token",service="a service""# + more])
}

let invalid = challenge(#",error="invalid_token""#)
