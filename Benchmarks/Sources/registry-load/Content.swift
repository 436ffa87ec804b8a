import CLibCrypto
import NIOCore

/// Bytes of a request's content, made as they are sent.
struct Body {
    /// The bytes that repeat.
    private var block: ByteBuffer
    /// The bytes after them, which make a blob unlike any other.
    private var tail: ByteBuffer
    /// Where the content starts in the blob.
    private var start: Int
    private var blobLength: Int
    let length: Int

    static let none = Body(ByteBuffer())

    init(_ bytes: ByteBuffer) {
        block = ByteBuffer()
        tail = bytes
        start = 0
        blobLength = bytes.readableBytes
        length = blobLength
    }

    init(of blob: Blob, from start: Int = 0, length: Int? = nil) {
        block = blob.block
        tail = blob.tail
        self.start = start
        blobLength = blob.size
        self.length = length ?? blob.size
    }

    /// At most `limit` bytes at a position before the end; a slice, not a copy.
    func bytes(at position: Int, limit: Int) -> ByteBuffer {
        let wanted = min(limit, length - position)
        let place = start + position
        let tailStart = blobLength - tail.readableBytes
        let source: ByteBuffer
        let offset: Int
        let available: Int
        if place >= tailStart {
            (source, offset) = (tail, place - tailStart)
            available = tail.readableBytes - offset
        } else {
            (source, offset) = (block, place % block.readableBytes)
            available = min(block.readableBytes - offset, tailStart - place)
        }
        return source.getSlice(at: source.readerIndex + offset, length: min(wanted, available)) ?? ByteBuffer()
    }
}

/// A blob to push.
struct Blob {
    var block: ByteBuffer
    var tail: ByteBuffer
    var size: Int
    var digest: String
}

/// Makes blobs of one size, each unlike any other and incompressible, without hashing each: they differ in their last
/// bytes only, and the state of the hash before those is computed once and copied.
struct BlobSource: Sendable {
    static let tailBytes = 64
    private static let blockBytes = 1 << 20

    let size: Int
    private let block: ByteBuffer
    private let prefix: SHA256_CTX
    private var random: SplitMix

    init(size: Int, seed: UInt64) {
        self.size = size
        var content = SplitMix(state: 1)
        var block = ByteBuffer()
        for _ in 0..<Self.blockBytes / 8 { block.writeInteger(content.next()) }
        self.block = block
        var state = SHA256_CTX()
        SHA256_Init(&state)
        var left = size - Self.tailBytes
        while left > 0 {
            block.withUnsafeReadableBytes { _ = SHA256_Update(&state, $0.baseAddress, min(left, $0.count)) }
            left -= Self.blockBytes
        }
        prefix = state
        random = SplitMix(state: seed)
    }

    /// A blob that no other call gave.
    mutating func next() -> Blob {
        var tail = ByteBuffer()
        for _ in 0..<Self.tailBytes / 8 { tail.writeInteger(random.next()) }
        var state = prefix
        tail.withUnsafeReadableBytes { _ = SHA256_Update(&state, $0.baseAddress, $0.count) }
        return Blob(block: block, tail: tail, size: size, digest: sha256(finishing: &state))
    }
}

/// The digest of some bytes.
func sha256(of bytes: ByteBuffer) -> String {
    var state = SHA256_CTX()
    SHA256_Init(&state)
    bytes.withUnsafeReadableBytes { _ = SHA256_Update(&state, $0.baseAddress, $0.count) }
    return sha256(finishing: &state)
}

private func sha256(finishing state: inout SHA256_CTX) -> String {
    var hash = [UInt8](repeating: 0, count: 32)
    SHA256_Final(&hash, &state)
    let digits = Array("0123456789abcdef".utf8)
    return "sha256:" + String(decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// SplitMix64 (Steele, Lea, Flood 2014): fast, and good enough that nothing compresses it.
struct SplitMix: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
