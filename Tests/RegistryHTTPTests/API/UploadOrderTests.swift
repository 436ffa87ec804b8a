import RegistryTesting
import Testing

@Suite("Chunks out of order")
struct UploadOrderTests {
    @Test(
        "a chunk that begins elsewhere is refused with where the upload stands, and the upload goes on",
        arguments: ["0-3", "7-8", "3-4", "100-103"]
    )
    func outOfOrder(range: String) async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let first = try await registry.client.request(
                "PATCH",
                target,
                headers: ["Content-Range": "0-4"],
                body: "hello"
            )
            let length = range == "7-8" || range == "3-4" ? 2 : 4
            let wrong = try await registry.client.request(
                "PATCH",
                first.locationTarget,
                headers: ["Content-Range": range],
                body: String(repeating: "x", count: length)
            )
            try expectRefusal(wrong, 416, "RANGE_INVALID")
            #expect(wrong.headers["Range"] == "0-4")
            #expect(try wrong.locationTarget.hasPrefix("/v2/a/blobs/uploads/"))
            #expect(wrong.headers["Docker-Upload-UUID"] == first.headers["Docker-Upload-UUID"])
            let right = try await registry.client.request(
                "PATCH",
                wrong.locationTarget,
                headers: ["Content-Range": "5-5"],
                body: "!"
            )
            #expect(right.status == 202)
            let put = try await registry.send("PUT", "\(right.locationTarget)&digest=\(digest(of: "hello!"))")
            #expect(put.status == 201)
        }
    }

    @Test("a last chunk that begins elsewhere is refused likewise, and the upload can still be closed")
    func lastOutOfOrder() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let first = try await registry.client.request("PATCH", target, body: "hello")
            let digest = digest(of: "hello!")
            let wrong = try await registry.client.request(
                "PUT",
                "\(first.locationTarget)&digest=\(digest)",
                headers: ["Content-Range": "6-6"],
                body: "!"
            )
            try expectRefusal(wrong, 416, "RANGE_INVALID")
            #expect(wrong.headers["Range"] == "0-4")
            let right = try await registry.client.request(
                "PUT",
                "\(wrong.locationTarget)&digest=\(digest)",
                headers: ["Content-Range": "5-5"],
                body: "!"
            )
            #expect(right.status == 201)
        }
    }

    @Test("a first chunk that does not begin at 0 is refused")
    func firstOutOfOrder() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let answer = try await registry.client.request(
                "PATCH",
                target,
                headers: ["Content-Range": "1-5"],
                body: "hello"
            )
            try expectRefusal(answer, 416, "RANGE_INVALID")
            #expect(answer.headers["Range"] == "0-0")
        }
    }

    @Test("a chunk's state from before another chunk is refused, since it says where the client believes to be")
    func staleState() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let first = try await registry.client.request("PATCH", target, body: "hello")
            let stale = try await registry.client.request("PATCH", target, body: "hello")
            try expectRefusal(stale, 416, "RANGE_INVALID")
            #expect(stale.headers["Range"] == "0-4")
            #expect(try stale.locationTarget == first.locationTarget)
            let put = try await registry.send("PUT", "\(target)&digest=\(digest(of: "hello"))")
            try expectRefusal(put, 416, "RANGE_INVALID")
        }
    }

    /// A `Content-Range` and whether 5 bytes at the beginning are taken with it.
    static let forms: [(range: String, isTaken: Bool)] = [
        ("0-4", true), ("bytes 0-4/5", true), ("bytes 0-4/*", true), ("0-4/5", true),
        ("", false), ("x", false), ("-", false), ("0-", false), ("-4", false), ("4-0", false), ("bytes=0-4", false),
        ("0-4-5", false), ("+0-4", false), ("0 - 4", false), ("0-9223372036854775807", false),
        ("99999999999999999999-99999999999999999999", false),
    ]

    @Test("a chunk's range is two numbers, with or without a unit and a total", arguments: forms)
    func contentRangeForms(range: String, isTaken: Bool) async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let answer = try await registry.client.request(
                "PATCH",
                target,
                headers: ["Content-Range": range],
                body: "hello"
            )
            if isTaken { #expect(answer.status == 202) } else { try expectRefusal(answer, 416, "RANGE_INVALID") }
        }
    }

    @Test(
        "a range that is not as long as the content is refused before anything is taken",
        arguments: ["0-3", "0-5", "0-0"]
    )
    func lengthMismatch(range: String) async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let answer = try await registry.client.request(
                "PATCH",
                target,
                headers: ["Content-Range": range],
                body: "hello"
            )
            try expectRefusal(answer, 400, "SIZE_INVALID")
            #expect(try await registry.send("GET", target).headers["Range"] == "0-0")
            #expect(try await registry.client.request("PATCH", target, body: "hello").status == 202)
        }
    }
}
