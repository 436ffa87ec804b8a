import Foundation
import ShellSupport
import Testing

@testable import RegistryTLS

/// What files are accepted, and what is said of those that are not.
@Suite(.timeLimit(.minutes(1)))
struct LoadingTests {
    @Test(
        "keys of each form are read",
        arguments: [
            ("server.pem", "server.key"), ("server.pem", "server.sec1.key"), ("rsa.pem", "rsa.key"),
            ("rsa.pem", "rsa.pkcs1.key"),
        ]
    )
    func readsKeys(certificate: String, key: String) async throws {
        let authority = try await TestAuthority.shared.get()
        let tls = try ServerTLS(
            TLSSettings(certificatePath: authority.path(certificate), keyPath: authority.path(key))
        )
        #expect(!tls.serial.isEmpty)
    }

    @Test("a file that can't be used is named, with the reason")
    func namesFiles() async throws {
        let authority = try await TestAuthority.shared.get()
        let (certificate, key) = (authority.path("server.pem"), authority.path("server.key"))
        let missing = authority.path("missing")
        try "".write(toFile: authority.path("empty"), atomically: true, encoding: .utf8)
        let cases: [(TLSSettings, [String])] = [
            (TLSSettings(certificatePath: missing, keyPath: key), [missing, "No such file"]),
            (TLSSettings(certificatePath: certificate, keyPath: missing), [missing, "No such file"]),
            (TLSSettings(certificatePath: authority.path("empty"), keyPath: key), ["empty"]),
            (TLSSettings(certificatePath: key, keyPath: key), [key, "certificate"]),
            (TLSSettings(certificatePath: certificate, keyPath: certificate), [certificate, "private key"]),
            (
                TLSSettings(certificatePath: certificate, keyPath: authority.path("server.locked.key")),
                ["server.locked.key", "passphrase"]
            ),
            (
                TLSSettings(certificatePath: certificate, keyPath: authority.path("second.key")),
                [certificate, "second.key", "does not belong"]
            ),
        ]
        for (settings, words) in cases {
            let error = #expect(throws: TLSError.self) { try ServerTLS(settings) }
            let text = error?.description ?? ""
            for word in words { #expect(text.contains(word)) }
        }
        var settings = TLSSettings(certificatePath: certificate, keyPath: key)
        settings.clientCAPaths = [authority.path("root.crt"), missing]
        let error = #expect(throws: TLSError.self) { try ServerTLS(settings) }
        #expect(error?.description.contains(missing) == true)
    }

    @Test(
        "a cipher suite that is not there is refused with those that are",
        arguments: ["TLS_WONDER", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-AES128-GCM-SHA256", ""]
    )
    func refusesSuites(name: String) async throws {
        let authority = try await TestAuthority.shared.get()
        var settings = TLSSettings(certificatePath: authority.path("server.pem"), keyPath: authority.path("server.key"))
        settings.cipherSuites = [name]
        let error = #expect(throws: TLSError.self) { try ServerTLS(settings) }
        #expect(error?.description.contains("the cipher suite \(name) ") == true)
        #expect(error?.description.contains("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256") == true)
        let notices = Notices()
        settings.minimumVersion = .tls1_3
        _ = try ServerTLS(settings) { notices.add($0) }
        #expect(notices.all == [.cipherSuitesIgnored])
    }
}
