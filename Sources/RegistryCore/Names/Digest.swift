/// The address of content: an algorithm and the hash that it gave.
///
/// A value of this type is always well formed; it is parsed once, where a request enters, and compared by its
/// bytes afterwards. See the [OCI image specification, *Digests*](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests).
public struct Digest: Sendable, Hashable {
    /// The hash function.
    public let algorithm: DigestAlgorithm

    /// The hash, big endian, zero padded to the longest algorithm: inline, so that a digest never allocates.
    ///
    /// Not a SIMD vector: its alignment of 64 bytes is more than Swift 6.3.1 gives the frame of an asynchronous
    /// function, which then writes behind its end.
    let words: InlineArray<8, UInt64>

    /// Makes a digest of the bytes that a hash function gave.
    ///
    /// - Returns: `nil` when the number of bytes is not the algorithm's.
    public init?(_ algorithm: DigestAlgorithm, bytes: some Collection<UInt8>) {
        guard bytes.count == algorithm.byteCount else { return nil }
        var words = InlineArray<8, UInt64>(repeating: 0)
        for (position, byte) in bytes.enumerated() {
            words[position >> 3] |= UInt64(byte) << UInt64(56 - (position & 7) * 8)
        }
        self.algorithm = algorithm
        self.words = words
    }

    /// Makes a digest of the bytes that a hash function just wrote: as many as the algorithm gives.
    init(_ algorithm: DigestAlgorithm, hash: UnsafeRawBufferPointer) {
        var words = InlineArray<8, UInt64>(repeating: 0)
        for index in 0..<(min(hash.count, algorithm.byteCount) / 8) {
            words[index] = UInt64(bigEndian: hash.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        self.algorithm = algorithm
        self.words = words
    }

    /// Parses the form `algorithm:hex`, hex digits in lower case.
    ///
    /// - Throws: ``DigestError``, which tells a malformed digest from one of an algorithm that is not known here.
    @specialized(where Text == Substring)
    @specialized(where Text == String)
    public init<Text: StringProtocol>(parsing text: Text) throws(DigestError) {
        let utf8 = text.utf8
        if let digest = utf8.withContiguousStorageIfAvailable(Self.init(canonical:)), let digest {
            self = digest
            return
        }
        guard let colon = utf8.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed(String(text)) }
        let name = text[..<colon]
        let hex = utf8[utf8.index(after: colon)...]
        guard let algorithm = DigestAlgorithm(rawValue: String(name)) else {
            guard Self.isAlgorithmName(name.utf8), Self.isEncodedPart(hex) else { throw .malformed(String(text)) }
            throw .unsupportedAlgorithm(String(text))
        }
        var words = InlineArray<8, UInt64>(repeating: 0)
        var position = 0
        for character in hex {
            guard position < algorithm.hexCount, let nibble = Self.nibble(character) else {
                throw .malformed(String(text))
            }
            words[position >> 4] |= UInt64(nibble) << UInt64(60 - (position & 15) * 4)
            position += 1
        }
        guard position == algorithm.hexCount else { throw .malformed(String(text)) }
        self.algorithm = algorithm
        self.words = words
    }

    /// Parses the form of nearly all digests, `sha256:` and 64 digits; `nil` when it is another. Byte by byte through a
    /// text's indices it took 7,000 instructions, and a pull has two.
    private init?(canonical text: UnsafeBufferPointer<UInt8>) {
        let name = DigestAlgorithm.canonical.rawValue.utf8
        guard text.count == name.count + 1 + DigestAlgorithm.canonical.hexCount, text.starts(with: name),
            text[name.count] == UInt8(ascii: ":")
        else { return nil }
        var words = InlineArray<8, UInt64>(repeating: 0)
        for index in 0..<4 {
            var word: UInt64 = 0
            for position in 0..<16 {
                guard let nibble = Self.nibble(text[name.count + 1 + index * 16 + position]) else { return nil }
                word = word << 4 | UInt64(nibble)
            }
            words[index] = word
        }
        algorithm = .canonical
        self.words = words
    }

    /// Parses the form `algorithm:hex`; `nil` when it isn't a digest of a known algorithm.
    public init?(_ text: some StringProtocol) {
        do { try self.init(parsing: text) } catch { return nil }
    }

    /// The hash.
    public var bytes: [UInt8] {
        Array(unsafeUninitializedCapacity: algorithm.byteCount) { bytes, count in
            count = algorithm.byteCount
            let raw = UnsafeMutableRawBufferPointer(bytes)
            for index in 0..<(count / 8) {
                raw.storeBytes(of: words[index].bigEndian, toByteOffset: index * 8, as: UInt64.self)
            }
        }
    }

    /// The hash in lower case hexadecimal digits.
    public var hex: String { text(after: "") }

    /// The hash's digits between two texts. Each request makes several of them, so that eight are made at a time.
    private func text(after start: String, before end: String = "") -> String {
        let length = start.utf8.count
        return String(unsafeUninitializedCapacity: length + algorithm.hexCount + end.utf8.count) { characters in
            _ = UnsafeMutableBufferPointer(rebasing: characters[..<length]).initialize(fromContentsOf: start.utf8)
            putHex(into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(characters)[length...]))
            let rest = UnsafeMutableBufferPointer(rebasing: characters[(length + algorithm.hexCount)...])
            return length + algorithm.hexCount + rest.update(fromContentsOf: end.utf8)
        }
    }

