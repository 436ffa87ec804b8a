/// Digests that are none, wherever one is expected.
enum DigestCases {
    static let all: [BadRequest] = malformed + absent

    private static let malformed: [BadRequest] = digests.flatMap { entry -> [BadRequest] in
        [
            request("\(entry.label): read", "GET", "blobs", entry.text),
            request("\(entry.label): head", "HEAD", "blobs", entry.text),
            request("\(entry.label): delete", "DELETE", "blobs", entry.text),
            request("\(entry.label): manifest", "GET", "manifests", entry.text),
            request("\(entry.label): referrers", "GET", "referrers", entry.text),
            .request(
                "\(entry.label): push", "PUT", "/v2/good/image/manifests/\(entry.text)",
                ["Content-Type: \(Image.manifestType)"], body: Image.manifest, .status(400, "DIGEST_INVALID")),
            .request(
                "\(entry.label): upload in one request", "POST", "/v2/good/image/blobs/uploads/?digest=\(entry.text)",
                body: Image.layer, .status(400, "DIGEST_INVALID")),
            .request(
                "\(entry.label): upload's end", "PUT", "{upload}?_state={state}&digest=\(entry.text)", body: [],
                .status(400, "DIGEST_INVALID"), stage: .upload),
        ]
    }

    private static let hex = String(repeating: "0123456789abcdef", count: 4)

    private static let digests: [(label: String, text: String)] = [
        ("63 digits", "sha256:" + hex.dropLast()),
        ("65 digits", "sha256:" + hex + "0"),
        ("no digits", "sha256:"),
        ("digits in capitals", "sha256:" + hex.uppercased()),
        ("one capital", "sha256:" + hex.dropLast() + "F"),
        ("a letter beyond hexadecimal", "sha256:" + hex.dropLast() + "g"),
        ("the algorithm in capitals", "SHA256:" + hex),
        ("md5", "md5:0123456789abcdef0123456789abcdef"),
        ("sha1", "sha1:0123456789abcdef0123456789abcdef01234567"),
        ("an unknown algorithm", "sha257:" + hex),
        ("an algorithm's parts", "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564"),
        ("the wrong length for sha512", "sha512:" + hex),
        ("the wrong length for sha384", "sha384:" + hex),
        ("no algorithm", ":" + hex),
        ("two colons", "sha256::" + hex),
        ("two algorithms", "sha256:sha256:" + hex),
        ("a space", "sha256:%20" + hex.dropLast()),
        ("a NUL", "sha256:" + hex.dropLast() + "%00"),
        ("a line end", "sha256:" + hex + "%0d%0a"),
        ("digits beyond ASCII", "sha256:" + hex.dropLast(1) + "%D9%A1"),
        ("10,000 digits", "sha256:" + String(repeating: "a", count: 5000)),
    ]

    private static func request(_ name: String, _ method: String, _ kind: String, _ text: String) -> BadRequest {
        .request(name, method, "/v2/good/image/\(kind)/\(text)", .status(400, "DIGEST_INVALID"))
    }

    /// Well formed digests of what is not there.
    private static let absent: [BadRequest] = [
        .request("absent blob", "GET", "/v2/good/image/blobs/\(Image.absent)", .status(404, "BLOB_UNKNOWN")),
        .request("absent blob to delete", "DELETE", "/v2/good/image/blobs/\(Image.absent)", .status(404, "BLOB_UNKNOWN")),
        .request("absent manifest", "GET", "/v2/good/image/manifests/\(Image.absent)", .status(404, "MANIFEST_UNKNOWN")),
        .request(
            "absent manifest to delete", "DELETE", "/v2/good/image/manifests/\(Image.absent)",
            .status(404, "MANIFEST_UNKNOWN")),
        .request(
            "blob of another repository", "GET", "/v2/other/image/blobs/\(Image.digest(of: Image.layer))",
            .status(404, "BLOB_UNKNOWN")),
        .request(
            "blob taken for a manifest", "GET", "/v2/good/image/manifests/\(Image.digest(of: Image.layer))",
            .status(404, "MANIFEST_UNKNOWN")),
        .request(
            "manifest under another digest", "PUT", "/v2/good/image/manifests/\(Image.absent)",
            ["Content-Type: \(Image.manifestType)"], body: Image.manifest, .status(400, "DIGEST_INVALID")),
        .request(
            "digest without a colon", "GET", "/v2/good/image/blobs/\(hex)", .status(400, "DIGEST_INVALID")),
        .request("empty digest", "GET", "/v2/good/image/blobs/", .refusal),
    ]
}
