import RegistryCore
import Testing

@Suite("Message authentication")
struct MessageAuthenticationTests {
    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test(
        "the examples of RFC 4231 give the published codes",
        arguments: [
            (
                [UInt8](repeating: 0x0B, count: 20), "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            ([], "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
        ]
    )
    func publishedExamples(key: [UInt8], message: String, code: String) {
        let authenticator = HMACSHA256(key: key)
        let found = authenticator.code(for: message.utf8)
        #expect(Self.hex(found) == code)
        #expect(authenticator.isValid(found, for: message.utf8))
    }

    @Test("a code that is cut, changed, or of another message or key does not hold")
    func refusals() {
        let authenticator = HMACSHA256(key: "secret".utf8)
        var code = authenticator.code(for: "message".utf8)
        #expect(!authenticator.isValid(code.dropLast(), for: "message".utf8))
        #expect(!authenticator.isValid([UInt8](), for: "message".utf8))
        #expect(!authenticator.isValid(code, for: "massage".utf8))
        #expect(!HMACSHA256(key: "Secret".utf8).isValid(code, for: "message".utf8))
        code[31] ^= 1
        #expect(!authenticator.isValid(code, for: "message".utf8))
    }

    @Test("secrets are equal when their bytes are")
    func constantTime() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2], [1, 2]))
        #expect(!constantTimeEqual([1, 2], [1, 3]))
        #expect(!constantTimeEqual([1, 2], [1, 2, 3]))
    }
}

@Suite("Base64 for URLs")
struct Base64URLTests {
    @Test(
        "the examples of RFC 4648 encode as published, and back",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("\u{3}\u{3F}\u{7F}>?", "Az9_Pj8="),
        ]
    )
    func publishedExamples(text: String, encoded: String) {
        #expect(Base64URL.encode(text.utf8) == encoded)
        #expect(Base64URL.decode(encoded) == Array(text.utf8))
    }

    @Test("every length and byte comes back")
    func roundTrip() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Base64URL.encode([0xFB, 0xFF, 0xBF]) == "-_-_")
    }

    @Test(
        "what the encoder never gives is refused",
        arguments: [
            "Z", "Zg", "Zg=", "Zg===", "====", "Z===", "Zh==", "Zm9=", "Zm+/", "Zm9v\n", "Zm 9", "=Zg=", "Zg==Zg==",
            "Zm9\u{E9}", "%3D",
        ]
    )
    func refusals(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
