import CLibCrypto

/// SHA-256 in the form of a digest, computed apart from the code under test.
public func contentDigest(_ content: some Collection<UInt8>) -> String {
    let bytes = Array(content)
    var hash = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    SHA256(bytes, bytes.count, &hash)
    return "sha256:" + hash.map(hexadecimal).joined()
}

/// SHA-512 in the form of a digest.
public func contentDigest512(_ content: some Collection<UInt8>) -> String {
    let bytes = Array(content)
    var hash = [UInt8](repeating: 0, count: Int(SHA512_DIGEST_LENGTH))
    SHA512(bytes, bytes.count, &hash)
    return "sha512:" + hash.map(hexadecimal).joined()
}

private func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
