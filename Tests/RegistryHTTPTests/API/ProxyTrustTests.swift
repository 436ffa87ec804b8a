import RegistryCore
import RegistryHTTP
import RegistryTesting
import Synchronization
import Testing

@Suite("Whose word about the client is taken")
struct ProxyTrustTests {
    static let ranges: [(range: String, address: String, isIn: Bool)] = [
        ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.1.2.3", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("10.0.0.0/8", "::10.1.2.3", false),
        ("192.168.6.0/23", "192.168.7.255", true), ("192.168.6.0/23", "192.168.8.0", false),
        ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1/32", "127.0.0.2", false),
        ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
        ("::1", "::1", true), ("::/0", "fe80::1", true),
    ]

    @Test("a range holds the addresses that share its bits, of its own family", arguments: ranges)
    func range(text: String, address: String, isIn: Bool) throws {
        #expect(try #require(NetworkRange(text)).contains(address) == isIn)
    }

    @Test(
        "what isn't a range of addresses is none",
        arguments: [
            "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.1.0.0/8", "::/129",
            "10.0.0", "example.org", "10.0.0.0/8/8", "2001:db8::1/32", "[::1]", "10.0.0.1:80", " 10.0.0.1",
        ]
    )
    func noRange(text: String) { #expect(NetworkRange(text) == nil) }

    @Test("a proxy that is trusted is believed, another caller isn't", arguments: ["127.0.0.0/8", "10.0.0.0/8"])
    func trusted(network: String) async throws {
        let sink = Origins()
        var setup = TestRegistry.Setup()
        setup.responder.proxyTrust = .networks([try #require(NetworkRange(network))])
        setup.events = sink
        try await TestRegistry.run(setup) { registry in
            let forwarded = [
                "X-Forwarded-Proto": "https", "X-Forwarded-Host": "outside.example",
                "X-Forwarded-For": "203.0.113.9, 10.0.0.1",
            ]
            let begun = try await registry.send("POST", "/v2/a/blobs/uploads/", forwarded)
            let digest = digest(of: "content")
            let put = try await registry.client.request(
                "PUT",
                "\(begun.locationTarget)&digest=\(digest)",
                headers: forwarded,
                body: "content"
            )
            #expect(put.status == 201)
            let isTrusted = network == "127.0.0.0/8"
            let base = isTrusted ? "https://outside.example" : "http://127.0.0.1:\(registry.port)"
            #expect(put.headers["Location"] == "\(base)/v2/a/blobs/\(digest)")
            let address = try #require(sink.addresses.last)
            #expect(isTrusted ? address == "203.0.113.9" : address.hasPrefix("127.0.0.1:"))
        }
    }

    @Test(
        "the client's address is the first that is one",
        arguments: [
            (["X-Forwarded-For": "unknown", "X-Real-Ip": "203.0.113.7"], "203.0.113.7"),
            (["X-Forwarded-For": " 2001:db8::7 ,10.0.0.1"], "2001:db8::7"),
            (["X-Forwarded-For": "10.0.0.0/8"], "127.0.0.1:"),
        ]
    )
    func clientAddress(headers: [String: String], expected: String) async throws {
        let sink = Origins()
        var setup = TestRegistry.Setup()
        setup.events = sink
        try await TestRegistry.run(setup) { registry in
            let image = try await registry.pushImage(to: "a", as: "latest")
            _ = try await registry.send("GET", "/v2/a/manifests/\(image.digest)", headers)
            #expect(try #require(sink.addresses.last).hasPrefix(expected))
        }
    }
}

/// Keeps where events came from.
private final class Origins: EventSink {
    private let kept = Mutex<[String]>([])

    var addresses: [String] { kept.withLock { $0 } }

    func record(_ event: RegistryEvent) {
        kept.withLock { if let address = event.origin.address { $0.append(address) } }
    }
}
