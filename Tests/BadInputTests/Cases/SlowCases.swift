/// Senders that come to no end; the server waits half a second here.
enum SlowCases {
    private static let put =
        "PUT /v2/good/image/manifests/bad HTTP/1.1\r\nHost: a\r\nContent-Type: \(Image.manifestType)\r\n"
    private static let slow = BadRequest.Expected.status(408)

    static let all: [BadRequest] = [
        .raw("nothing", "", .refusalOrClose),
        .raw("a letter", "G", slow),
        .raw("a first line", "GET /v2/ HTTP/1.1\r\n", slow),
        .raw("a head without its last line end", "GET /v2/ HTTP/1.1\r\nHost: a\r\n\r", slow),
        .raw(
            "a head in drops",
            "GET /v2/ HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X-A: b\r\n", count: 90),
            slow,
            pace: .dripping(after: 1)
        ),
        .raw(
            "a first line in drops",
            "GET /v2/" + String(repeating: "a", count: 1000),
            slow,
            pace: .dripping(after: 1)
        ),
        .raw("line ends in drops", String(repeating: "\r\n", count: 500), .refusalOrClose, pace: .dripping(after: 1)),
        .raw("a body that does not begin", put + "Content-Length: 100\r\n\r\n", slow),
        .raw("a body that stops", put + "Content-Length: 100\r\n\r\n{\"a\":", slow),
        .raw(
            "a body in drops",
            put + "Content-Length: 1000\r\n\r\n" + String(repeating: " ", count: 900),
            slow,
            pace: .dripping(after: 140)
        ),
        .raw("chunks that stop", put + "Transfer-Encoding: chunked\r\n\r\n5\r\nabc", slow),
        .raw(
            "chunks in drops",
            put + "Transfer-Encoding: chunked\r\n\r\n" + String(repeating: "1\r\n \r\n", count: 200),
            slow,
            pace: .dripping(after: 150)
        ),
        .raw(
            "an extension in drops",
            put + "Transfer-Encoding: chunked\r\n\r\n1;" + String(repeating: "a", count: 900),
            slow,
            pace: .dripping(after: 150)
        ),
        .raw(
            "trailers in drops",
            put + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + String(repeating: "X: y\r\n", count: 90),
            slow,
            pace: .dripping(after: 150)
        ),
        .raw(
            "an expectation that is met and no body",
            put + "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n",
            slow
        ),
        .raw(
            "a refused body in drops",
            "POST /v2/GOOD/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n"
                + String(repeating: " ", count: 800),
            .status(400),
            pace: .dripping(after: 70)
        ),
        BadRequest.raw(
            "an upload that stops",
            "PATCH {upload}?_state={state} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc",
            slow
        )
        .on(.upload, mayChangeUpload: true),
        BadRequest.raw(
            "an upload's end that stops",
            "PUT {upload}?_state={state}&digest=\(Image.absent) HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc",
            slow
        )
        .on(.upload, mayChangeUpload: true),
        .raw(
            "an upload in one request that stops",
            "POST /v2/good/image/blobs/uploads/?digest=\(Image.absent) HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc",
            slow
        ),
        BadRequest.raw("half a head behind a good request", "GET /v2/ HT", .refusalOrClose).after(1),
    ]
}
