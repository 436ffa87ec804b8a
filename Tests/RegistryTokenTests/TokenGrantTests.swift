import Crypto
import CryptoExtras
import Foundation
import JWTKit
import RegistryAuth
import RegistryCore
import Testing

@testable import RegistryToken

@Suite("What a token grants")
struct TokenGrantTests {
    static func keys() throws -> [TestKey] {
        let secret = Array("a secret of sixty-four bytes, which is long enough for HMAC-512!".utf8)
        return try ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map { try TestKey.rsa($0) }
            + [.es256(), .es384(), .es512(), .edDSA()] + ["HS256", "HS384", "HS512"].map { .hmac($0, secret) }
    }

    @Test("each algorithm holds for a key of its type, and only while it is accepted")
    func algorithms() async throws {
        for key in try Self.keys() {
            let bench = try TokenBench()
            let token = try key.token(bench.claims())
            #expect(await (try bench.controller(trusting: key)).decide(token) == granted, "\(key.algorithm)")
            let strict = try await bench.controller {
                $0.keySet = try bench.write(#"{"keys":[\#(key.jwk("a"))]}"#, to: "jwks.json")
                $0.algorithms = Set(SigningAlgorithm.allCases.filter { $0.rawValue != key.algorithm })
            }
            #expect(await strict.decide(token) == invalid, "\(key.algorithm)")
            #expect(bench.lastFailure == .algorithm)
        }
    }

    @Test("no algorithm holds for a key of another type")
    func mismatched() async throws {
        let keys = try Self.keys()
        for key in keys {
            let bench = try TokenBench()
            let controller = try await bench.controller(trusting: key)
            for other in keys where other.members != key.members || other.algorithm != key.algorithm {
                // RSA keys hold for all of theirs, and a secret for those of HMAC.
                guard other.algorithm.first != key.algorithm.first || key.algorithm.hasPrefix("E") else { continue }
                guard !(other.members == key.members) else { continue }
                #expect(await controller.decide(try other.token(bench.claims())) == invalid)
                #expect(bench.lastFailure == .signature, "\(other.algorithm) with a key for \(key.algorithm)")
            }
        }
    }

    @Test("a token that another library signed holds")
    func otherLibrary() async throws {
        let key = P256.Signing.PrivateKey()
        let rsa = try TestKey.rsaKey.key
        let signers = JWTKeyCollection()
        await signers.add(ecdsa: try ES256PrivateKey(pem: key.pemRepresentation), kid: "ec")
        await signers.add(
            rsa: try Insecure.RSA.PrivateKey(pem: rsa.pemRepresentation),
            digestAlgorithm: .sha384,
            kid: "rsa"
        )
        let bench = try TokenBench()
        let path = try bench.write(
            #"{"keys":[\#(TestKey.es256(key).jwk("ec")),\#(try TestKey.rsa("RS384", rsa).jwk("rsa"))]}"#,
            to: "jwks.json"
        )
        let controller = try await bench.controller { $0.keySet = path }
        for kid in ["ec", "rsa"] {
            let payload = Payload(
                iss: TokenBench.issuer,
                aud: [TokenBench.service],
                exp: bench.now + 60,
                sub: "alice",
                access: [.init(type: "repository", name: "a/b", actions: ["pull"])]
            )
            let token = try await signers.sign(payload, kid: JWKIdentifier(string: kid))
            #expect(await controller.decide(token, try repository("a/b")) == granted)
        }
    }

    @Test("exactly what the token lists is granted: no other action, resource or type, and no wildcard")
    func exact() async throws {
        let bench = try TokenBench()
        let key = TestKey.es256()
        let controller = try await bench.controller(trusting: key)
        let token = try key.token(
            bench.claims(
                access: #"""
                    [{"type":"repository","class":"","name":"a","actions":["pull"]},
                     {"type":"repository","name":"a","actions":["push"]},
                     {"type":"repository","name":"all","actions":["*"]},
                     {"type":"registry","name":"a/c","actions":["pull"]},
                     {"type":"repository","name":"none","actions":null},{"type":"repository","name":"*","actions":["pull"]}]
                    """#
            )
        )
        for access in [try repository("a"), try repository("a", .push)] {
            #expect(await controller.decide(token, access) == granted)
        }
        #expect(await controller.decide(token, try repository("a"), try repository("a", .push)) == granted)
        for access in [
            try repository("a", .delete), try repository("all"), try repository("a/c"), try repository("b"),
            try repository("none"), Access(.all, to: .catalog),
        ] {
            let scope = "\(access.resourceType):\(access.resourceName):\(access.action.rawValue)"
            let expected = challenge(",scope=\"\(scope)\",error=\"insufficient_scope\"")
            #expect(await controller.decide(token, access) == expected)
        }
        let catalog = try key.token(bench.claims(access: #"[{"type":"registry","name":"catalog","actions":["*"]}]"#))
        #expect(await controller.decide(catalog, Access(.all, to: .catalog)) == granted)
    }

    @Test("one audience of a list is enough, and clocks may differ by a minute")
    func leeway() async throws {
        let bench = try TokenBench()
        let key = TestKey.es256()
        let controller = try await bench.controller(trusting: key)
        for changes in [
            ["aud": #"["x","a service"]"#], ["exp": "\(bench.now - 60)"], ["nbf": "\(bench.now + 60)"], ["nbf": nil],
            ["access": nil], ["access": "null"], ["exp": "9223372036854775807"],
        ] as [[String: String?]] {
            #expect(await controller.decide(try key.token(bench.claims(changes))) == granted, "\(changes)")
        }
        let nobody = try key.token(bench.claims(["sub": nil]))
        #expect(await controller.decide(nobody) == .granted(.anonymous))
    }

    @Test("a token that held is refused once it expires, and when its key goes")
    func remembered() async throws {
        let bench = try TokenBench()
        let (key, next) = (TestKey.es256(), TestKey.es256())
        let controller = try await bench.controller(trusting: key)
        let short = try key.token(bench.claims(["exp": "\(bench.now + 10)"]))
        let long = try key.token(bench.claims(["exp": "\(bench.now + 3000)"]))
        for token in [short, short, long, long] { #expect(await controller.decide(token) == granted) }
        bench.advance(71)
        #expect(await controller.decide(short) == invalid)
        #expect(bench.lastFailure == .expired)
        #expect(await controller.decide(long) == granted)
        try bench.write(#"{"keys":[\#(next.jwk("a"))]}"#, to: "jwks.json")
        bench.advance(2)
        #expect(await controller.decide(long) == invalid)
        #expect(bench.lastFailure == .signature)
        #expect(await controller.decide(try next.token(bench.claims())) == granted)
    }
}

private struct Payload: JWTPayload {
    struct Entry: Codable {
        var type: String
        var name: String
        var actions: [String]
    }

    var iss: String
    var aud: [String]
    var exp: Int64
    var sub: String
    var access: [Entry]

    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
