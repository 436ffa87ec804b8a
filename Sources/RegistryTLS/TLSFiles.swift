import NIOSSL

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
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = readBytes(descriptor, &buffer)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { break }
            content += buffer[..<count]
            guard content.count <= maximumLength else { throw TLSError("\(path) is too large for what it should be") }
        }
        guard !content.isEmpty else { throw TLSError("\(path) is empty") }
        return content
    }

    private static func failure(_ operation: String, _ path: String) -> TLSError {
        TLSError("can't \(operation) \(path): \(String(cString: strerror(errno)))")
    }
}

/// What tells one state of a file from another without reading it.
struct FileStamp: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: [Int]
    private let changed: [Int]

    /// Takes a file's stamp, behind links; blocks. It is `nil` when there is no such file, or it can't be reached.
    init?(of path: String) {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        device = UInt64(information.st_dev)
        inode = UInt64(information.st_ino)
        size = Int64(information.st_size)
        #if canImport(Darwin)
        modified = [information.st_mtimespec.tv_sec, information.st_mtimespec.tv_nsec]
        changed = [information.st_ctimespec.tv_sec, information.st_ctimespec.tv_nsec]
        #else
        modified = [information.st_mtim.tv_sec, information.st_mtim.tv_nsec]
        changed = [information.st_ctim.tv_sec, information.st_ctim.tv_nsec]
        #endif
    }
}

/// The system's call: inside the type its name is that of our own function.
private func readBytes(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}
