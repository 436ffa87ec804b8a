internal import NIOCore
internal import RegistryCore

/// A compact JSON Web Signature, parted and parsed but not verified
/// ([RFC 7515, 3.1](https://www.rfc-editor.org/rfc/rfc7515#section-3.1)).
struct SignedToken: Sendable {
    /// How deep the JSON of a token may be nested, and how many values it may have; two members of one name are refused.
    private static let limits = JSONLimits(depth: 8, values: 10_000)

    let algorithm: SigningAlgorithm
    let header: JSONObject
    let claims: TokenClaims
    /// What was signed.
    let content: [UInt8]
    let signature: [UInt8]

    /// - Throws: `TokenFailure` when the text is no such token, or its algorithm is not among the accepted ones.
    init(parsing text: String, accepting algorithms: Set<SigningAlgorithm>) throws(TokenFailure) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("a token has three parts") }
        header = try Self.object(parts[0], "header")
        // An extension that must be understood, and there is none that is.
        guard header["crit"] == nil else { throw .malformed("the header has 'crit'") }
        guard let name = header["alg"]?.string, let algorithm = SigningAlgorithm(rawValue: name),
            algorithms.contains(algorithm)
        else { throw .algorithm }
        self.algorithm = algorithm
        claims = try TokenClaims(try Self.object(parts[1], "claims"))
        guard let signature = UnpaddedBase64.decode(parts[2]), !signature.isEmpty else {
            throw .malformed("the signature is not base64url")
        }
        self.signature = signature
        content = Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8)
    }

    private static func object(_ part: Substring, _ name: String) throws(TokenFailure) -> JSONObject {
        guard let bytes = UnpaddedBase64.decode(part) else { throw .malformed("the \(name) is not base64url") }
        let value: JSONValue
        do { value = try JSONValue(parsing: ByteBuffer(bytes: bytes), limits: limits) } catch {
            throw .malformed("the \(name) is not JSON: \(error)")
        }
        guard let object = value.object else { throw .malformed("the \(name) is not an object") }
        return object
    }
}

/// Why a token is refused.
public enum TokenFailure: Error, Sendable, Hashable {
    /// It is longer than any that is looked at.
    case tooLong
    /// It is no JSON Web Signature in compact form with the claims of the specification.
    case malformed(String)
    /// Its algorithm is not accepted.
    case algorithm
    /// Its key is none that is trusted, or it names none.
    case untrustedKey(String)
    /// The signature does not hold.
    case signature
    /// It is from another issuer.
    case issuer
    /// It is for another audience.
    case audience
    /// It has expired, or says nothing of when it does.
    case expired
    /// It does not hold yet.
    case notYetValid
}

extension TokenFailure: CustomStringConvertible {
    /// The failure in words. Holds nothing of the token but the name of its key.
    public var description: String {
        switch self {
        case .tooLong: "the token is too long"
        case .malformed(let reason): "the token is malformed: \(reason)"
        case .algorithm: "the token's algorithm is not accepted"
        case .untrustedKey(let key): "the token's key is not trusted: \(key)"
        case .signature: "the token's signature does not hold"
        case .issuer: "the token is from another issuer"
        case .audience: "the token is for another service"
        case .expired: "the token has expired"
        case .notYetValid: "the token does not hold yet"
        }
    }
}
