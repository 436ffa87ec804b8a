/// Requests that hide another one, which a server behind another one must never see: the hidden one would untag the
/// image, and its answer would be a second one.
enum SmugglingCases {
    static let all: [BadRequest] = patterns + behindGood

    private static let hidden = LengthCases.hidden
    private static let post = "POST /v2/good/image/blobs/uploads/?mount=abc HTTP/1.1\r\nHost: a\r\n"

    private static let patterns: [BadRequest] = [
        .raw("CL.TE", post + "Content-Length: \(5 + hidden.utf8.count)\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(hidden)", .status(400)),
        .raw("TE.CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n3e\r\n\(hidden)\r\n0\r\n\r\n", .status(400)),
        .raw("TE.TE, two spellings", post + "Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n\r\n0\r\n\r\n\(hidden)", .status(400)),
        .raw("TE.TE, a tab", post + "Transfer-Encoding:\tchunked, x\r\n\r\n0\r\n\r\n\(hidden)", .status(400)),
        .raw("TE.0", "OPTIONS /v2/good/image/tags/list HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, x\r\n\r\n50\r\n\(hidden)\r\n0\r\n\r\n", .status(400)),
        .raw("CL.0", "GET /v2/GOOD/tags/list HTTP/1.1\r\nHost: a\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(400, "NAME_INVALID")),
        .raw("CL.0 of a refused method", "TRACE /v2/good/image/tags/list HTTP/1.1\r\nHost: a\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(405)),
        .raw("CL.0 of HEAD", "HEAD /v2/GOOD/tags/list HTTP/1.1\r\nHost: a\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(400)),
        .raw("CL.0 of a refused upload", "PATCH /v2/good/image/blobs/uploads/nothing HTTP/1.1\r\nHost: a\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(404)),
        .raw("CL.0 of a manifest of another type", "PUT /v2/good/image/manifests/bad HTTP/1.1\r\nHost: a\r\nContent-Type: /\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(400)),
        .raw("a chunk that holds it", post + "Transfer-Encoding: chunked\r\n\r\n\(String(hidden.utf8.count, radix: 16))\r\n\(hidden)\r\n0\r\n\r\n", .status(400, "DIGEST_INVALID")),
        .raw("a trailer that holds it", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n Z: \(hidden)", .refusal),
        .raw("an extension that holds it", post + "Transfer-Encoding: chunked\r\n\r\n0;\n\(hidden)\r\n\r\n", .refusal),
        .raw("a chunk one byte short", post + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n\(hidden)", .refusal),
        .raw("a chunk size with a line end", post + "Transfer-Encoding: chunked\r\n\r\n0\n\r\n\(hidden)", .refusal),
        .raw("a length with a space before the colon", post + "Content-Length : \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(400)),
        .raw("a length behind a bare CR", post + "X: y\rContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(400)),
        .raw("a length behind a bare LF", post + "X: y\u{0}\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(400)),
        .raw("a length behind a NUL", post + "X: y\u{0}Content-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(400)),
        .raw("a length in a folded line", post + "X: y\r\n Content-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(400)),
        .raw("two lengths", post + "Content-Length: 0\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(400)),
        .raw("a length that overflows to zero", post + "Content-Length: 18446744073709551616\r\n\r\n\(hidden)", .status(400)),
        .raw("a head that ends with a bare LF", "GET /v2/ HTTP/1.1\r\nHost: a\r\nX: y\n\r\n\(hidden)".replacing("/v2/ ", with: "/v2/GOOD/tags/list "), .refusal, pace: .atOnce),
        .raw("an upgrade", "GET /v2/GOOD/tags/list HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\(hidden)", .refusal),
        .raw("CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n\(hidden)", .refusal),
        .raw("a target with a line end's escape", "GET /v2/%0d%0a%0d%0a\(hidden.replacing(" ", with: "%20").replacing("\r\n", with: "%0d%0a")) HTTP/1.1\r\nHost: a\r\n\r\n", .refusal),
        .raw("a target with a space", "GET /v2/ HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n".replacing("/v2/ HTTP", with: "/v2/ x HTTP") + hidden, .refusal),
        .raw("Connection: close", "GET /v2/GOOD/tags/list HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n\(hidden)", .status(400)),
        .raw("HTTP/1.0 with two hosts", "GET /v2/ HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n\(hidden)", .status(400)),
        .raw("a refused expectation", post + "Expect: x\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(417)),
        .raw("a body of an expectation that nobody wanted", "PUT /v2/GOOD/manifests/bad HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)", .status(400)),
        .raw("a manifest that is too large", "PUT /v2/good/image/manifests/bad HTTP/1.1\r\nHost: a\r\nContent-Length: 6000000\r\n\r\n" + String(repeating: " ", count: 5_999_000) + String(repeating: hidden, count: 20), .status(413)),
    ]

    private static let behindGood: [BadRequest] = patterns.map { pattern in
        var copy = pattern.after(2)
        copy.name += ", behind good ones"
        return copy
    } + [
        BadRequest.raw("garbage behind a good one", "garbage\r\n\r\n\(hidden)", .refusal).after(1),
        BadRequest.raw("a TLS greeting behind a good one", "", bytes: [0x16, 3, 1, 0, 0x2E, 1, 13, 10, 13, 10], .refusalOrClose).after(1).thenEnd(),
        BadRequest.raw("zeros behind a good one", "", bytes: [UInt8](repeating: 0, count: 500), .refusalOrClose).after(1).thenEnd(),
        BadRequest.raw("a bad version behind 50 good ones", "GET /v2/ HTTP/9.9\r\nHost: a\r\n\r\n\(hidden)", .refusal).after(50),
    ]
}
