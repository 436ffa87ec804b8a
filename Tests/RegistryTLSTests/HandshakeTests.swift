import RegistryHTTP
import RegistryTesting
import ShellSupport
import Testing

@testable import RegistryTLS

/// What a handshake agrees on, as seen by `openssl s_client`.
@Suite(.timeLimit(.minutes(2)))
struct HandshakeTests {
    /// A version that a client insists on, and whether it is spoken.
    struct Case: Sendable {
        var minimum: TLSSettings.Version
        var flag: String
        var isSpoken: Bool
    }

    static let cases = [
        Case(minimum: .tls1_2, flag: "-tls1_1", isSpoken: false),
        Case(minimum: .tls1_2, flag: "-tls1_2", isSpoken: true),
        Case(minimum: .tls1_2, flag: "-tls1_3", isSpoken: true),
        Case(minimum: .tls1_3, flag: "-tls1_2", isSpoken: false),
        Case(minimum: .tls1_3, flag: "-tls1_3", isSpoken: true),
    ]

    @Test("versions from the configured one on are spoken", arguments: cases)
    func speaksVersions(example: Case) async throws {
        try await withTLSServer { settings, _ in
            settings.minimumVersion = example.minimum
        } _: { server in
            let result = try await server.handshake([example.flag, "-cipher", "DEFAULT@SECLEVEL=0"])
            #expect((result.status == 0) == example.isSpoken)
            #expect(result.output.contains("Cipher is (NONE)") != example.isSpoken)
        }
    }

    @Test("TLS 1.0 and 1.1 are spoken where that is configured", arguments: ["-tls1", "-tls1_1"])
    func speaksOldVersions(flag: String) async throws {
        try await withTLSServer { settings, _ in
            settings.minimumVersion = .tls1_0
            settings.cipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"]
        } _: { server in
            let result = try await server.handshake([flag, "-cipher", "DEFAULT@SECLEVEL=0"])
            #expect(result.output.contains("Cipher is ECDHE-ECDSA-AES128-SHA"))
        }
    }

    @Test("ALPN chooses HTTP/2 unless it is disabled or not offered", arguments: [true, false])
    func choosesProtocol(isHTTP2Enabled: Bool) async throws {
        try await withTLSServer { _, _ in
        } configure: {
            $0.isHTTP2Enabled = isHTTP2Enabled
        } _: { server in
            let both = try await server.handshake(["-alpn", "h2,http/1.1"])
            #expect(both.output.contains("ALPN protocol: \(isHTTP2Enabled ? "h2" : "http/1.1")\n"))
            let old = try await server.handshake(["-alpn", "http/1.1"])
            #expect(old.output.contains("ALPN protocol: http/1.1\n"))
            let none = try await server.handshake()
            #expect(none.output.contains("No ALPN negotiated"))
            let version = try await server.curl(["-o", "/dev/null", "-w", "%{http_version}", server.url("/")])
            #expect(version.output == (isHTTP2Enabled ? "2" : "1.1"))
        }
    }

    @Test("the intermediate certificate is sent with the server's own")
    func sendsChain() async throws {
        try await withTLSServer { server in
            let result = try await server.handshake(["-showcerts", "-verify_return_error"])
            #expect(result.status == 0)
            #expect(result.output.split(separator: "BEGIN CERTIFICATE").count - 1 == 2)
        }
    }

    @Test("the suites that are configured are the ones that are spoken up to TLS 1.2")
    func choosesSuites() async throws {
        try await withTLSServer { settings, _ in
            settings.cipherSuites = ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"]
        } _: { server in
            let result = try await server.handshake(["-tls1_2"])
            #expect(result.output.contains("Cipher is ECDHE-ECDSA-CHACHA20-POLY1305"))
            let other = try await server.handshake(["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"])
            #expect(other.status != 0)
        }
        try await withTLSServer { settings, _ in
            settings.cipherSuites = ["TLS_AES_128_GCM_SHA256"]
        } _: { server in
            let old = try await server.handshake(["-tls1_2"])
            #expect(old.status != 0)
            let new = try await server.handshake(["-tls1_3"])
            #expect(new.status == 0)
        }
    }

    @Test("a session can be resumed", arguments: ["-tls1_2", "-tls1_3"])
    func resumes(version: String) async throws {
        try await withTLSServer { settings, authority in
            settings.clientCAPaths = [authority.path("root.crt")]
            settings.clientAuthentication = .requireAndVerify
        } _: { server in
            let max = version == "-tls1_2" ? "1.2" : "1.3"
            let arguments = ["--http1.1", "--tls-max", max] + Self.client(server.authority)
            // Two requests on two connections of one process: the second one resumes the first one's session.
            let result = try await server.curl(
                arguments + ["-H", "Connection: close", server.url("/"), server.url("/")]
            )
            #expect(result.output == "alice true httpsalice true https")
        }
    }

    @Test("a client that speaks plain HTTP is told so")
    func refusesPlainText() async throws {
        try await withTLSServer { server in
            let client = try await RawClient.connect(to: server.address)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = String(decoding: try await client.readToEnd(), as: UTF8.self)
            #expect(text == "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
        }
    }

    @Test("a client that does not finish its handshake is disconnected")
    func timesHandshakeOut() async throws {
        try await withTLSServer { _, _ in
        } configure: {
            $0.timeouts.head = .milliseconds(50)
        } _: { server in
            let client = try await RawClient.connect(to: server.address)
            try await client.send([0x16, 0x03, 0x01])
            let bytes = try await client.readToEnd()
            #expect(bytes.count < 64)
        }
    }

    @Test("bytes that are no handshake end their connection and nothing else")
    func survivesNoise() async throws {
        try await withTLSServer { server in
            for seed in 0..<30 {
                let client = try await RawClient.connect(to: server.address)
                // A record's beginning before noise of some length, so that more than the first look fails.
                var bytes: [UInt8] = seed % 3 == 0 ? [] : [0x16, 0x03, UInt8(seed % 5), 0x00, UInt8(seed * 7 % 256)]
                if seed % 3 == 2 { bytes += [0x01, 0x00, 0x00, UInt8(seed * 5)] }
                bytes += (0..<(seed * 11)).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ seed &* 31) }
                try? await client.send(bytes)
                try? await client.finishSending()
                _ = try? await client.readToEnd()
                await client.close()
            }
            let result = try await server.curl([server.url("/")])
            #expect(result.output == "- true https")
        }
    }

    static func client(_ authority: TestAuthority) -> [String] {
        ["--cert", authority.path("client.pem"), "--key", authority.path("client.key")]
    }
}
