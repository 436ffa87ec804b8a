internal import RegistryCore

/// The name and password of an `Authorization: Basic` header
/// ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617#section-2)).
struct BasicCredentials: Sendable, Hashable {
    /// The longest header value that is looked at, in bytes; a password has no more than 72 that count.
    static let maximumLength = 4096

    let user: [UInt8]
    let password: [UInt8]

    /// Takes the credentials from a header's value.
    ///
    /// - Returns: `nil` for another scheme, what is not base64, what has no colon or no name, a zero byte in either,
    ///   and what is longer than ``maximumLength``.
    init?(authorization: String) {
        guard authorization.utf8.count <= Self.maximumLength else { return nil }
        guard let text = authorization.credentials(of: "basic")?.utf8.drop(while: { $0 == UInt8(ascii: " ") }) else {
            return nil
        }
        guard let decoded = Self.decode(text), let colon = decoded.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            !decoded.contains(0)
        else { return nil }
        user = Array(decoded[..<colon])
        password = Array(decoded[(colon + 1)...])
    }

    /// Base64 in the alphabet that has no other use, by way of the one that is safe in URLs.
    private static func decode(_ text: Substring.UTF8View) -> [UInt8]? {
        var safe: [UInt8] = []
        safe.reserveCapacity(text.count)
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
            case UInt8(ascii: "+"): safe.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): safe.append(UInt8(ascii: "_"))
            default: safe.append(byte)
            }
        }
        return Base64URL.decode(String(decoding: safe, as: UTF8.self))
    }
}

/// A text as a
/// [quoted string](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4) of a header; control characters fall out.
package func quotedString(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars where scalar.value >= 0x20 && scalar.value != 0x7F {
        if scalar == "\"" || scalar == "\\" { quoted.append("\\") }
        quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
}

/// Whether an `Authorization` header names nobody: some clients send an empty name and password where they have none.
package func isEmptyAuthorization(_ authorization: String) -> Bool {
    authorization.isEmpty || authorization.utf8.count == 10 && authorization.lowercased() == "basic og=="
}
