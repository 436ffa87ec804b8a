/// Mounts of what can't be mounted. What is only absent is answered with an upload, as the specification demands.
enum MountCases {
    static let all: [BadRequest] = [
        mount("a digest that is none", "mount=abc&from=good/image", digestInvalid),
        mount("a digest of md5", "mount=md5:0123456789abcdef0123456789abcdef&from=good/image", digestInvalid),
        mount("a digest that is too short", "mount=sha256:abc&from=good/image", digestInvalid),
        mount("a digest in capitals", "mount=\(layer.uppercased())&from=good/image", digestInvalid),
        mount("a digest that is escaped twice", "mount=\(layer.replacing(":", with: "%253A"))&from=good/image", digestInvalid),
        mount("a digest with a broken escape", "mount=\(layer)%zz&from=good/image", digestInvalid),
        mount("a digest that is none, without source", "mount=abc", digestInvalid),
        mount("a source in capitals", "mount=\(layer)&from=GOOD/image", nameInvalid),
        mount("a source that begins with a slash", "mount=\(layer)&from=/good/image", nameInvalid),
        mount("a source that ends with a slash", "mount=\(layer)&from=good/image/", nameInvalid),
        mount("a source with a tag", "mount=\(layer)&from=good/image:latest", nameInvalid),
        mount("a source with a host", "mount=\(layer)&from=localhost:5000/good/image", nameInvalid),
        mount("a source that is a URL", "mount=\(layer)&from=http://127.0.0.1/good/image", nameInvalid),
        mount("a source with a NUL", "mount=\(layer)&from=good%00image", nameInvalid),
        mount("a source with a line end", "mount=\(layer)&from=good%0d%0aimage", nameInvalid),
        mount("a source of 256 letters", "mount=\(layer)&from=" + String(repeating: "a", count: 256), nameInvalid),
        mount("a source that is the store's folder", "mount=\(layer)&from=good/image/_uploads", nameInvalid),
        mount("a source with a broken escape", "mount=\(layer)&from=good%zz", nameInvalid),
        mount("a source without a digest, in capitals", "from=GOOD", nameInvalid),
        mount("a source beyond ASCII", "mount=\(layer)&from=%E4%B8%AD", nameInvalid),
        mount("a blob that is nowhere", "mount=\(Image.absent)&from=good/image", .status(202), "good/image"),
        mount("a blob from a repository that is nowhere", "mount=\(Image.absent)&from=nobody/nothing", .status(202), "good/image"),
        mount("a blob from the repository itself", "mount=\(Image.absent)&from=good/image", .status(202), "good/image"),
        mount("an empty digest", "mount=&from=good/image", .status(202), "good/image"),
        mount("a digest and an empty source", "mount=\(Image.absent)&from=", .status(202), "good/image"),
        mount("two digests", "mount=abc&mount=\(layer)&from=good/image", digestInvalid),
        mount("a bad digest and a bad mount", "mount=abc&from=good/image&digest=abc", digestInvalid),
    ]

    private static let layer = Image.digest(of: Image.layer)
    private static let digestInvalid = BadRequest.Expected.status(400, "DIGEST_INVALID")
    private static let nameInvalid = BadRequest.Expected.status(400, "NAME_INVALID")

    private static func mount(
        _ label: String, _ query: String, _ expected: BadRequest.Expected, _ repository: String = "good/copy"
    ) -> BadRequest {
        .request("mount of \(label)", "POST", "/v2/\(repository)/blobs/uploads/?\(query)", body: [], expected)
    }
}
