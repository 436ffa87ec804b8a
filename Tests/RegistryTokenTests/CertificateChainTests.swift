import Crypto
import Foundation
import RegistryAuth
import RegistryCore
import Synchronization
import Testing
import X509

@testable import RegistryToken

@Suite("Tokens that bring their certificates")
struct CertificateChainTests {
    @Test("a chain that leads to a certificate of the bundle holds, for any purpose that it names")
    func chains() async throws {
        let bench = try TokenBench()
        let root = try TestCertificate.authority("root")
        let middle = try root.issue("middle", isAuthority: true)
        let path = try bench.write("a comment\n" + root.pem, to: "bundle.pem")
        let controller = try await bench.controller { $0.certificateBundle = path }
        for (signer, chain) in [
            (root, [root]), (try root.issue("leaf"), []), (try middle.issue("leaf"), [middle]),
            (try middle.issue("leaf"), [middle, root]), (try root.issue("leaf", usage: .serverAuth), []),
            (try root.issue("leaf", usage: .emailProtection), []),
        ] {
            let chain = (chain.first.map { $0.certificate == signer.certificate } ?? false ? [] : [signer]) + chain
            let list = try chain.map { "\"\(try $0.x5c)\"" }.joined(separator: ",")
            let key = TestKey.es256(signer.key)
            #expect(await controller.decide(try key.token("\"x5c\":[\(list)]", bench.claims())) == granted)
            let embedded = "\"jwk\":{\(key.members),\"x5c\":[\(list)]}"
            #expect(await controller.decide(try key.token(embedded, bench.claims())) == granted)
        }
    }

    @Test("a foreign chain, a broken one and one that has expired do not hold, and no name of a key helps")
    func foreign() async throws {
        let bench = try TokenBench()
        let root = try TestCertificate.authority("root")
        let impostor = try TestCertificate.authority("root")
        let path = try bench.write(root.pem, to: "bundle.pem")
        let controller = try await bench.controller { $0.certificateBundle = path }
        let middle = try root.issue("middle", isAuthority: true)
        let plain = try root.issue("plain")
        let cases: [(TestCertificate, [TestCertificate])] = [
            (impostor, []), (try impostor.issue("leaf"), [impostor]), (try impostor.issue("leaf"), [impostor, root]),
            (try middle.issue("leaf"), []), (try root.issue("leaf", hasExpired: true), []),
            (try plain.issue("leaf"), [plain]),
            (try root.issue("leaf"), Array(repeating: middle, count: CertificateBundle.maximumChain)),
        ]
        let trusted = try #require(TokenKey(root.certificate.publicKey))
        for (signer, others) in cases {
            let list = try ([signer] + others).map { "\"\(try $0.x5c)\"" }.joined(separator: ",")
            let header = "\"kid\":\"\(trusted.thumbprint)\",\"x5c\":[\(list)]"
            #expect(await controller.decide(try TestKey.es256(signer.key).token(header, bench.claims())) == invalid)
            #expect(bench.lastFailure == .untrustedKey("its certificates lead to none that is trusted"))
        }
        // The chain holds and is somebody else's.
        let leaf = try root.issue("leaf")
        let stolen = try TestKey.es256().token("\"x5c\":[\"\(try leaf.x5c)\"]", bench.claims())
        #expect(await controller.decide(stolen) == invalid)
        #expect(bench.lastFailure == .signature)
    }

    @Test("a key of the bundle is found by its thumbprint and by the name that libtrust gave it")
    func names() async throws {
        let bench = try TokenBench()
        let root = try TestCertificate.authority("root")
        let path = try bench.write(root.pem, to: "bundle.pem")
        let controller = try await bench.controller { $0.certificateBundle = path }
        let trusted = try #require(TokenKey(root.certificate.publicKey))
        let key = TestKey.es256(root.key)
        for name in [trusted.thumbprint, trusted.libtrustID] {
            #expect(await controller.decide(try key.token("\"kid\":\"\(name)\"", bench.claims())) == granted)
            let embedded = "\"jwk\":\(key.jwk(name))"
            #expect(await controller.decide(try key.token(embedded, bench.claims())) == granted)
        }
        #expect(trusted.libtrustID.split(separator: ":").allSatisfy { $0.count == 4 })
        #expect(trusted.libtrustID.count == 59)
    }

    @Test("a bundle that changes is read again, a broken one is reported once and changes nothing")
    func reloaded() async throws {
        let bench = try TokenBench()
        let (first, second) = (try TestCertificate.authority("first"), try TestCertificate.authority("second"))
        let path = try bench.write(first.pem, to: "bundle.pem")
        let controller = try await bench.controller { $0.certificateBundle = path }
        func decide(_ signer: TestCertificate) async throws -> AccessDecision {
            let header = "\"x5c\":[\"\(try signer.x5c)\"]"
            return await controller.decide(try TestKey.es256(signer.key).token(header, bench.claims()))
        }
        #expect(try await decide(first) == granted)
        #expect(try await decide(second) == invalid)
        bench.notices.withLock { $0 = [] }
        for broken in [
            "", "-----BEGIN CERTIFICATE-----\nAAAA",
            try first.pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        ] {
            try bench.write(broken, to: "bundle.pem")
            bench.advance(2)
            for _ in 0..<3 {
                #expect(try await decide(first) == granted)
                bench.advance(2)
            }
        }
        let reports = bench.notices.withLock { $0 }
        #expect(reports.count == 3)
        for report in reports {
            guard case .file(.unusable(path, _)) = report else {
                Issue.record("\(report)")
                continue
            }
        }
        try bench.write(second.pem, to: "bundle.pem")
        bench.advance(2)
        #expect(try await decide(second) == granted)
        #expect(try await decide(first) == invalid)
        #expect(bench.notices.withLock { $0.contains(.file(.reloaded(path: path))) })
        try FileManager.default.removeItem(atPath: path)
        bench.advance(2)
        #expect(try await decide(second) == granted)
    }
}
