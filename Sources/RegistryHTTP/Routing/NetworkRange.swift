#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A range of IP addresses in CIDR notation ([RFC 4632](https://www.rfc-editor.org/rfc/rfc4632),
/// [RFC 4291](https://www.rfc-editor.org/rfc/rfc4291) section 2.3): `10.0.0.0/8`, `fd00::/8`, or one address.
public struct NetworkRange: Sendable, Hashable, CustomStringConvertible {
    /// The network's bytes: 4 or 16.
    private let network: [UInt8]
    /// How many leading bits an address must share with it.
    private let bits: Int
    /// The range as it was written.
    public let description: String

    /// Reads a range.
    ///
    /// - Returns: `nil` when the text isn't one, or has bits beside the network's, which is a slip more often than not.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = Self.bytes(ofAddress: String(parts[0]), mapping: false) else { return nil }
        var bits = bytes.count * 8
        if parts.count == 2 {
            guard let length = Int(parts[1]), String(length) == parts[1], (0...bits).contains(length) else {
                return nil
            }
            bits = length
        }
        for (index, byte) in bytes.enumerated() where byte & ~Self.mask(index, bits) != 0 { return nil }
        network = bytes
        self.bits = bits
        description = text
    }

    /// Whether an address is in the range. An IPv4 address counts as itself also when a socket that serves both
    /// families shows it as `::ffff:10.0.0.1`.
    ///
    /// - Parameter address: an IP address without a port.
    public func contains(_ address: String) -> Bool {
        guard let bytes = Self.bytes(ofAddress: address, mapping: true), bytes.count == network.count else {
            return false
        }
        return bytes.indices.allSatisfy { (bytes[$0] ^ network[$0]) & Self.mask($0, bits) == 0 }
    }

    private static func mask(_ index: Int, _ bits: Int) -> UInt8 {
        switch bits - index * 8 {
        case 8...: 0xFF
        case let rest where rest > 0: ~(0xFF >> UInt8(rest))
        default: 0
        }
    }

    private static func bytes(ofAddress text: String, mapping: Bool) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if bytes.withUnsafeMutableBytes({ inet_pton(AF_INET, text, $0.baseAddress) }) == 1 {
            return Array(bytes.prefix(4))
        }
        guard bytes.withUnsafeMutableBytes({ inet_pton(AF_INET6, text, $0.baseAddress) }) == 1 else { return nil }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return mapping && isMapped ? Array(bytes.suffix(4)) : bytes
    }
}
