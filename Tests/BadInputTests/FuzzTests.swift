import RegistryTesting
import Testing

/// Bytes that nobody thought of: random ones, and good requests with a few bytes changed. The seeds are fixed.
@Suite(.timeLimit(.minutes(5)))
struct FuzzTests {
    /// Good requests that do not touch the image's tag.
    private static let good: [String] = [
        "GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v2/_catalog?n=10&last=a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
        "GET /v2/good/image/tags/list?n=1&last=a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v2/good/image/manifests/latest HTTP/1.1\r\nHost: a\r\nAccept: \(Image.manifestType)\r\n\r\n",
        "GET /v2/good/image/blobs/\(Image.digest(of: Image.layer)) HTTP/1.1\r\nHost: a\r\nRange: bytes=0-3\r\n\r\n",
        "GET /v2/good/image/referrers/\(Image.absent)?artifactType=a/b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v2/good/fuzz/blobs/uploads/?mount=\(Image.absent)&from=good/image HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST /v2/good/fuzz/blobs/uploads/?digest=\(Image.absent) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n",
        "PATCH /v2/good/fuzz/blobs/uploads/a?_state=abc HTTP/1.1\r\nHost: a\r\nContent-Range: 0-2\r\nContent-Length: 3\r\n\r\nabc",
        "PUT /v2/good/fuzz/manifests/fuzz HTTP/1.1\r\nHost: a\r\nContent-Type: \(Image.manifestType)\r\nContent-Length: \(Image.manifest.count)\r\n\r\n"
            + String(decoding: Image.manifest, as: UTF8.self),
        "PUT /v2/good/fuzz/manifests/fuzz HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
    ]

    private static let favourites: [[UInt8]] = [
        [0], [13], [10], [13, 10], [32], [9], [58], [47], [37], [255], [0xC0, 0x80], [43], [45], [44], [59], [63], [38],
        [61], [34], [92],
        Array("..".utf8), Array("%00".utf8), Array("%2e".utf8), Array("99999999999999999999".utf8),
        Array("\r\n\r\n".utf8), Array("{".utf8),
    ]

    private static func mutated(_ numbers: inout SeededGenerator) -> [UInt8] {
        var bytes = Array((good.randomElement(using: &numbers) ?? "").utf8)
        for _ in 0..<Int.random(in: 1...6, using: &numbers) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &numbers)
            switch Int.random(in: 0..<6, using: &numbers) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &numbers)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(contentsOf: favourites.randomElement(using: &numbers) ?? [], at: place)
            case 4: bytes.removeLast(Int.random(in: 0..<min(20, bytes.count), using: &numbers))
            default:
                let end = min(bytes.count, place + Int.random(in: 1...40, using: &numbers))
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            }
        }
        return bytes
    }

    private static func random(_ numbers: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 1...200, using: &numbers)).map { _ in UInt8.random(in: 0...255, using: &numbers) }
    }

    /// What comes back, and whether it is a failure.
    private static func fault(of bytes: [UInt8], port: Int) async throws -> String? {
        let client = try await RawClient.connect(port: port, timeout: .seconds(5))

        try? await client.send(bytes)
        try? await client.finishSending()
        do {
            while true {
                // A mutated HEAD has no content: the next line is then read as a head and is none, which is no fault.
                let answer = try await client.readResponse(toHead: bytes.starts(with: "HEAD".utf8))
                if answer.status >= 500 { return "answered with \(answer.status)" }
            }
        } catch WireError.timedOut {
            return "not closed in time"
        } catch WireError.malformed(let text) {
            return "the answer is not HTTP: \(text.prefix(80))"
        } catch {
            return nil
        }
    }

    @Test("random bytes and mutated requests neither break the registry nor hang", arguments: [1, 2, 3, 4] as [UInt64])
    func survives(_ seed: UInt64) async throws {
        try await withFolder { folder in
            try await TestRegistry.run(Subject.setup(in: folder)) { registry in
                try await Image.push(with: registry.client)
                var numbers = SeededGenerator(seed: seed)
                for round in 0..<1000 {
                    let bytes = round % 5 == 0 ? Self.random(&numbers) : Self.mutated(&numbers)
                    if let fault = try await Self.fault(of: bytes, port: registry.port) {
                        Issue.record(
                            "seed \(seed), round \(round): \(fault)\n\(String(reflecting: String(decoding: bytes, as: UTF8.self)))"
                        )
                    }
                }
                #expect(try await Image.damage(registry.client) == [])
            }
        }
    }
}
