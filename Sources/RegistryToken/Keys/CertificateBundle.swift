internal import SwiftASN1
internal import X509

/// Certificates that sign tokens, or the certificates of those who do (`auth.token.rootcertbundle`).
struct CertificateBundle: Sendable {
    /// The certificates' keys, by both names that the replaced server's versions gave them.
    var keys: [String: TokenKey] = [:]
    /// The certificates that chains of headers must end at.
    private let roots: CertificateStore

    /// The most certificates of a header: what a chain costs grows with the orders that its certificates can be in.
    static let maximumChain = 5

    /// Reads a PEM file; what stands between the certificates is skipped.
    ///
    /// - Throws: `KeyFileError` when there is no certificate, or one that can't be read.
    init(parsing content: [UInt8]) throws(KeyFileError) {
        var certificates: [Certificate] = []
        let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
        var rest = Substring(String(decoding: content, as: UTF8.self))
        while let start = rest.firstRange(of: begin) {
            guard let stop = rest[start.upperBound...].firstRange(of: end) else {
                throw KeyFileError("certificate \(certificates.count + 1) has no end")
            }
            do {
                certificates.append(try Certificate(pemEncoded: String(rest[start.lowerBound..<stop.upperBound])))
            } catch {
                throw KeyFileError("certificate \(certificates.count + 1) can't be read: \(error)")
            }
            rest = rest[stop.upperBound...]
        }
        guard !certificates.isEmpty else { throw KeyFileError("there is no certificate") }
        for certificate in certificates {
            guard let key = TokenKey(certificate.publicKey) else { continue }
            keys[key.libtrustID] = key
            keys[key.thumbprint] = key
        }
        roots = CertificateStore(certificates)
    }

    /// The key of a chain's first certificate, when the chain leads to one of the bundle; the system's clock decides on
    /// what has expired.
    ///
    /// - Parameter chain: the certificates in base64, the one that signed first.
    func key(ofChain chain: [String]) async -> TokenKey? {
        guard chain.count <= Self.maximumChain else { return nil }
        var certificates: [Certificate] = []
        for text in chain {
            guard let bytes = UnpaddedBase64.decodePadded(text),
                let certificate = try? Certificate(derEncoded: bytes)
            else { return nil }
            certificates.append(certificate)
        }
        guard let leaf = certificates.first else { return nil }
        var verifier = Verifier(rootCertificates: roots) {
            RFC5280Policy()
            AnyUsagePolicy()
        }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(certificates.dropFirst()))
        guard case .validCertificate = result else { return nil }
        return TokenKey(leaf.publicKey)
    }
}

/// Takes certificates for any purpose and any subject, as the replaced server does, where they insist on one.
private struct AnyUsagePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName,
    ]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult { .meetsPolicy }
}
