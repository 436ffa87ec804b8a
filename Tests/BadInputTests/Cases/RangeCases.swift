/// `Content-Range` of chunks, and `Range` of what is read.
enum RangeCases {
    static let all: [BadRequest] = chunks + reads

    private static let layer = Image.digest(of: Image.layer)

    /// Values for a chunk of three bytes to an upload of five.
    private static let chunks: [BadRequest] = [
        ("the start again", "0-2"), ("an overlap", "4-6"), ("a gap", "6-8"), ("far behind", "1000000-1000002"),
        ("from its end to its start", "7-5"), ("a negative start", "-5-7"), ("no end", "5-"), ("no start", "-7"),
        ("a dash only", "-"), ("one number", "5"), ("letters", "a-b"), ("hexadecimal", "0x5-0x7"), ("a sign", "+5-+7"),
        ("spaces", "5 - 7"), ("a fraction", "5.0-7.0"), ("an exponent", "5e0-7e0"), ("three numbers", "5-6-7"),
        ("a list", "5-6,7-7"), ("the unit and an equals sign", "bytes=5-7"), ("another unit", "items 5-7"),
        ("a number beyond 63 bits", "5-9223372036854775807"), ("a number beyond 64 bits", "5-99999999999999999999"),
        ("a start beyond 64 bits", "99999999999999999999-99999999999999999999"), ("digits beyond ASCII", "٥-٧"),
        ("a slash", "5/7"), ("a colon", "5:7"), ("an asterisk", "bytes */8"), ("nothing", ""), ("the unit only", "bytes "),
        ("1,000 digits", String(repeating: "1", count: 1000) + "-7"), ("too few bytes", "5-6"), ("too many bytes", "5-99"),
    ].flatMap { label, value -> [BadRequest] in
        let fields = ["Content-Type: application/octet-stream", "Content-Range: \(value)"]
        let expected = BadRequest.Expected.status([400, 416])
        return [
            .request("chunk with \(label)", "PATCH", "{upload}?_state={state}", fields, body: [1, 2, 3], expected, stage: .upload),
            .request(
                "last chunk with \(label)", "PUT", "{upload}?_state={state}&digest=\(layer)", fields, body: [1, 2, 3],
                expected, stage: .upload),
            .request("chunk without state, with \(label)", "PATCH", "{upload}", fields, body: [1, 2, 3], expected, stage: .upload),
        ]
    }

    /// What no blob of 22 bytes holds: 416, or the whole, as the standard allows for words that are no range.
    private static let reads: [BadRequest] = [
        ("behind the end", "bytes=1000-2000", [416]), ("at the end", "bytes=22-", [416]), ("no bytes", "bytes=-0", [416]),
        ("from its end to its start", "bytes=9-3", [200, 416]), ("letters", "bytes=a-b", [200, 416]),
        ("nothing", "bytes=", [200, 416]), ("a dash", "bytes=-", [200, 416]), ("another unit", "lines=1-2", [200, 416]),
        ("no unit", "1-2", [200, 416]), ("a negative start", "bytes=-1-2", [200, 416]), ("a sign", "bytes=+1-+2", [200, 416]),
        ("a start beyond 64 bits", "bytes=99999999999999999999-", [200, 416]),
        ("two that are behind the end", "bytes=100-200,300-400", [200, 416]), ("commas", "bytes=,,,,", [200, 416]),
        ("a NUL's escape", "bytes=%00-%00", [200, 416]),
        ("1,000 ranges", "bytes=" + Array(repeating: "0-1", count: 1000).joined(separator: ","), [200, 206, 416]),
        ("1,000 ranges that overlap", "bytes=" + (0..<1000).map { "\($0)-" }.joined(separator: ","), [200, 206, 416]),
        ("a suffix beyond 64 bits", "bytes=-99999999999999999999", [200, 206, 416]),
    ].flatMap { label, value, statuses -> [BadRequest] in
        [
            .request("range of \(label)", "GET", "/v2/good/image/blobs/\(layer)", ["Range: \(value)"], .status(Set(statuses))),
            .request("range of \(label), head", "HEAD", "/v2/good/image/blobs/\(layer)", ["Range: \(value)"],
                .status(Set(statuses).union([200]))),
        ]
    }
}
