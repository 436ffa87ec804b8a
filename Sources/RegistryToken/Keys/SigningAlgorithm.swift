/// A signature algorithm of a token ([RFC 7518, 3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1),
/// [RFC 8037](https://www.rfc-editor.org/rfc/rfc8037)), by the name that the replaced server's
/// `auth.token.signingalgorithms` gives it. There is no `none`.
public enum SigningAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// Ed25519.
    case edDSA = "EdDSA"
    /// HMAC with SHA-256. It holds for a symmetric key of a key set only.
    case hs256 = "HS256"
    /// HMAC with SHA-384. It holds for a symmetric key of a key set only.
    case hs384 = "HS384"
    /// HMAC with SHA-512. It holds for a symmetric key of a key set only.
    case hs512 = "HS512"
    /// RSA PKCS #1 with SHA-256.
    case rs256 = "RS256"
    /// RSA PKCS #1 with SHA-384.
    case rs384 = "RS384"
    /// RSA PKCS #1 with SHA-512.
    case rs512 = "RS512"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// ECDSA on P-384 with SHA-384.
    case es384 = "ES384"
    /// ECDSA on P-521 with SHA-512.
    case es512 = "ES512"
    /// RSA PSS with SHA-256.
    case ps256 = "PS256"
    /// RSA PSS with SHA-384.
    case ps384 = "PS384"
    /// RSA PSS with SHA-512.
    case ps512 = "PS512"
}
