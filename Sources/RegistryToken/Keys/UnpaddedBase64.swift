internal import RegistryCore

/// The base64url without padding of a JSON Web Signature ([RFC 7515, 2](https://www.rfc-editor.org/rfc/rfc7515#section-2)).
enum UnpaddedBase64 {
    static func encode(_ bytes: some Collection<UInt8>) -> String {
        String(Base64URL.encode(bytes).prefix { $0 != "=" })
    }

    /// Decodes a text; `nil` when it has padding, another alphabet, or bits after the last byte.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard !text.utf8.contains(UInt8(ascii: "=")) else { return nil }
        let padding = (4 - text.utf8.count % 4) % 4
        guard padding < 3 else { return nil }
        return Base64URL.decode(String(text) + String(repeating: "=", count: padding))
    }

    /// Decodes the base64 with padding of a certificate in a header (RFC 7515, 4.1.6).
    static func decodePadded(_ text: String) -> [UInt8]? {
        guard !text.utf8.contains(where: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }) else { return nil }
        return Base64URL.decode(text.replacing("+", with: "-").replacing("/", with: "_"))
    }
}
