/// Chunks that are not well framed, whatever becomes of the content.
enum ChunkCases {
    static let all: [BadRequest] = crossed + ends + uploads

    private static let crossed: [BadRequest] = bodies.flatMap { (label: String, chunks: String) -> [BadRequest] in
        lines.map { (name: String, line: String) -> BadRequest in
            .raw("\(label), \(name)", "\(line) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)\(LengthCases.hidden)", .refusal)
        }
    }

    private static let lines: [(String, String)] = [
        ("manifest", "PUT /v2/good/image/manifests/bad"),
        ("upload in one request", "POST /v2/good/image/blobs/uploads/?digest=\(Image.digest(of: Array("abc".utf8)))"),
        ("nobody's upload", "PATCH /v2/good/image/blobs/uploads/nothing"),
    ]

    private static let bodies: [(String, String)] = [
        ("no number", "xyz\r\nabc\r\n0\r\n\r\n"), ("a minus sign", "-3\r\nabc\r\n0\r\n\r\n"), ("a plus sign", "+3\r\nabc\r\n0\r\n\r\n"),
        ("0x", "0x3\r\nabc\r\n0\r\n\r\n"), ("a space behind the size", "3 \r\nabc\r\n0\r\n\r\n"), ("a space before the size", " 3\r\nabc\r\n0\r\n\r\n"),
        ("a size beyond 64 bits", "10000000000000003\r\nabc\r\n0\r\n\r\n"), ("a size of 64 bits", "ffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
        ("a size of 1,000 digits", "\(String(repeating: "f", count: 1000))\r\nabc\r\n0\r\n\r\n"), ("no size", "\r\nabc\r\n0\r\n\r\n"),
        ("a short chunk", "5\r\nabc\r\n0\r\n\r\n"), ("a long chunk", "2\r\nabc\r\n0\r\n\r\n"), ("a bare LF after the size", "3\nabc\r\n0\r\n\r\n"),
        ("a bare LF after the chunk", "3\r\nabc\n0\r\n\r\n"), ("bare LFs at the end", "3\r\nabc\r\n0\n\n"), ("a bare CR after the size", "3\rabc\r\n0\r\n\r\n"),
        ("no line end after the chunk", "3\r\nabc0\r\n\r\n"), ("a bare LF in an extension", "3;a\nb\r\nabc\r\n0\r\n\r\n"), ("a comma", "3,3\r\nabc\r\n0\r\n\r\n"),
        ("a fraction", "3.0\r\nabc\r\n0\r\n\r\n"), ("digits beyond ASCII", "٣\r\nabc\r\n0\r\n\r\n"), ("a NUL", "3\u{0}\r\nabc\r\n0\r\n\r\n"),
        ("a trailer with a space", "3\r\nabc\r\n0\r\nX : y\r\n\r\n"), ("a trailer with a NUL", "3\r\nabc\r\n0\r\nX: \u{0}\r\n\r\n"),
        ("200 trailers", "3\r\nabc\r\n0\r\n\(String(repeating: "X: y\r\n", count: 200))\r\n"), ("a trailer of 100 KB", "3\r\nabc\r\n0\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n"),
        ("an extension of 100 KB", "3;\(String(repeating: "a", count: 100_000))\r\nabc\r\n0\r\n\r\n"),
        ("10,000 extensions", "3\(String(repeating: ";a=b", count: 10_000))\r\nabc\r\n0\r\n\r\n"),
    ]

    private static let put = "PUT /v2/good/image/manifests/bad HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    private static let ends: [BadRequest] = [
        .raw("chunks: none, and the end", put, .refusal, pace: .thenEnd),
        .raw("chunks: a size, and the end", put + "3\r\n", .refusal, pace: .thenEnd),
        .raw("chunks: half a chunk, and the end", put + "3\r\na", .refusal, pace: .thenEnd),
        .raw("chunks: a chunk, and the end", put + "3\r\nabc\r\n", .refusal, pace: .thenEnd),
        .raw("chunks: the last, and the end", put + "3\r\nabc\r\n0\r\n", .refusal, pace: .thenEnd),
        .raw("chunks: a trailer, and the end", put + "3\r\nabc\r\n0\r\nX: ", .refusal, pace: .thenEnd),
        .raw("chunks: an extension without end", put + "3;" + String(repeating: "a", count: 1_000_000), .refusal),
        .raw("chunks: trailers without end", put + "0\r\n" + String(repeating: "X: y\r\n", count: 100_000), .refusal),
        .raw("chunks: a huge one, manifest", put + "7fffffffffffffff\r\n" + String(repeating: " ", count: 5_000_000), .refusal),
        .raw("chunks: 5 MiB in all, manifest", put + String(repeating: "10000\r\n" + String(repeating: " ", count: 65536) + "\r\n", count: 80) + "0\r\n\r\n", .status(413)),
        .raw("chunks: 50,000 of one byte, manifest", put + String(repeating: "1\r\n \r\n", count: 50_000) + "0\r\n\r\n", .status(400)),
    ]

    private static let uploads: [BadRequest] = bodies.map { label, chunks in
        BadRequest.raw("\(label), upload", "PATCH {upload}?_state={state} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)\(LengthCases.hidden)", .refusal)
            .on(.upload, mayChangeUpload: true)
    }
}
