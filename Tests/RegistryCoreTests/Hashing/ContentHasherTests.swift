import NIOCore
import RegistryCore
import Testing

@Suite("Hashing content")
struct ContentHasherTests {
    @Test(
        "the examples of FIPS 180-4 hash as published",
        arguments: [
            (DigestAlgorithm.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                .sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                .sha384, "abc",
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
            ),
            (
                .sha512, "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
            (
                .sha512, "",
                "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                    + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
            ),
        ]
    )
    func publishedExamples(algorithm: DigestAlgorithm, text: String, hex: String) {
        let digest = ContentHasher.digest(of: ByteBuffer(string: text), algorithm: algorithm)
        #expect(digest.description == "\(algorithm.rawValue):\(hex)")
    }

    @Test("a million letters a hash as published")
    func million() {
        var hasher = ContentHasher(.sha256)
        let block = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        for _ in 0..<1000 { hasher.update(block) }
        #expect(hasher.digest().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        #expect(hasher.count == 1_000_000)
    }

    @Test("a digest can be looked at between updates, and a copy goes its own way")
    func digestDoesNotConsume() {
        var hasher = ContentHasher(.sha256)
        hasher.update("a".utf8)
        _ = hasher.digest()
        var copy = hasher
        hasher.update("bc".utf8)
        copy.update("xyz".utf8)
        #expect(hasher.digest() == ContentHasher.digest(of: ByteBuffer(string: "abc")))
        #expect(copy.digest() == ContentHasher.digest(of: ByteBuffer(string: "axyz")))
    }

    @Test("a buffer's read bytes are not hashed, and its reader index stays")
    func readableBytesOnly() {
        var buffer = ByteBuffer(string: "xabc")
        buffer.moveReaderIndex(forwardBy: 1)
        var hasher = ContentHasher(.sha256)
        hasher.update(buffer)
        #expect(hasher.digest() == ContentHasher.digest(of: ByteBuffer(string: "abc")))
        #expect(buffer.readableBytes == 3)
    }

    @Test("a sequence without contiguous storage hashes as its bytes do")
    func lazySequence() {
        var hasher = ContentHasher(.sha512)
        hasher.update("abc".utf8.lazy.map { $0 })
        #expect(hasher.digest() == ContentHasher.digest(of: ByteBuffer(string: "abc"), algorithm: .sha512))
    }
}

@Suite("The state of a hash in Go's encoding")
struct GoStateTests {
    private static let lengths = [0, 1, 63, 64, 65, 111, 112, 127, 128, 129, 1000, 4096]

    private static func content(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) } }

    @Test(
        "a hash that goes on from a state gives what it gives in one go",
        arguments: DigestAlgorithm.allCases,
        lengths
    )
    func restore(algorithm: DigestAlgorithm, length: Int) throws {
        var hasher = ContentHasher(algorithm)
        hasher.update(Self.content(length))
        let state = hasher.goState
        #expect(state.count == ContentHasher.goStateCount(of: algorithm))
        var restored = try #require(ContentHasher(algorithm, goState: state))
        #expect(restored.count == Int64(length))
        #expect(restored.goState == state)
        #expect(restored.digest() == hasher.digest())
        hasher.update(Self.content(777))
        restored.update(Self.content(777))
        #expect(restored.digest() == hasher.digest())
        #expect(restored.goState == hasher.goState)
    }

    private static let initialSHA256: [UInt8] = [
        0x73, 0x68, 0x61, 0x03, 0x6A, 0x09, 0xE6, 0x67, 0xBB, 0x67, 0xAE, 0x85, 0x3C, 0x6E, 0xF3, 0x72, 0xA5, 0x4F,
        0xF5,
        0x3A, 0x51, 0x0E, 0x52, 0x7F, 0x9B, 0x05, 0x68, 0x8C, 0x1F, 0x83, 0xD9, 0xAB, 0x5B, 0xE0, 0xCD, 0x19,
    ]

    @Test("before any byte the state is the initial hash, an empty block and the length 0")
    func emptyState() {
        let expected = Self.initialSHA256 + [UInt8](repeating: 0, count: 72)
        #expect(ContentHasher(.sha256).goState == expected)
    }

    @Test("after abc the state is the initial hash, abc in a block of zeros and the length 3")
    func stateOfABC() {
        var hasher = ContentHasher(.sha256)
        hasher.update("abc".utf8)
        let expected = Self.initialSHA256 + Array("abc".utf8) + [UInt8](repeating: 0, count: 61 + 7) + [3]
        #expect(hasher.goState == expected)
    }

    @Test("the block's end is zero although an earlier block filled it")
    func unusedEndIsZero() {
        var hasher = ContentHasher(.sha256)
        hasher.update([UInt8](repeating: 0xFF, count: 40))
        hasher.update([UInt8](repeating: 0xFF, count: 26))
        #expect(hasher.goState[36...].prefix(64).elementsEqual([0xFF, 0xFF] + [UInt8](repeating: 0, count: 62)))
        #expect(hasher.goState.suffix(2) == [0, 66])
    }

    @Test("the states of SHA-384 and SHA-512 begin with Go's magic and the initial hash")
    func longStates() {
        #expect(ContentHasher(.sha384).goState.starts(with: [0x73, 0x68, 0x61, 0x04, 0xCB, 0xBB, 0x9D, 0x5D, 0xC1]))
        #expect(ContentHasher(.sha512).goState.starts(with: [0x73, 0x68, 0x61, 0x07, 0x6A, 0x09, 0xE6, 0x67, 0xF3]))
    }

    @Test("a state of more than 4 GiB keeps its length")
    func longLength() throws {
        for algorithm in DigestAlgorithm.allCases {
            var state = ContentHasher(algorithm).goState
            let length: UInt64 = 5 << 32 + 64
            state.replaceSubrange((state.count - 8)..., with: withUnsafeBytes(of: length.bigEndian) { Array($0) })
            var hasher = try #require(ContentHasher(algorithm, goState: state))
            #expect(hasher.count == Int64(length))
            hasher.update([1])
            #expect(hasher.goState.suffix(8).elementsEqual(withUnsafeBytes(of: (length + 1).bigEndian) { Array($0) }))
        }
    }

    @Test("what is not a state of the algorithm is refused")
    func refusals() {
        let state = ContentHasher(.sha256).goState
        #expect(ContentHasher(.sha256, goState: [UInt8]()) == nil)
        #expect(ContentHasher(.sha256, goState: state.dropLast()) == nil)
        #expect(ContentHasher(.sha256, goState: state + [0]) == nil)
        #expect(ContentHasher(.sha512, goState: state) == nil)
        #expect(ContentHasher(.sha384, goState: ContentHasher(.sha512).goState) == nil)
        #expect(ContentHasher(.sha512, goState: ContentHasher(.sha384).goState) == nil)
        var wrongMagic = state
        wrongMagic[3] = 2
        #expect(ContentHasher(.sha256, goState: wrongMagic) == nil)
        var dirtyBlock = state
        dirtyBlock[36] = 1
        #expect(ContentHasher(.sha256, goState: dirtyBlock) == nil)
        var endlessLength = state
        endlessLength[100] = 0x10
        #expect(ContentHasher(.sha256, goState: endlessLength) == nil)
    }
}
