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
        let parts = authorization.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "basic" else { return nil }
        let text = parts[1].drop { $0 == " " }
        guard !text.utf8.contains(where: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }) else { return nil }
        guard let decoded = Base64URL.decode(text.replacing("+", with: "-").replacing("/", with: "_")),
            let colon = decoded.firstIndex(of: UInt8(ascii: ":")), colon > 0, !decoded.contains(0)
        else { return nil }
        user = Array(decoded[..<colon])
        password = Array(decoded[(colon + 1)...])
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
