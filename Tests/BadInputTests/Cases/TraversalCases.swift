/// Ways out of the store's folder, in every position of a path and of a query.
enum TraversalCases {
    static let all: [BadRequest] = escapes.flatMap(positions) + targets

    private static let escapes: [(label: String, text: String)] = [
        ("dots", ".."),
        ("escaped dots", "%2e%2e"),
        ("half escaped dots", ".%2E"),
        ("dots escaped twice", "%252e%252e"),
        ("dots escaped thrice", "%25252e%25252e"),
        ("dots and escaped slashes", "..%2f..%2f..%2f..%2fetc%2fpasswd"),
        ("all escaped", "%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
        ("slashes escaped twice", "..%252f..%252f..%252fetc%252fpasswd"),
        ("backslashes", "..%5c..%5cwindows%5cwin.ini"),
        ("overlong dots", "%c0%ae%c0%ae"),
        ("overlong slashes", "..%c0%af..%c0%af"),
        ("dots of full width", "%ef%bc%8e%ef%bc%8e"),
        ("dots and a NUL", "..%00"),
        ("dots and a semicolon", "..;"),
        ("four dots", "...."),
        ("an absolute path", "%2fetc%2fpasswd"),
        ("a file's URL", "file:%2f%2f%2fetc%2fpasswd"),
    ]

    private static func positions(_ escape: (label: String, text: String)) -> [BadRequest] {
        let (label, text) = escape
        let layer = Image.digest(of: Image.layer)
        return [
            .request("\(label) as a name", "GET", "/v2/\(text)/manifests/latest", .refusal),
            .request("\(label) before a name", "PUT", "/v2/\(text)/image/manifests/latest", body: Image.manifest, .refusal),
            .request("\(label) behind a name", "POST", "/v2/good/image/\(text)/blobs/uploads/", body: [], .refusal),
            .request("\(label) as a tag to read", "GET", "/v2/good/image/manifests/\(text)", .refusal),
            .request(
                "\(label) as a tag to write", "PUT", "/v2/good/image/manifests/\(text)",
                ["Content-Type: \(Image.manifestType)"], body: Image.manifest, .refusal),
            .request("\(label) as a tag to delete", "DELETE", "/v2/good/image/manifests/\(text)", .refusal),
            .request("\(label) as a digest", "GET", "/v2/good/image/blobs/\(text)", .refusal),
            .request("\(label) in a digest", "GET", "/v2/good/image/blobs/sha256:\(text)", .refusal),
            .request("\(label) as a digest to delete", "DELETE", "/v2/good/image/blobs/sha256:\(text)", .refusal),
            .request("\(label) as a subject", "GET", "/v2/good/image/referrers/\(text)", .refusal),
            .request("\(label) as an upload", "PATCH", "/v2/good/image/blobs/uploads/\(text)", body: [1], .refusal),
            .request("\(label) as an upload to cancel", "DELETE", "/v2/good/image/blobs/uploads/\(text)", .refusal),
            .request(
                "\(label) as an upload to end", "PUT", "/v2/good/image/blobs/uploads/\(text)?digest=\(layer)",
                body: Image.layer, .refusal),
            .request(
                "\(label) as a mount's source", "POST", "/v2/good/copy/blobs/uploads/?mount=\(layer)&from=\(text)",
                body: [], .status(400)),
            .request(
                "\(label) as a mount's digest", "POST", "/v2/good/copy/blobs/uploads/?mount=\(text)&from=good/image",
                body: [], .status(400, "DIGEST_INVALID")),
            .request(
                "\(label) as a further tag", "PUT", "/v2/good/image/manifests/latest?tag=\(text)",
                ["Content-Type: \(Image.manifestType)"], body: Image.manifest, .status(400, "TAG_INVALID")),
        ]
    }

    /// Paths that would leave the API.
    private static let targets: [BadRequest] = [
        .request("up from the API", "GET", "/v2/../../../etc/passwd", .refusal),
        .request("up from the root", "GET", "/../../etc/passwd", .refusal),
        .request("up from the root, escaped", "GET", "/%2e%2e/%2e%2e/etc/passwd", .refusal),
        .request("up and back", "GET", "/v2/good/image/manifests/../manifests/latest", .refusal),
        .request("down in one place", "GET", "/v2/./good/image/./tags/list", .refusal),
        .request("two slashes first", "GET", "//v2/good/image/tags/list", .refusal),
        .request("two slashes before a reference", "GET", "/v2/good/image/manifests//latest", .refusal),
        .request("two slashes in front of a host", "GET", "//registry.test/v2/", .refusal),
        .request("a backslash for a slash", "GET", "/v2\\good\\image\\tags\\list", .refusal),
        .request("the store's own folders", "GET", "/docker/registry/v2/repositories/good/image", .refusal),
        .request("the store's own link", "GET", "/v2/good/image/_manifests/tags/latest/current/link", .refusal),
        .request("the store's data", "GET", "/v2/good/image/blobs/sha256/00/data", .refusal),
    ]
}
