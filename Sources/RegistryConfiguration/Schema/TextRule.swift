/// What a text must look like beyond being a text.
enum TextRule: Sendable {
    case any
    /// Not empty.
    case nonEmpty
    /// `host:port`, `:port`, `[::]:port`, or empty.
    case address
    /// An `http` or `https` URL with a host, or empty.
    case webURL
    /// A regular expression.
    case expression
    /// A path that begins with a slash, or empty.
    case rooted
    /// The name of a cipher suite in Go's spelling.
    case cipherSuite
    /// What an embedding program checks itself, and what it says it expected.
    case custom(expected: String, isValid: @Sendable (String) -> Bool)

    /// What was expected when the text doesn't follow the rule; `nil` when it does.
    func expectation(unmetBy text: String) -> String? {
        switch self {
        case .any: nil
        case .nonEmpty: text.isEmpty ? "a text that isn't empty" : nil
        case .address:
            !text.isEmpty && ListenAddress(text) == nil ? "an address such as :5000, 127.0.0.1:5000 or [::1]:5000" : nil
        case .webURL:
            text.isEmpty || WebAddress(text) != nil ? nil : "a URL such as https://registry.example.com"
        case .expression:
            Self.isExpression(text) ? nil : "a regular expression"
        case .rooted:
            text.isEmpty || text.hasPrefix("/") ? nil : "a path that begins with a slash"
        case .custom(let expected, let isValid):
            isValid(text) ? nil : expected
        case .cipherSuite:
            CipherSuiteName.all.contains(text) ? nil : "the Go name of a cipher suite"
        }
    }

    private static func isExpression(_ text: String) -> Bool {
        do {
            _ = try Regex(text)
            return true
        } catch {
            return false
        }
    }
}

/// The cipher suites that may be named, in Go's spelling, of both of the peer's generations.
enum CipherSuiteName {
    static let all: [String] =
        pairs(
            ["TLS_ECDHE_RSA_WITH_", "TLS_ECDHE_ECDSA_WITH_"],
            [
                "AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_CBC_SHA",
                "AES_256_CBC_SHA", "AES_128_CBC_SHA256", "RC4_128_SHA",
            ]
        )
        + pairs(
            ["TLS_RSA_WITH_"],
            [
                "AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_CBC_SHA256",
                "RC4_128_SHA", "3DES_EDE_CBC_SHA",
            ]
        )
        + [
            "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
        ]

    private static func pairs(_ prefixes: [String], _ suffixes: [String]) -> [String] {
        prefixes.flatMap { prefix in suffixes.map { prefix + $0 } }
    }
}
