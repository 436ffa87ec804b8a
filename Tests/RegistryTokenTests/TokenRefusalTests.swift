import Crypto
import CryptoExtras
import Foundation
import RegistryAuth
import RegistryCore
import Synchronization
import Testing

@testable import RegistryToken

@Suite("Tokens that are refused")
struct TokenRefusalTests {
    @Test("without a token, or with another scheme, the challenge says nothing of an error")
    func missing() async throws {
        let bench = try TokenBench()
        let controller = try await bench.controller(trusting: .es256())
        for header in [nil, "", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearerx y"] {
            #expect(await controller.decide(AccessRequest(authorization: header)) == challenge(), "\(header ?? "")")
        }
        let scopes = [try repository("a"), try repository("a", .push), try repository("b")]
        let decision = await controller.decide(AccessRequest(accesses: scopes))
        #expect(decision == challenge(#",scope="repository:a:pull,push repository:b:pull""#))
        #expect(bench.notices.withLock { $0 } == [])
    }

    @Test("a challenge names this host where it is told to, by the scheme that the proxy was asked with")
    func redirected() async throws {
        let bench = try TokenBench()
        let path = try bench.write(#"{"keys":[\#(TestKey.es256().jwk("a"))]}"#, to: "jwks.json")
        let controller = try await bench.controller {
            $0.keySet = path
            $0.redirectPath = "/auth/token"
        }
        for (host, scheme, realm) in [
            ("r.example:5000", nil, "https://r.example:5000/auth/token"), ("r", "http", "http://r/auth/token"),
            (nil, "http", TokenBench.realm), ("a\"b", nil, #"https://a\"b/auth/token"#),
        ] {
            let decision = await controller.decide(AccessRequest(host: host, forwardedScheme: scheme))
            #expect(decision == .challenged(["Bearer realm=\"\(realm)\",service=\"a service\""]))
        }
    }

    @Test("claims that do not hold")
    func claims() async throws {
        let bench = try TokenBench()
        let key = TestKey.es256()
        let controller = try await bench.controller(trusting: key)
        let cases: [([String: String?], TokenFailure)] = [
            (["exp": "\(bench.now - 61)"], .expired), (["exp": nil], .expired), (["exp": "0"], .expired),
            (["exp": "-9223372036854775808"], .expired), (["nbf": "\(bench.now + 61)"], .notYetValid),
            (["nbf": "9223372036854775807"], .notYetValid), (["aud": "\"another\""], .audience),
            (["aud": nil], .audience), (["aud": "[]"], .audience), (["aud": "\"A service\""], .audience),
            (["iss": "\"another\""], .issuer), (["iss": nil], .issuer),
        ]
        for (changes, failure) in cases {
            #expect(await controller.decide(try key.token(bench.claims(changes))) == invalid, "\(changes)")
            #expect(bench.lastFailure == failure, "\(changes)")
        }
        for changes in [
            ["exp": "1.5"], ["exp": "\"tomorrow\""], ["nbf": "[]"], ["aud": "7"], ["aud": "[7]"], ["iss": "7"],
            ["sub": "{}"], ["access": "{}"], ["access": "[7]"], ["access": #"[{"type":7}]"#],
            ["access": #"[{"type":"repository","name":"a","actions":"pull"}]"#],
            ["access": #"[{"type":"repository","name":"a","actions":[1]}]"#],
            ["access": "[" + Array(repeating: "{}", count: 1001).joined(separator: ",") + "]"],
            ["x": String(repeating: "[", count: 100) + String(repeating: "]", count: 100)],
            ["sub": "\"alice\",\"sub\":\"root\""],
        ] as [[String: String?]] {
            #expect(await controller.decide(try key.token(bench.claims(changes))) == invalid, "\(changes)")
            guard case .malformed = bench.lastFailure else {
                Issue.record("\(changes): \(String(describing: bench.lastFailure))")
                continue
            }
        }
    }

    @Test("no signature, that of another key, and a changed text do not hold")
    func signatures() async throws {
        let bench = try TokenBench()
        let key = TestKey.es256()
        let controller = try await bench.controller(trusting: key)
        let token = try key.token(bench.claims())
        let parts = token.split(separator: ".")
        #expect(await controller.decide(try TestKey.es256().token(bench.claims())) == invalid)
        #expect(bench.lastFailure == .signature)
        let other = base64URL(Array(bench.claims(["sub": "\"root\""]).utf8))
        #expect(await controller.decide("\(parts[0]).\(other).\(parts[2])") == invalid)
        #expect(bench.lastFailure == .signature)
        for text in [
            "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", "\(token).x", "..", "", "\(token)=", " \(token)",
        ]
        where !text.isEmpty {
            #expect(await controller.decide(text) == invalid, "\(text)")
        }
        #expect(await controller.decide(token) == granted)
    }

    @Test("'none', under any spelling, and names of algorithms that there are not")
    func none() async throws {
        let bench = try TokenBench()
        let key = TestKey.es256()
        let controller = try await bench.controller(trusting: key)
        for name in ["none", "None", "NONE", "nOnE", "", "ES256K", "es256", "HS1"] {
            for signature in [[], [1]] as [[UInt8]] {
                let text = compact(#"{"alg":"\#(name)","kid":"a"}"#, bench.claims()) { _ in signature }
                #expect(await controller.decide(text) == invalid, "\(name)")
                #expect(bench.lastFailure == .algorithm, "\(name)")
            }
        }
        let critical = try key.token(#""kid":"a","crit":["b64"],"b64":false"#, bench.claims())
        #expect(await controller.decide(critical) == invalid)
    }

    @Test("a public key is no secret: what is signed by HMAC with its text, in any form, does not hold")
    func confusion() async throws {
        let rsa = try TestKey.rsaKey.key.publicKey
        let curve = P256.Signing.PrivateKey()
        let secrets = [
            Array(rsa.pemRepresentation.utf8), Array((rsa.pemRepresentation + "\n").utf8), Array(rsa.derRepresentation),
            Array(rsa.pkcs1PEMRepresentation.utf8), Array(curve.publicKey.pemRepresentation.utf8),
            Array(curve.publicKey.derRepresentation), Array(curve.publicKey.x963Representation),
        ]
        for key in [try TestKey.rsa("RS256"), TestKey.es256(curve)] {
            let bench = try TokenBench()
            let controller = try await bench.controller(trusting: key)
            for secret in secrets {
                for name in ["HS256", "HS384", "HS512"] {
                    #expect(await controller.decide(try TestKey.hmac(name, secret).token(bench.claims())) == invalid)
                    #expect(bench.lastFailure == .signature)
                }
            }
        }
    }

    @Test("a secret shorter than the hash does not hold")
    func shortSecret() async throws {
        let bench = try TokenBench()
        let key = TestKey.hmac("HS256", Array("short".utf8))
        #expect(await (try bench.controller(trusting: key)).decide(try key.token(bench.claims())) == invalid)
        #expect(bench.lastFailure == .signature)
    }

    @Test("a key in the token's header is never taken itself (CVE-2025-24976), only its name counts")
    func embedded() async throws {
        let bench = try TokenBench()
        let (key, attacker) = (TestKey.es256(), TestKey.es256())
        let controller = try await bench.controller(trusting: key)
        for (header, failure) in [
            ("\"jwk\":\(attacker.jwk("a"))", TokenFailure.signature),
            ("\"kid\":\"a\",\"jwk\":\(attacker.jwk("a"))", .signature),
            ("\"kid\":\"a\",\"jwk\":\(attacker.jwk("b"))", .untrustedKey("b")),
            ("\"jwk\":\(attacker.jwk(nil))", .untrustedKey("it has no name")),
            ("\"kid\":\"a\",\"jwk\":\(attacker.jwk(nil))", .untrustedKey("it has no name")),
            ("\"jwk\":\(attacker.jwk(""))", .untrustedKey("it has no name")),
        ] {
            #expect(await controller.decide(try attacker.token(header, bench.claims())) == invalid, "\(header)")
            #expect(bench.lastFailure == failure, "\(header)")
        }
        #expect(await controller.decide(try key.token("\"jwk\":\(key.jwk("a"))", bench.claims())) == granted)
        #expect(await controller.decide(try key.token("\"jwk\":\(attacker.jwk("a"))", bench.claims())) == granted)
    }

    @Test("a key that is unknown or not named does not hold, also where there is only one")
    func unknown() async throws {
        let bench = try TokenBench()
        let key = TestKey.es256()
        let controller = try await bench.controller(trusting: key)
        for (header, failure) in [
            (#""kid":"b""#, TokenFailure.untrustedKey("b")), (#""kid":"""#, .untrustedKey("it has no name")),
            (#""kid":7"#, .untrustedKey("it has no name")), ("", .untrustedKey("it has no name")),
            (#""jwk":7"#, .malformed("'jwk' is not an object")), (#""x5c":7"#, .malformed("'x5c' is not a list")),
            (#""kid":"a","x5c":[7]"#, .malformed("'x5c' is not a list of texts")),
            (#""kid":"a","x5c":["AAAA"]"#, .untrustedKey("its certificates lead to none that is trusted")),
        ] {
            #expect(await controller.decide(try key.token(header, bench.claims())) == invalid, "\(header)")
            #expect(bench.lastFailure == failure, "\(header)")
        }
    }

    @Test("a token that is too long is not even parsed")
    func tooLong() async throws {
        let bench = try TokenBench()
        let key = TestKey.es256()
        let controller = try await bench.controller(trusting: key)
        let filler = "\"" + String(repeating: "x", count: 40_000) + "\""
        #expect(await controller.decide(try key.token(bench.claims(["x": filler]))) == granted)
        let longer = "\"" + String(repeating: "x", count: 64 << 10) + "\""
        #expect(await controller.decide(try key.token(bench.claims(["x": longer]))) == invalid)
        #expect(bench.lastFailure == .tooLong)
    }

    @Test("a damaged token is refused, wherever it is damaged, and nothing else happens")
    func fuzzed() async throws {
        let bench = try TokenBench()
        let key = TestKey.es256()
        let controller = try await bench.controller(trusting: key)
        let token = Array(
            try key.token(bench.claims(access: #"[{"type":"repository","name":"a","actions":["pull"]}]"#)).utf8
        )
        var generator = SystemRandomNumberGenerator()
        for round in 0..<3000 {
            var damaged = token
            switch round % 4 {
            case 0:
                let place = Int.random(in: damaged.indices, using: &generator)
                let byte = UInt8.random(in: 0x21...0x7E, using: &generator)
                if damaged[place] == byte { continue }
                damaged[place] = byte
            case 1: damaged.removeSubrange(Int.random(in: damaged.indices, using: &generator)...)
            case 2: damaged.remove(at: Int.random(in: damaged.indices, using: &generator))
            default:
                let place = Int.random(in: damaged.indices, using: &generator)
                damaged.insert(UInt8.random(in: 0x21...0x7E, using: &generator), at: place)
            }
            let text = String(decoding: damaged, as: UTF8.self)
            let decision = await controller.decide(text)
            #expect(decision == invalid || text.isEmpty && decision == challenge(), "\(text)")
        }
        // Any JSON at all in the place of either part.
        for part in [
            "null", "[]", "7", "\"\"", "{", "{}", "{\"alg\":null}", "{\"alg\":[]}", "\u{FEFF}{}", "{\"alg\":\"ES256\"}",
        ] {
            let claims = bench.claims()
            #expect(await controller.decide(try compact(part, claims, key.sign)) == invalid, "\(part)")
            #expect(await controller.decide(try key.token(part)) == invalid, "\(part)")
        }
    }
}
