import RegistryAuth
import Testing

@Suite("bcrypt")
struct BcryptHashTests {
    /// Made by Apache's `htpasswd -B`.
    static let vectors = [
        ("wonderland", "$2y$04$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0su"),
        ("pa:ss wörd", "$2y$05$awBsmMypvcTRIhhAIb.6sOVyVF34F.S0HGyDcbI3.TAp.9m11rWAi"),
        ("secret", "$2y$06$FkQCEMl2IszADPg.re1UjenPZcSIrqb8c/9uAzyXL5ofC9gF8KKPO"),
    ]

    @Test("hashes of another program are recognised, under each of the three prefixes", arguments: vectors)
    func known(password: String, text: String) throws {
        for prefix in ["$2a$", "$2b$", "$2y$"] {
            let hash = try #require(BcryptHash((prefix + text.dropFirst(4)).utf8))
            #expect(hash.matches(Array(password.utf8)))
            for wrong in ["", "x", password + "x", String(password.dropLast()), password.uppercased()] {
                #expect(!hash.matches(Array(wrong.utf8)))
            }
            #expect(!hash.matches(Array(password.utf8) + [0]))
        }
    }

    @Test("a new hash holds for its password only, and is another each time")
    func fresh() throws {
        let password = Array("a password".utf8)
        let hash = try #require(BcryptHash(of: password, cost: 4))
        #expect(hash.cost == 4)
        #expect(hash.text.starts(with: "$2y$04$".utf8))
        #expect(hash.matches(password))
        #expect(!hash.matches(Array("another".utf8)))
        #expect(BcryptHash(of: password, cost: 4) != hash)
    }

    @Test("what is behind byte 72 does not count, also where it is much", arguments: [72, 73, 511, 512, 4000])
    func long(length: Int) throws {
        let hash = try #require(BcryptHash(of: [UInt8](repeating: 97, count: 72), cost: 4))
        #expect(hash.matches([UInt8](repeating: 97, count: length)))
        #expect(!hash.matches([UInt8](repeating: 97, count: 71)))
    }

    @Test(
        "other hashes, and broken ones, are none",
        arguments: [
            "", "x", "$apr1$q1w2e3r4$abcdefghijklmnopqrstuv", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "$2x$04$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0su",
            "$2y$04$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0s",
            "$2y$04$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0su0",
            "$2y$03$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0su",
            "$2y$21$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0su",
            "$2y$+4$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0su",
            "$2y$04$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0 u",
            "$2y$04$H6uJ5b19HjLP61/yAamHd:kI2RObpgR1tLTy/k0iZ2zdosCYyO0su",
            "$5$rounds=5000$abcdefgh$abcdefghabcdefghabcdefghabcdefghabcdefghabc",
        ]
    )
    func broken(text: String) {
        #expect(BcryptHash(text.utf8) == nil)
    }

    @Test("the decoy has the cost that is asked for, within bounds", arguments: [(0, 4), (5, 5), (12, 12), (99, 20)])
    func decoy(asked: Int, cost: Int) throws {
        #expect(try #require(BcryptHash.decoy(cost: asked)).cost == cost)
    }
}
