/// Names of repositories that break the grammar, at every endpoint that has one.
enum NameCases {
    static let all: [BadRequest] = named.flatMap { endpoints($0.label, $0.name, .status(400, "NAME_INVALID")) } + lost

    /// Names that reach the grammar and break it.
    private static let named: [(label: String, name: String)] = [
        ("capitals", "Good/image"),
        ("a capital in the middle", "good/imAge"),
        ("capitals beyond ASCII", "good/%C3%84pfel"),
        ("letters beyond ASCII", "good/%E4%B8%AD%E6%96%87"),
        ("letters of full width", "good/%EF%BD%81"),
        ("a soft hyphen", "good/im%C2%ADage"),
        ("an emoji", "good/%F0%9F%90%B3"),
        ("a right-to-left mark", "good/%E2%80%8Fimage"),
        ("a dot at the start", ".good/image"),
        ("a dash at the start", "-good/image"),
        ("an underscore at the start", "_good/image"),
        ("a dot at the end", "good/image."),
        ("a dash at the end", "good/image-"),
        ("an underscore at the end", "good/image_"),
        ("two dots inside", "good/im..age"),
        ("three underscores", "good/im___age"),
        ("dot and dash", "good/im.-age"),
        ("an empty component", "good//image"),
        ("an empty first component", "/good/image"),
        ("two empty components", "good///image"),
        ("one dot", "good/./image"),
        ("two dots", "good/../image"),
        ("dots first", "../good/image"),
        ("escaped dots", "good/%2e%2e/image"),
        ("dots escaped twice", "good/%252e%252e/image"),
        ("a NUL", "good/image%00"),
        ("a line end", "good/image%0d%0aX-Injected:%20yes"),
        ("a bare LF", "good/im%0aage"),
        ("a tab", "good/im%09age"),
        ("a space", "good/im%20age"),
        ("a plus", "good/im+age"),
        ("a backslash", "good%5cimage"),
        ("a percent sign", "good/im%25age"),
        ("a tilde", "~good/image"),
        ("an at sign", "good@image"),
        ("an asterisk", "good/*"),
        ("a quote", "good/%22image%22"),
        ("an angle bracket", "good/%3Cscript%3E"),
        ("a semicolon", "good/image;v=1"),
        ("a question mark", "good/image%3F"),
        ("a shell's words", "good/$(id)"),
        ("an upload folder", "good/image/_uploads"),
        ("a manifest folder", "good/image/_manifests"),
        ("a layer folder", "_layers"),
        ("256 characters", String(repeating: "a", count: 256)),
        ("256 characters in parts", String(repeating: "a/", count: 128) + "aa"),
        ("4,000 characters", String(repeating: "a", count: 4000)),
        ("1,000 components", String(repeating: "a/", count: 1000) + "a"),
    ]

    /// Paths that are no endpoint at all, or have no name.
    private static let lost: [BadRequest] = [
        .request("no name before tags", "GET", "/v2/tags/list", .status(404)),
        .request("no name before manifests", "GET", "/v2/manifests/latest", .status(404)),
        .request("no name before a blob", "GET", "/v2/blobs/\(Image.absent)", .status(404)),
        .request("no name before uploads", "POST", "/v2/blobs/uploads/", body: [], .refusal),
        .request("an empty name before tags", "GET", "/v2//tags/list", .status(400, "NAME_INVALID")),
        .request("an empty name before uploads", "POST", "/v2//blobs/uploads/", body: [], .status(400, "NAME_INVALID")),
        .request("a host and port", "GET", "/v2/localhost:5000/image/tags/list", .refusal),
        .request(
            "a host and port at an upload",
            "POST",
            "/v2/localhost:99999999/image/blobs/uploads/",
            body: [],
            .refusal
        ),
        .request("a name and nothing else", "GET", "/v2/good/image", .status(404)),
        .request("a name and a slash", "GET", "/v2/good/image/", .status(404)),
        .request("an unknown list", "GET", "/v2/good/image/tags/all", .status(404)),
        .request("an unknown word", "GET", "/v2/good/image/secrets/1", .status(404)),
        .request("an unknown underscore", "GET", "/v2/_secrets", .status(404)),
        .request("the first version", "GET", "/v1/_ping", .refusal),
        .request("a version that is not there", "GET", "/v3/", .refusal),
        .request("the version in capitals", "GET", "/V2/", .refusal),
        .request("a version that goes on", "GET", "/v22/good/image/tags/list", .refusal),
        .request("the version twice", "GET", "/v2/v2/", .status(404)),
        .request("more behind the catalog", "GET", "/v2/_catalog/good", .status(404)),
        .request("more behind a tag list", "GET", "/v2/good/image/tags/list/more", .refusal),
        .request("more behind an upload", "GET", "/v2/good/image/blobs/uploads/a/b", .refusal),
        .request("a broken escape", "GET", "/v2/good/%/tags/list", .status(400)),
        .request("half an escape", "GET", "/v2/good/%2/tags/list", .status(400)),
        .request("an escape that is not hexadecimal", "GET", "/v2/good/%zz/tags/list", .status(400)),
        .request("an escape that is not UTF-8", "GET", "/v2/good/%ff%fe/tags/list", .status(400)),
        .request("an escape in IIS's form", "GET", "/v2/good/%u0041/tags/list", .status(400)),
        .request("an escape at the end", "GET", "/v2/good/image/tags/list%", .status(400)),
        .request("a surrogate in UTF-8", "GET", "/v2/good/%ed%a0%80/tags/list", .status(400)),
    ]

    /// A bad name at reading and writing endpoints.
    private static func endpoints(_ label: String, _ name: String, _ expected: BadRequest.Expected) -> [BadRequest] {
        [
            .request("\(label): tags", "GET", "/v2/\(name)/tags/list", expected),
            .request("\(label): upload", "POST", "/v2/\(name)/blobs/uploads/", body: [], expected),
            .request(
                "\(label): push",
                "PUT",
                "/v2/\(name)/manifests/latest",
                ["Content-Type: \(Image.manifestType)"],
                body: Image.manifest,
                expected
            ),
            .request("\(label): delete", "DELETE", "/v2/\(name)/manifests/latest", expected),
        ]
    }
}
