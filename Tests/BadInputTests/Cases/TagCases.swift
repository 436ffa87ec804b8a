/// Tags that break the grammar: unknown to who reads, invalid to who writes.
enum TagCases {
    static let all: [BadRequest] = malformed + absent

    private static let malformed: [BadRequest] = [
        ("a dot first", ".latest"), ("a dash first", "-latest"), ("a dash only", "-"), ("a space", "a%20b"), ("a plus", "a+b"),
        ("a slash", "a%2fb"), ("a colon's escape", "a%3ab"), ("a backslash", "a%5cb"), ("a NUL", "a%00"), ("a line end", "a%0d%0ab"),
        ("a tab", "a%09"), ("a percent sign", "a%25"), ("an asterisk", "*"), ("an at sign", "a@b"), ("a tilde", "~a"),
        ("a quote", "%22a%22"), ("an angle bracket", "%3Ca%3E"), ("a brace", "%7Ba%7D"), ("a pipe", "a%7Cb"),
        ("letters beyond ASCII", "%E4%B8%AD"), ("a combining accent", "a%CC%81"), ("an emoji", "%F0%9F%90%B3"),
        ("digits beyond ASCII", "%D9%A1"), ("a soft hyphen", "a%C2%ADb"), ("129 letters", String(repeating: "a", count: 129)),
        ("4,000 letters", String(repeating: "a", count: 4000)), ("an exclamation mark", "a!b"), ("a comma", "a,b"),
        ("an equals sign", "a=b"), ("a semicolon", "a;b"),
    ].flatMap { (label: String, tag: String) -> [BadRequest] in
        let path = "/v2/good/image/manifests/\(tag)"
        return [
            .request("tag with \(label): read", "GET", path, .refusal),
            .request("tag with \(label): head", "HEAD", path, .refusal),
            .request("tag with \(label): write", "PUT", path, ["Content-Type: \(Image.manifestType)"], body: Image.manifest, .refusal),
            .request("tag with \(label): delete", "DELETE", path, .refusal),
            .request(
                "further tag with \(label)", "PUT", "/v2/good/image/manifests/latest?tag=fine&tag=\(tag)",
                ["Content-Type: \(Image.manifestType)"], body: Image.manifest, .status(400, "TAG_INVALID")),
        ]
    }

    private static let absent: [BadRequest] = [
        .request("no tag: read", "GET", "/v2/good/image/manifests/", .refusal),
        .request("no tag: write", "PUT", "/v2/good/image/manifests/", body: Image.manifest, .refusal),
        .request("no tag: delete", "DELETE", "/v2/good/image/manifests/", .refusal),
        .request("an empty further tag", "PUT", "/v2/good/image/manifests/latest?tag=", ["Content-Type: \(Image.manifestType)"],
            body: Image.manifest, .status(400, "TAG_INVALID")),
        .request("a tag that is not there", "GET", "/v2/good/image/manifests/nothing", .status(404, "MANIFEST_UNKNOWN")),
        .request("a tag that is not there, to delete", "DELETE", "/v2/good/image/manifests/nothing", .status(404, "MANIFEST_UNKNOWN")),
    ]
}
