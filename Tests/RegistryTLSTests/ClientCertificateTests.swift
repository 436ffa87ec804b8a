import ShellSupport
import Testing

@testable import RegistryTLS

/// Who gets in with which certificate, and by which name.
@Suite(.timeLimit(.minutes(2)))
struct ClientCertificateTests {
    enum Certificate: String, Sendable, CaseIterable {
        case none
        case client
        case stranger
    }

    /// The name that the responder hears; `nil` where the client does not get in.
    static func name(_ mode: TLSSettings.ClientAuthentication, _ certificate: Certificate) -> String? {
        switch (mode, certificate) {
        case (.request, _), (.requireAny, .client), (.requireAny, .stranger), (.verifyIfGiven, .none): "-"
        case (.verifyIfGiven, .client), (.requireAndVerify, .client): "alice"
        case (.requireAny, .none), (.requireAndVerify, .none), (.verifyIfGiven, .stranger),
            (.requireAndVerify, .stranger):
            nil
        }
    }

    @Test(
        "only a certificate of a configured authority gives a name",
        arguments: TLSSettings.ClientAuthentication.allCases
    )
    func names(mode: TLSSettings.ClientAuthentication) async throws {
        try await withTLSServer { settings, authority in
            settings.clientCAPaths = [authority.path("root.crt")]
            settings.clientAuthentication = mode
        } _: { server in
            for certificate in Certificate.allCases {
                for version in ["1.2", "1.3"] {
                    var arguments = ["--tls-max", version]
                    if certificate != .none {
                        arguments += ["--cert", server.authority.path("\(certificate).pem")]
                        arguments += ["--key", server.authority.path("\(certificate).key")]
                    }
                    let result = try await server.curl(arguments + [server.url("/")])
                    if let name = Self.name(mode, certificate) {
                        #expect(result.output == "\(name) true https", "\(certificate), TLS \(version)")
                    } else {
                        #expect(result.status != 0, "\(certificate), TLS \(version)")
                        #expect(result.output.isEmpty, "\(certificate), TLS \(version)")
                    }
                }
            }
        }
    }

    @Test("without authorities nobody is asked for a certificate")
    func asksNobody() async throws {
        try await withTLSServer { server in
            let result = try await server.curl(HandshakeTests.client(server.authority) + [server.url("/")])
            #expect(result.output == "- true https")
        }
    }
}
