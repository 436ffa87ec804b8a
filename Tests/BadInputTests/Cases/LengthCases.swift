/// Lengths that are none, that contradict each other, or that are not kept.
enum LengthCases {
    static let all: [BadRequest] = crossed + broken

    private static let crossed: [BadRequest] = endpoints.flatMap { (label: String, line: String) -> [BadRequest] in
        ambiguous.map { (name: String, fields: String) -> BadRequest in
            .raw("\(name), \(label)", "\(line)\r\nHost: a\r\n\(fields)\r\nabc\(hidden)", .refusal)
        }
    }

    /// A request that would untag the image if it were taken for one.
    static let hidden = "DELETE /v2/good/image/manifests/latest HTTP/1.1\r\nHost: a\r\n\r\n"

    private static let endpoints: [(String, String)] = [
        ("manifest", "PUT /v2/good/image/manifests/bad HTTP/1.1\r\nContent-Type: \(Image.manifestType)"),
        ("read", "GET /v2/good/image/manifests/latest HTTP/1.1"),
        ("upload", "POST /v2/good/image/blobs/uploads/ HTTP/1.1"),
    ]

    private static let ambiguous: [(String, String)] = [
        ("two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n"), ("the same length twice", "Content-Length: 3\r\nContent-Length: 3\r\n"),
        ("a list of lengths", "Content-Length: 3, 3\r\n"), ("a list of other lengths", "Content-Length: 3, 4\r\n"), ("a plus sign", "Content-Length: +3\r\n"),
        ("a minus sign", "Content-Length: -3\r\n"), ("minus zero", "Content-Length: -0\r\n"), ("hexadecimal", "Content-Length: 0x3\r\n"),
        ("a fraction", "Content-Length: 3.0\r\n"), ("an exponent", "Content-Length: 3e0\r\n"), ("a space inside", "Content-Length: 3 3\r\n"),
        ("letters behind", "Content-Length: 3abc\r\n"), ("a word", "Content-Length: three\r\n"), ("an empty length", "Content-Length:\r\n"),
        ("a quoted length", "Content-Length: \"3\"\r\n"), ("an underscore", "Content-Length: 1_0\r\n"), ("digits beyond ASCII", "Content-Length: ٣\r\n"),
        ("a length beyond 63 bits", "Content-Length: 9223372036854775808\r\n"), ("a length beyond 64 bits", "Content-Length: 18446744073709551619\r\n"),
        ("a length of 1,000 digits", "Content-Length: \(String(repeating: "9", count: 1000))\r\n"),
        ("a space before the colon", "Content-Length : 3\r\n"), ("a folded length", "Content-Length:\r\n 3\r\n"), ("a NUL behind", "Content-Length: 3\u{0}\r\n"),
        ("length and chunks", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), ("chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
        ("length zero and chunks", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), ("gzip", "Transfer-Encoding: gzip\r\n"),
        ("gzip and chunks", "Transfer-Encoding: gzip, chunked\r\n"), ("chunks and gzip", "Transfer-Encoding: chunked, gzip\r\n"),
        ("chunks twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), ("chunks twice in one", "Transfer-Encoding: chunked, chunked\r\n"),
        ("chunks and identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), ("identity", "Transfer-Encoding: identity\r\n"),
        ("xchunked", "Transfer-Encoding: xchunked\r\n"), ("a quoted coding", "Transfer-Encoding: \"chunked\"\r\n"), ("a comma before", "Transfer-Encoding: ,chunked\r\n"),
        ("a coding with a parameter", "Transfer-Encoding: chunked;a=b\r\n"), ("a vertical tab", "Transfer-Encoding: \u{b}chunked\r\n"),
        ("a space before the coding's colon", "Transfer-Encoding : chunked\r\n"), ("a folded coding", "Transfer-Encoding:\r\n chunked\r\n"),
        ("a coding folded under a field", "X: y\r\n Transfer-Encoding: chunked\r\n"), ("an empty coding", "Transfer-Encoding:\r\n"),
        ("a coding with a long s", "Tran\u{17f}fer-Encoding: chunked\r\n"), ("a coding with a NUL", "Transfer-Encoding: chunked\u{0}\r\n"),
    ]

    private static let put = "PUT /v2/good/image/manifests/bad HTTP/1.1\r\nHost: a\r\nContent-Type: \(Image.manifestType)\r\n"

    private static let broken: [BadRequest] = [
        .raw("less than was told, manifest", put + "Content-Length: 1000\r\n\r\n{}", .refusal, pace: .thenEnd),
        .raw("nothing of what was told, manifest", put + "Content-Length: 10\r\n\r\n", .refusal, pace: .thenEnd),
        .raw("2^63 - 1 bytes, manifest", put + "Content-Length: 9223372036854775807\r\n\r\n{}", .status(413)),
        .raw("more than was told", put + "Content-Length: 2\r\n\r\n{}garbage\r\n\r\n", .noFailure).refusedTwice,
        .raw("less than was told, read", "GET /v2/good/image/manifests/nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", .refusal, pace: .thenEnd),
        .raw("less than was told, bad name", "POST /v2/GOOD/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", .refusal, pace: .thenEnd),
        .raw("chunks in HTTP/1.0", "PUT /v2/good/image/manifests/bad HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(hidden)", .refusal),
        .raw("a length of 2 GB that never comes, bad name", "POST /v2/GOOD/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 2147483648\r\n\r\n", .refusal),
    ]
}

extension BadRequest {
    /// The same request where what follows it is refused too.
    fileprivate var refusedTwice: BadRequest {
        var copy = self
        copy.refusalsAfter = 1
        return copy
    }
}
