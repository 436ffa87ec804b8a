import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate with its key.
struct TestCertificate: Sendable {
    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    var pem: String {
        get throws { try certificate.serializeAsPEM().pemString + "\n" }
    }

    /// The certificate as it stands in a token's header.
    var x5c: String {
        get throws {
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return Data(serializer.serializedBytes).base64EncodedString()
        }
    }

    /// An authority that signed itself.
    static func authority(_ name: String) throws -> TestCertificate {
        let key = P256.Signing.PrivateKey()
        return try make(name, key, issuer: name, signer: key, isAuthority: true)
    }

    /// A certificate that this one signed.
    func issue(
        _ name: String,
        isAuthority: Bool = false,
        hasExpired: Bool = false,
        usage: ExtendedKeyUsage.Usage? = nil
    ) throws -> TestCertificate {
        try Self.make(
            name,
            P256.Signing.PrivateKey(),
            issuer: certificate.subject.description.replacing("CN=", with: ""),
            signer: key,
            isAuthority: isAuthority,
            hasExpired: hasExpired,
            usage: usage
        )
    }

    private static func make(
        _ name: String,
        _ key: P256.Signing.PrivateKey,
        issuer: String,
        signer: P256.Signing.PrivateKey,
        isAuthority: Bool,
        hasExpired: Bool = false,
        usage: ExtendedKeyUsage.Usage? = nil
    ) throws -> TestCertificate {
        let now = Date()
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(key.publicKey),
            notValidBefore: now.addingTimeInterval(-7200),
            notValidAfter: now.addingTimeInterval(hasExpired ? -3600 : 3600),
            issuer: try DistinguishedName { CommonName(issuer) },
            subject: try DistinguishedName { CommonName(name) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                if isAuthority { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) }
                if let usage { Critical(try ExtendedKeyUsage([usage])) }
            },
            issuerPrivateKey: .init(signer)
        )
        return TestCertificate(certificate: certificate, key: key)
    }
}
