import Foundation
import RegistryAuth
import RegistryCore
import Synchronization
import Testing

@testable import RegistryToken

@Suite("Keys and their names")
struct KeyNameTests {
    private func key(_ jwk: String) throws -> TokenKey {
        let set = try KeySet(parsing: Array(#"{"keys":[\#(jwk)]}"#.utf8))
        return try #require(set.keys.values.first)
    }

    @Test("thumbprints are those of RFC 7638, 3.1 and RFC 8037, A.3")
    func thumbprints() throws {
        let rsa = try key(
            #"""
            {"kty":"RSA","e":"AQAB","alg":"RS256","kid":"2011-04-29","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}
            """#
        )
        #expect(rsa.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        let edwards = try key(#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#)
        #expect(edwards.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }

    // Made by a program of other hands, from the DER form of each key.
    @Test(
        "the name of libtrust is found for each type of key",
        arguments: [
            (
                #"{"kty":"EC","crv":"P-256","x":"9OaJuiSmU7ojKclP1gU1A-Icu8gXkSVa1ZzmVb_iEmA","y":"YU1NNSxgEv-kBzkR723E38j0bdxT3utel__mOelUFJc"}"#,
                "ZVGJ:EQ4M:FCYC:WUN7:UDVU:GVG2:HWQ6:AZD6:VLJO:V6JW:IFV2:V5BL"
            ),
            (
                #"{"kty":"EC","crv":"P-384","x":"IlbE4RodZlmL555ytUBjiaOtGWSIvXuT3m75-emepO_CMuWJaxw71XplfYvk6HGF","y":"GyvLBd2RaKn7gJthjNtyuDuf1Ol4vtjmW7TBf-0Dc4_skw3FJBG2atOgQRASMFZB"}"#,
                "GTT7:M24K:LK67:AIMA:7ECO:VJ2R:MVUR:LLL3:QT2B:3VB6:U7LI:4VLP"
            ),
            (
                #"{"kty":"EC","crv":"P-521","x":"AalJgmHqiv3IUapN6N4Hf2jYGSm5igPHVJFYgYf4gr3iknw5YNejxybvRUvA6esS3wLMsqF_bTx49PqTfa-8tUjd","y":"Af_7kq8-SnpqQ-GIxIEH_J9T0LUmU-YINJoKyfjrF9NCsNernLpGPPqFBULLQ9xJwD2lcmWHbWjmmwYWvUKQewb_"}"#,
                "TAV3:4JHM:US5O:JJRY:WGPL:JCYY:VQAL:HUMH:5INE:MDDG:SL2E:5YZW"
            ),
            (
                #"{"kty":"OKP","crv":"Ed25519","x":"bDYyrNDMEyd9r8uLKLIqbHZ9ETz86HxZZDzyLWalPiY"}"#,
                "IJGD:A3QK:FU3B:AY6R:MS42:KEJ5:AUW3:KIOS:W5XY:3KVL:U66D:74L5"
            ),
            (
                #"{"kty":"RSA","n":"r307rtCOn5s_7RJvLs8nRShcDaxX5rjvgIWtRbnjgCpPLraAspuJpULhjFkJOkzPl7i9GZIpdwBdRCVTb_oGeu7QWXjTAIikTs5-70HdVDK6N5ur5pL2nFf5kJbr0iiQqOZuxALINX9HmyTMjTZbtAwivXf2-HOusrbj7N59Ke3qD8dfxOfabFfJAmknIrZ1ofaVbmHyu3rgsQhIS2HTLNc1xGh4yvKQjFGsjB4IsSddJDxtlnBLquzSG_KfQdypZgZntgIbEfxkioTH7yQQpt0RsLDISYJJEFM6S7xStEzRwBDERCIhvn8ZyNrlzJKHk3-lNUtJ46Eh5CJwjg8vRQ","e":"AQAB"}"#,
                "JBXK:2DTG:GADT:JFMZ:A445:7Q4J:EMJ7:WBG7:GL2F:BMQI:E5NV:U25J"
            ),
        ]
    )
    func libtrust(_ jwk: String, _ name: String) throws {
        #expect(try key(jwk).libtrustID == name)
    }

    @Test("a secret has no name that would tell its hash")
    func secret() throws {
        let set = try KeySet(parsing: Array(#"{"keys":[{"kty":"oct","kid":"s","k":"c2VjcmV0"}]}"#.utf8))
        let secret = try #require(set.keys["s"])
        #expect(secret.thumbprint.isEmpty && secret.libtrustID.isEmpty)
    }

    @Test("a key set's unusable keys are named and cost it no other, and one without any is refused")
    func unusable() throws {
        let good = TestKey.es256()
        let bad = [
            #"{"kty":"EC","crv":"P-256","kid":"x","x":"AAAA","y":"AAAA"}"#,
            #"{"kty":"EC","crv":"secp256k1","kid":"x"}"#,
            #"{"kty":"RSA","kid":"x","n":"AAAA","e":"AQAB"}"#, #"{"kty":"RSA","kid":"x","e":"AQAB"}"#, "7", "{}",
            #"{"kty":"oct","k":"c2VjcmV0"}"#, #"{"use":"enc",\#(good.members)}"#,
            #"{"kty":"OKP","crv":"X25519","x":"AAAA"}"#,
        ]
        let set = try KeySet(parsing: Array(#"{"keys":[\#(bad.joined(separator: ",")),\#(good.jwk("good"))]}"#.utf8))
        #expect(Array(set.keys.keys) == ["good"])
        #expect(set.problems.count == bad.count)
        for text in ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#, "{\"keys\":[\(bad[0])]}", "\u{0}"] {
            #expect(throws: KeyFileError.self, "\(text)") { try KeySet(parsing: Array(text.utf8)) }
        }
    }

    @Test("a key set that changes is read again, a broken one is reported once and changes nothing")
    func reloaded() async throws {
        let bench = try TokenBench()
        let (first, second) = (TestKey.es256(), TestKey.edDSA())
        let controller = try await bench.controller(trusting: first)
        let path = bench.folder.appending(path: "jwks.json").path
        try bench.write(#"{"keys":["#, to: "jwks.json")
        for _ in 0..<3 {
            bench.advance(2)
            #expect(await controller.decide(try first.token(bench.claims())) == granted)
        }
        #expect(bench.notices.withLock { $0.count } == 1)
        try bench.write(#"{"keys":[\#(second.jwk("b")),{}]}"#, to: "jwks.json")
        bench.advance(2)
        #expect(await controller.decide(try second.token(#""kid":"b""#, bench.claims())) == granted)
        #expect(await controller.decide(try first.token(bench.claims())) == invalid)
        #expect(bench.lastFailure == .untrustedKey("a"))
        let notices = bench.notices.withLock { $0 }
        #expect(notices.contains(.file(.reloaded(path: path))))
        #expect(notices.contains(.unusedKey(path: path, reason: "keys[1] is of an unknown type  ")))
    }

    @Test("files that can't be used keep a controller from being made, and so does having no key")
    func start() async throws {
        let bench = try TokenBench()
        await #expect(throws: KeyFileError.self) { try await bench.controller { _ in } }
        let empty = try bench.write("", to: "empty")
        await #expect(throws: KeyFileError.self) { try await bench.controller { $0.keySet = empty } }
        await #expect(throws: KeyFileError.self) { try await bench.controller { $0.certificateBundle = empty } }
        await #expect(throws: PasswordFileError.self) { try await bench.controller { $0.keySet = empty + "no" } }
    }
}
