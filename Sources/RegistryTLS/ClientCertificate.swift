import NIOSSL
import SwiftASN1
import X509

/// The common name of a certificate's subject; `nil` when it has none that is text.
func commonName(of certificate: NIOSSLCertificate) -> String? {
    guard let bytes = try? certificate.toDERBytes(), let certificate = try? Certificate(derEncoded: bytes) else {
        return nil
    }
    for relative in certificate.subject {
        for attribute in relative where attribute.type == .RDNAttributeType.commonName {
            return String(attribute.value)
        }
    }
    return nil
}
