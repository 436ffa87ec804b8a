internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import X509

/// A private key that signs tokens.
public struct SigningKey: Sendable {
    private enum Material: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    private let material: Material
    /// The key that verifies what this one signs.
    public let publicKey: TokenKey
    /// The algorithm that this key signs with: RS256, or the one of its curve.
    public let algorithm: SigningAlgorithm
    /// The key's name in headers, by RFC 7638.
    public let keyID: String

    /// Reads a PEM file: an RSA key of at least 2048 bits, a key on P-256, P-384 or P-521, or an Ed25519 key; in PKCS #8
    /// or the older form of its type, without a password.
    ///
    /// - Throws: `KeyFileError`.
    public init(pem: String) throws(KeyFileError) {
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {
            self.init(.p256(key), .init(.p256(key.publicKey)), .es256)
        } else if let key = try? P384.Signing.PrivateKey(pemRepresentation: pem) {
            self.init(.p384(key), .init(.p384(key.publicKey)), .es384)
        } else if let key = try? P521.Signing.PrivateKey(pemRepresentation: pem) {
            self.init(.p521(key), .init(.p521(key.publicKey)), .es512)
        } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem) {
            self.init(.rsa(key), .init(.rsa(key.publicKey)), .rs256)
        } else if let key = Self.ed25519(pem) {
            self.init(.ed25519(key), .init(.ed25519(key.publicKey)), .edDSA)
        } else {
            throw KeyFileError("not a private key of RSA (2048 bits or more), P-256, P-384, P-521 or Ed25519 in PEM")
        }
    }

    private init(_ material: Material, _ publicKey: TokenKey, _ algorithm: SigningAlgorithm) {
        self.material = material
        self.publicKey = publicKey
        self.algorithm = algorithm
        keyID = publicKey.thumbprint
    }

    /// Signs. By `openssl speed` a 2048-bit RSA key takes 350 µs, a P-256 key 25 µs.
    ///
    /// - Throws: when the library fails, such as for want of memory.
    func signature(for content: [UInt8]) throws -> [UInt8] {
        switch material {
        case .rsa(let key):
            Array(try key.signature(for: SHA256.hash(data: content), padding: .insecurePKCS1v1_5).rawRepresentation)
        case .p256(let key): Array(try key.signature(for: SHA256.hash(data: content)).rawRepresentation)
        case .p384(let key): Array(try key.signature(for: SHA384.hash(data: content)).rawRepresentation)
        case .p521(let key): Array(try key.signature(for: SHA512.hash(data: content)).rawRepresentation)
        case .ed25519(let key): Array(try key.signature(for: content))
        }
    }

    /// The library reads no PEM of this type. RFC 8410, 7: what stands before the key is the same for each.
    private static func ed25519(_ pem: String) -> Curve25519.Signing.PrivateKey? {
        let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----")
        guard let start = pem.firstRange(of: begin), let stop = pem[start.upperBound...].firstRange(of: end) else {
            return nil
        }
        let text = pem[start.upperBound..<stop.lowerBound].filter { !$0.isWhitespace }
        let prefix: [UInt8] = [
            0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ]
        guard let bytes = UnpaddedBase64.decodePadded(text), bytes.count == prefix.count + 32,
            bytes.starts(with: prefix)
        else { return nil }
        return try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.suffix(32))
    }
}