    /// Writes the hash's digits at the begin of free bytes.
    func putHex(into free: UnsafeMutableRawBufferPointer) {
        for index in 0..<(algorithm.byteCount / 8) {
            let word = words[index]
            UInt32(word >> 32).putHex(into: free, at: index * 16)
            UInt32(truncatingIfNeeded: word).putHex(into: free, at: index * 16 + 8)
        }
    }

    private static func nibble(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// `[a-z0-9]+(?:[.+_-][a-z0-9]+)*`, the specification's grammar of an algorithm's name.
    private static func isAlgorithmName(_ name: some Sequence<UInt8>) -> Bool {
        var afterSeparator = true
        for character in name {
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): afterSeparator = false
            case UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                if afterSeparator { return false }
                afterSeparator = true
            default: return false
            }
        }
        return !afterSeparator
    }

    private static func isEncodedPart(_ encoded: some Collection<UInt8>) -> Bool {
        !encoded.isEmpty
            && encoded.allSatisfy { character in
                switch character {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension Digest {
    /// Whether two digests have the same algorithm and hash.
    public static func == (left: Digest, right: Digest) -> Bool {
        guard left.algorithm == right.algorithm else { return false }
        for index in left.words.indices where left.words[index] != right.words[index] { return false }
        return true
    }

    /// Hashes the algorithm and the first words of the hash, which are as good as random.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(algorithm)
        hasher.combine(words[0])
        hasher.combine(words[1])
        hasher.combine(words[2])
        hasher.combine(words[3])
    }
}

extension Digest: CustomStringConvertible {
    /// The form `algorithm:hex`.
    public var description: String { text(after: opening) }

    /// ``description`` in quotation marks: the entity tag of content (RFC 9110, 8.8.3), which each answer with some has.
    package var quoted: String { text(after: "\"" + opening, before: "\"") }

    /// What stands before the digits; with a quotation mark it is still a text that takes no memory of its own.
    private var opening: String {
        switch algorithm {
        case .sha256: "sha256:"
        case .sha384: "sha384:"
        case .sha512: "sha512:"
        }
    }
}

extension Digest: Comparable {
    /// Orders digests as their textual forms are ordered byte by byte.
    public static func < (left: Digest, right: Digest) -> Bool {
        guard left.algorithm == right.algorithm else { return left.algorithm.rawValue < right.algorithm.rawValue }
        for index in left.words.indices where left.words[index] != right.words[index] {
            return left.words[index] < right.words[index]
        }
        return false
    }
}

/// Why a text is not a digest.
public enum DigestError: Error, Hashable, Sendable {
    /// The text does not follow the grammar, or its hash has not the algorithm's length.
    case malformed(String)
    /// The text follows the grammar but names an algorithm that is not known here.
    case unsupportedAlgorithm(String)
}

extension DigestError: CustomStringConvertible {
    /// What is wrong and what was expected.
    public var description: String {
        switch self {
        case .malformed(let text):
            "'\(text.prefix(200))' is not a digest: expected sha256:, sha384: or sha512: and lower case hexadecimal digits"
        case .unsupportedAlgorithm(let text):
            "the algorithm of digest '\(text.prefix(200))' is not supported: use sha256, sha384 or sha512"
        }
    }
}
