/// The one line that says at the start what runs where, and with what.
public struct StartLine: Sendable {
    /// The program and its version, such as `registryd 1.0.0`.
    public var program: String
    /// Where it listens, such as `[::]:5000`.
    public var address: String
    /// Whether it speaks TLS.
    public var isSecure = false
    /// Where it keeps its data, such as `filesystem at /var/lib/registry`.
    public var storage: String
    /// Who may come in, such as `htpasswd`; `nil` says that everybody may.
    public var access: String?
    /// Where the debug server listens, if there is one.
    public var debugAddress: String?
    /// What else is on, such as `deletion` or `metrics at /metrics`.
    public var features: [String] = []

    /// Makes a line of what is always there.
    public init(program: String, address: String, storage: String) {
        self.program = program
        self.address = address
        self.storage = storage
    }

    /// The line: `registryd 1.0.0 listening on [::]:5000, tls; filesystem at /var/lib/registry; open to everybody`. It
    /// holds the replaced server's words `listening on [::]:5000, tls`, which scripts wait for.
    public var text: String {
        var parts = ["\(program) listening on \(address)\(isSecure ? ", tls" : "")", storage]
        parts.append(access.map { "access by \($0)" } ?? "open to everybody")
        if let debugAddress { parts.append("debug server on \(debugAddress)") }
        if !features.isEmpty { parts.append("with \(features.joined(separator: ", "))") }
        return parts.joined(separator: "; ")
    }
}
