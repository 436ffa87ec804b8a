import RegistryCore
import RegistryTesting
import Testing

@Suite("Digests")
struct DigestTests {
    private static func hex(_ length: Int, _ digit: String = "a") -> String { String(repeating: digit, count: length) }

    @Test("a digest comes back as text, as bytes and as hexadecimal digits", arguments: DigestAlgorithm.allCases)
    func roundTrip(algorithm: DigestAlgorithm) throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            let bytes = (0..<algorithm.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let digest = try #require(Digest(algorithm, bytes: bytes))
            #expect(digest.bytes == bytes)
            #expect(digest.hex == bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
            #expect(digest.description == "\(algorithm.rawValue):\(digest.hex)")
            #expect(try Digest(parsing: digest.description) == digest)
            #expect(Digest("x\(digest)".dropFirst()) == digest)
        }
    }

    @Test(
        "a malformed digest is refused as malformed",
        arguments: [
            "", ":", "sha256", "sha256:", ":\(hex(64))", "sha256:\(hex(63))", "sha256:\(hex(65))",
            "sha256:\(hex(64, "A"))",
            "sha256:\(hex(64, "g"))", "sha256:\(hex(63))\0", "sha256: \(hex(64))", " sha256:\(hex(64))",
            "sha256:\(hex(64)) ",
            "SHA256:\(hex(64))", "sha256:\(hex(64))\n", "sha256::\(hex(64))", "sha256:\(hex(32)):\(hex(31))",
            "sha512:\(hex(64))",
            "sha384:\(hex(64))", "sha256:\(hex(128))", "sha256/\(hex(64))", "sha256:../\(hex(61))",
            "sha256:%61\(hex(61))",
            "sha256:\(hex(63))\u{E9}", "sha256:\u{301}\(hex(64))", "sha256:\(hex(64))\u{301}", "sha256+:\(hex(64))",
            "+sha256:\(hex(64))", "md5:", "md5:!", "m d5:00", "md--5:00",
        ]
    )
    func malformed(text: String) {
        #expect(throws: DigestError.malformed(text)) { try Digest(parsing: text) }
        #expect(Digest(text) == nil)
    }

    @Test(
        "a well formed digest of an algorithm that is not known is refused as such",
        arguments: [
            "md5:00", "sha1:\(hex(40))", "sha256+b64:abcDEF=_-", "multihash+base58:QmRZxt", "a.b-c_d:0",
            "blake3:\(hex(64))",
        ]
    )
    func unsupported(text: String) {
        #expect(throws: DigestError.unsupportedAlgorithm(text)) { try Digest(parsing: text) }
    }

    @Test("bytes of another count than the algorithm's make no digest")
    func byteCounts() {
        for algorithm in DigestAlgorithm.allCases {
            for count in [0, 1, algorithm.byteCount - 1, algorithm.byteCount + 1, 100] {
                #expect(Digest(algorithm, bytes: [UInt8](repeating: 0, count: count)) == nil)
            }
        }
    }

    @Test("digests are ordered as their texts are ordered")
    func order() {
        var generator = SeededGenerator(seed: 4)
        let digests = (0..<300).compactMap { round -> Digest? in
            guard let algorithm = DigestAlgorithm.allCases.randomElement(using: &generator) else { return nil }
            // Few different bytes, so that digests differ late.
            let bytes = (0..<algorithm.byteCount).map { position in
                position < 60 - round % 60 ? 0x80 : UInt8.random(in: 0x7F...0x81, using: &generator)
            }
            return Digest(algorithm, bytes: bytes)
        }
        let byText = digests.map(\.description).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(digests.count == 300)
        #expect(digests.sorted().map(\.description) == byText)
        for digest in digests { #expect(!(digest < digest)) }
    }

    @Test("an error quotes no more of the text than fits a line")
    func longText() {
        let error = DigestError.malformed(String(repeating: "x", count: 10_000))
        #expect(error.description.utf8.count < 400)
    }
}
