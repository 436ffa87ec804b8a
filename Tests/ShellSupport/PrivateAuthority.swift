public import Foundation

/// A certificate authority of a test's own, by the `openssl` command, with a server's certificate for `localhost`.
public struct PrivateAuthority: Sendable {
    private let folder: URL

    /// Makes the authority, an intermediate, and a server's certificate with the intermediate behind it.
    ///
    /// - Throws: ``CommandFailure`` where `openssl` is missing or fails.
    public static func make(in folder: URL) async throws -> PrivateAuthority {
        let authority = PrivateAuthority(folder: folder)
        try await authority.openssl(
            ["req", "-x509"] + authority.newKey("ca") + [
                "-out", "ca.crt", "-subj", "/CN=a test's authority", "-days", "2",
            ]
        )
        try await authority.issue("intermediate", by: "ca", extensions: "basicConstraints=critical,CA:true")
        try await authority.issue(
            "server",
            by: "intermediate",
            extensions: "subjectAltName=DNS:localhost,IP:127.0.0.1"
        )
        let bundle = try ["server.crt", "intermediate.crt"].map { try Data(contentsOf: authority.file($0)) }
        try bundle.reduce(Data(), +).write(to: authority.file("bundle.crt"))
        return authority
    }

    /// The certificate that clients must trust.
    public var root: URL { file("ca.crt") }
    /// The server's certificate, its intermediate behind it.
    public var bundle: URL { file("bundle.crt") }
    /// The server's key.
    public var key: URL { file("server.key") }

    /// A file of the authority's folder.
    public func file(_ name: String) -> URL { folder.appending(path: name) }

    /// Makes `name.key` and `name.crt`, signed by an issuer's.
    ///
    /// - Throws: ``CommandFailure`` where `openssl` fails.
    public func issue(_ name: String, by issuer: String, extensions: String) async throws {
        try await openssl(["req"] + newKey(name) + ["-out", "\(name).csr", "-subj", "/CN=\(name)"])
        try Data(extensions.utf8).write(to: file("\(name).ext"))
        try await openssl(
            [
                "x509", "-req", "-in", "\(name).csr", "-CA", "\(issuer).crt", "-CAkey", "\(issuer).key",
                "-CAcreateserial", "-out", "\(name).crt", "-days", "2", "-extfile", "\(name).ext",
            ]
        )
    }

    private func newKey(_ name: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "\(name).key"]
    }

    private func openssl(_ arguments: [String]) async throws {
        try await Command("openssl", arguments, in: folder).run()
    }
}
