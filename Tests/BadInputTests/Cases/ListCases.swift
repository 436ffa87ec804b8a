/// The members of a list's query. A marker that nothing can follow is no error; a number that is none is.
enum ListCases {
    static let all: [BadRequest] = numbers + largeNumbers + odd + markers + filters + absent

    private static let paths = [
        "/v2/_catalog", "/v2/good/image/tags/list", "/v2/good/image/referrers/\(Image.digest(of: Image.manifest))",
    ]

    private static let numbers: [BadRequest] = [
        ("a negative", "-1"), ("a minus zero", "-0"), ("letters", "abc"), ("hexadecimal", "0x10"), ("an exponent", "1e9"),
        ("a fraction", "1.5"), ("a plus sign", "%2B1"), ("a space before", "%201"), ("a space behind", "1%20"), ("a NUL", "1%00"),
        ("a line end", "1%0d%0a"), ("digits beyond ASCII", "%D9%A1"), ("digits of full width", "%EF%BC%91"), ("a comma", "1,000"),
        ("an underscore", "1_000"), ("a quote", "%221%22"), ("null", "null"), ("NaN", "NaN"), ("a broken escape", "1%zz"),
        ("half an escape", "1%"), ("dots", "../.."), ("-2^63", "-9223372036854775808"), ("SQL", "1;DROP+TABLE+tags"),
    ].flatMap { (label: String, value: String) -> [BadRequest] in
        paths.map { (path: String) -> BadRequest in
            .request("n of \(label): \(path.prefix(25))", "GET", "\(path)?n=\(value)", .status(400, "PAGINATION_NUMBER_INVALID"))
        }
    }

    private static let largeNumbers: [BadRequest] = [
        "1000000000", "9223372036854775808", "99999999999999999999", String(repeating: "9", count: 1000),
    ].flatMap { (value: String) -> [BadRequest] in
        [
            .request("n of \(value.prefix(25)): catalog", "GET", "/v2/_catalog?n=\(value)", .status(400, "PAGINATION_NUMBER_INVALID")),
            .request("n of \(value.prefix(25)): tags", "GET", "/v2/good/image/tags/list?n=\(value)", .status([200, 400])),
        ]
    }

    private static let odd: [BadRequest] = paths.flatMap { (path: String) -> [BadRequest] in
        [
            .request("n twice: \(path.prefix(25))", "GET", "\(path)?n=abc&n=1", .status(400, "PAGINATION_NUMBER_INVALID")),
            .request("n of nothing: \(path.prefix(25))", "GET", "\(path)?n=", .status(200)),
            .request("ampersands: \(path.prefix(25))", "GET", "\(path)?&&&&&&", .status(200)),
            .request("equals signs: \(path.prefix(25))", "GET", "\(path)?=====", .status(200)),
            .request("question marks: \(path.prefix(25))", "GET", "\(path)?????", .status(200)),
            .request("broken escapes: \(path.prefix(25))", "GET", "\(path)?%=%&%zz=%f", .status([200, 400])),
            .request("1,000 members: \(path.prefix(25))", "GET", "\(path)?" + String(repeating: "n=1&", count: 1000), .status([200, 400])),
            .request("write: \(path.prefix(25))", "PUT", path, body: [1], .status(405, "UNSUPPORTED")),
            .request("delete: \(path.prefix(25))", "DELETE", path, .status(405, "UNSUPPORTED")),
            .request("post: \(path.prefix(25))", "POST", path, body: [1], .status(405, "UNSUPPORTED")),
        ]
    }

    private static let markers: [BadRequest] = [
        "..", "../../etc/passwd", "%2e%2e%2f", "%00", "%0d%0a", "%ff%fe", "%zz", "%", "%E4%B8%AD", "/", "//", "\\", "*", "%22", ".",
        "-", "_uploads", "good/../image", String(repeating: "z", count: 5000), String(repeating: "a/", count: 2000),
    ].flatMap { (marker: String) -> [BadRequest] in
        [
            .request("last of \(marker.prefix(20)): catalog", "GET", "/v2/_catalog?last=\(marker)", .status([200, 400])),
            .request("last of \(marker.prefix(20)): tags", "GET", "/v2/good/image/tags/list?last=\(marker)&n=1", .status([200, 400])),
            .request("last of \(marker.prefix(20)): referrers", "GET", "\(paths[2])?last=\(marker)", .status(400, "DIGEST_INVALID")),
        ]
    }

    private static let filters: [BadRequest] = [
        "text", "%00", "%0d%0aX:1", "%ff", "%zz", "%E4%B8%AD", "a/b/c", "*/*", "%22%3E", "../..", String(repeating: "a", count: 5000),
    ].flatMap { (filter: String) -> [BadRequest] in
        [
            .request("artifactType of \(filter.prefix(20))", "GET", "\(paths[2])?artifactType=\(filter)", .status([200, 400])),
            .request("artifactType twice, \(filter.prefix(20))", "GET", "\(paths[2])?artifactType=a/b&artifactType=\(filter)", .status([200, 400])),
        ]
    }

    private static let absent: [BadRequest] = [
        .request("tags of nobody", "GET", "/v2/nobody/nothing/tags/list", .status(404, "NAME_UNKNOWN")),
        .request("tags of nobody, with a number that is none", "GET", "/v2/nobody/nothing/tags/list?n=abc", .refusal),
        .request("referrers with a bad digest and filter", "GET", "/v2/good/image/referrers/abc?artifactType=%zz", .status(400, "DIGEST_INVALID")),
    ]
}
