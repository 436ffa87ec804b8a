import NIOSSL
import RegistryAuth

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the files of ``TLSSettings`` hold.
struct TLSFiles: Sendable {
    /// The server's certificate, and the intermediate ones behind it.
    var chain: [NIOSSLCertificate]
    var key: NIOSSLPrivateKey
    var clientCAs: [NIOSSLCertificate]

    /// The most that is read of one file, in bytes.
    private static let maximumLength = 16 << 20

    /// Reads the files; blocks.
    ///
    /// - Throws: ``TLSError`` that names the file which can't be read, or does not hold what it should.
    init(_ settings: TLSSettings) throws(TLSError) {
        chain = try Self.certificates(settings.certificatePath)
        key = try Self.key(settings.keyPath)
        clientCAs = []
        for path in settings.clientCAPaths { clientCAs += try Self.certificates(path) }
    }

    private static func certificates(_ path: String) throws(TLSError) -> [NIOSSLCertificate] {
        let bytes = try read(path)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw TLSError("\(path) does not hold a certificate in PEM (-----BEGIN CERTIFICATE-----)")
        }
        return certificates
    }

    private static func key(_ path: String) throws(TLSError) -> NIOSSLPrivateKey {
        let bytes = try read(path)
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            let text = String(decoding: bytes, as: UTF8.self)
            if text.contains("ENCRYPTED") {
                throw TLSError("the key in \(path) has a passphrase: store it without one, readable by the server only")
            }
            throw TLSError("\(path) does not hold a private key in PEM (-----BEGIN PRIVATE KEY----- or alike)")
        }
        return key
    }

    private static func read(_ path: String) throws(TLSError) -> [UInt8] {
        let content: [UInt8]
        do throws(PasswordFileError) {
            content = try WholeFile.read(path, maximumLength: maximumLength).content
        } catch {
            if error.code == EFBIG { throw TLSError("\(path) is too large for what it should be") }
            throw TLSError("can't \(error)")
        }
        guard !content.isEmpty else { throw TLSError("\(path) is empty") }
        return content
    }
}
