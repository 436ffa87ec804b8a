internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import RegistryCore
internal import X509

// jwt-kit is not used to verify: its collection takes the key that was added first for every unknown `kid`, it refuses
// a whole key set for one symmetric key, and its header is decoded twice by JSONDecoder, which takes the last of two
// members of one name. The cryptography is swift-crypto's in both.
/// A key that tokens are verified with. An algorithm only holds for a key of its own type.
public struct TokenKey: Sendable {
    enum Material: Sendable {
        case rsa(_RSA.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
        case symmetric(SymmetricKey)
    }

    let material: Material

    init(_ material: Material) { self.material = material }

    /// The key of a certificate; `nil` when its type is none that signs tokens.
    init?(_ key: Certificate.PublicKey) {
        if let key = _RSA.Signing.PublicKey(key) {
            material = .rsa(key)
        } else if let key = P256.Signing.PublicKey(key) {
            material = .p256(key)
        } else if let key = P384.Signing.PublicKey(key) {
            material = .p384(key)
        } else if let key = P521.Signing.PublicKey(key) {
            material = .p521(key)
        } else if let key = Curve25519.Signing.PublicKey(key) {
            material = .ed25519(key)
        } else {
            return nil
        }
    }

    /// Whether a signature is one of this key's, by an algorithm of this key's type. By `openssl speed` a 2048-bit RSA
    /// key takes 20 µs and a P-256 key 75 µs, less than a change of threads and back is worth.
    func isValid(_ signature: [UInt8], _ algorithm: SigningAlgorithm, for content: [UInt8]) -> Bool {
        switch (material, algorithm) {
        case (.rsa(let key), .rs256): rsa(key, signature, SHA256.hash(data: content), .insecurePKCS1v1_5)
        case (.rsa(let key), .rs384): rsa(key, signature, SHA384.hash(data: content), .insecurePKCS1v1_5)
        case (.rsa(let key), .rs512): rsa(key, signature, SHA512.hash(data: content), .insecurePKCS1v1_5)
        case (.rsa(let key), .ps256): rsa(key, signature, SHA256.hash(data: content), .PSS)
        case (.rsa(let key), .ps384): rsa(key, signature, SHA384.hash(data: content), .PSS)
        case (.rsa(let key), .ps512): rsa(key, signature, SHA512.hash(data: content), .PSS)
        case (.p256(let key), .es256):
            (try? P256.Signing.ECDSASignature(rawRepresentation: signature)).map {
                key.isValidSignature($0, for: SHA256.hash(data: content))
            } ?? false
        case (.p384(let key), .es384):
            (try? P384.Signing.ECDSASignature(rawRepresentation: signature)).map {
                key.isValidSignature($0, for: SHA384.hash(data: content))
            } ?? false
        case (.p521(let key), .es512):
            (try? P521.Signing.ECDSASignature(rawRepresentation: signature)).map {
                key.isValidSignature($0, for: SHA512.hash(data: content))
            } ?? false
        case (.ed25519(let key), .edDSA): key.isValidSignature(signature, for: content)
        case (.symmetric(let key), .hs256): hmac(SHA256.self, key, signature, content)
        case (.symmetric(let key), .hs384): hmac(SHA384.self, key, signature, content)
        case (.symmetric(let key), .hs512): hmac(SHA512.self, key, signature, content)
        case (.rsa, _), (.p256, _), (.p384, _), (.p521, _), (.ed25519, _), (.symmetric, _): false
        }
    }

    private func rsa(
        _ key: _RSA.Signing.PublicKey,
        _ signature: [UInt8],
        _ hash: some Crypto.Digest,
        _ padding: _RSA.Signing.Padding
    ) -> Bool {
        key.isValidSignature(_RSA.Signing.RSASignature(rawRepresentation: signature), for: hash, padding: padding)
    }

    private func hmac<Hash: HashFunction>(
        _ hash: Hash.Type,
        _ key: SymmetricKey,
        _ signature: [UInt8],
        _ content: [UInt8]
    ) -> Bool {
        // RFC 7518, 3.2: a key is at least as long as the hash.
        guard key.bitCount >= Hash.Digest.byteCount * 8 else { return false }
        return HMAC<Hash>.isValidAuthenticationCode(signature, authenticating: content, using: key)
    }
}

// MARK: - Names of keys

extension TokenKey {
    /// The key's name by [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638): the base64url of the SHA-256 of its JSON
    /// form, as the replaced server's version 3 wants it. Empty for a symmetric key, whose hash must not be told.
    public var thumbprint: String {
        let json: String
        switch material {
        case .rsa(let key):
            guard let numbers = try? key.getKeyPrimitives() else { return "" }
            json =
                #"{"e":"\#(Self.base64(numbers.publicExponent))","kty":"RSA","n":"\#(Self.base64(numbers.modulus))"}"#
        case .p256(let key): json = Self.curve("P-256", Array(key.rawRepresentation))
        case .p384(let key): json = Self.curve("P-384", Array(key.rawRepresentation))
        case .p521(let key): json = Self.curve("P-521", Array(key.rawRepresentation))
        case .ed25519(let key):
            json = #"{"crv":"Ed25519","kty":"OKP","x":"\#(Self.base64(key.rawRepresentation))"}"#
        case .symmetric: return ""
        }
        return Self.base64(SHA256.hash(data: Array(json.utf8)))
    }

    /// The key's name as libtrust gave it and the replaced server's version 2 wants it: twelve groups of four
    /// characters, the base32 of the first 30 bytes of the SHA-256 of its DER form. Empty for a symmetric key.
    public var libtrustID: String {
        guard let form = publicKeyInfo else { return "" }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var text: [UInt8] = []
        var bits = 0
        var pending: UInt32 = 0
        for byte in Array(SHA256.hash(data: form)).prefix(30) {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                if !text.isEmpty, text.count % 5 == 4 { text.append(UInt8(ascii: ":")) }
                text.append(alphabet[Int(pending >> UInt32(bits)) & 31])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The key as a DER `SubjectPublicKeyInfo`; `nil` for a symmetric key.
    private var publicKeyInfo: [UInt8]? {
        switch material {
        case .rsa(let key): Array(key.derRepresentation)
        case .p256(let key): Array(key.derRepresentation)
        case .p384(let key): Array(key.derRepresentation)
        case .p521(let key): Array(key.derRepresentation)
        // RFC 8410, 4: what stands before the key is the same for each.
        case .ed25519(let key):
            [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + Array(key.rawRepresentation)
        case .symmetric: nil
        }
    }

    private static func curve(_ name: String, _ point: [UInt8]) -> String {
        let half = point.count / 2
        return #"{"crv":"\#(name)","kty":"EC","x":"\#(base64(point[..<half]))","y":"\#(base64(point[half...]))"}"#
    }

    private static func base64(_ bytes: some Sequence<UInt8>) -> String { UnpaddedBase64.encode(Array(bytes)) }
}
