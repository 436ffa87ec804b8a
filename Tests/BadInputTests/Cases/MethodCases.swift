/// Methods that are none, or none of the endpoint.
enum MethodCases {
    static let all: [BadRequest] = ofNobody + ofOthers + forms

    private static let ofNobody: [BadRequest] = unknown.map { (method: String) -> BadRequest in
        .raw("method \(method.prefix(20))", "\(method) /v2/ HTTP/1.1\r\nHost: a\r\n\r\n", .refusal)
    }

    private static let ofOthers: [BadRequest] = wrong.map { (method: String, path: String) -> BadRequest in
        .request("\(method) of \(path.prefix(40))", method, path, .status(405, "UNSUPPORTED"))
    }

    private static let forms: [BadRequest] = [
        .raw("no method", " /v2/ HTTP/1.1\r\nHost: a\r\n\r\n", .refusalOrClose),
        .raw("no method and no space", "/v2/ HTTP/1.1\r\nHost: a\r\n\r\n", .refusalOrClose),
        .raw("a method with a NUL", "GE\u{0}T /v2/ HTTP/1.1\r\nHost: a\r\n\r\n", .refusalOrClose),
        .raw("a method with a tab behind", "GET\t/v2/ HTTP/1.1\r\nHost: a\r\n\r\n", .refusalOrClose),
        .raw("a method beyond ASCII", "G\u{c9}T /v2/ HTTP/1.1\r\nHost: a\r\n\r\n", .refusalOrClose),
        .raw("CONNECT to a host", "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", .refusal),
        .raw("CONNECT to a path", "CONNECT /v2/ HTTP/1.1\r\nHost: a\r\n\r\n", .refusal),
        .raw("TRACE with a secret", "TRACE /v2/ HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\n\r\n", .refusal),
        .raw("PRI", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refusalOrClose),
        .request("a body with GET", "GET", "/v2/good/image/manifests/latest", body: Image.manifest, .status([200, 400])),
        .request("a body with HEAD", "HEAD", "/v2/good/image/manifests/latest", body: Image.manifest, .status([200, 400])),
        .request("a body with GET of a blob", "GET", "/v2/good/image/blobs/\(Image.absent)", body: Image.manifest, .status(404)),
        .request("a body with DELETE", "DELETE", "/v2/good/image/manifests/nothing", body: Image.manifest, .status(404)),
        .request("a method in a field", "GET", "/v2/good/image/manifests/nothing", ["X-HTTP-Method-Override: DELETE"], .status(404)),
        .request("a method in the query", "GET", "/v2/good/image/manifests/nothing?_method=DELETE", .status(404)),
    ]

    private static let unknown = [
        "TRACE", "BREW", "get", "Get", "PROPFIND", "MKCOL", "FROB", "G", "GETT", "GE", "POSTGET", "GET,HEAD", "G\"T", "G(T", "<GET>",
        "0", "-", "%47ET", "LINK", "PURGE", "SEARCH", "SOURCE", "M-SEARCH", String(repeating: "A", count: 100),
        String(repeating: "A", count: 10_000),
    ]

    private static let wrong: [(String, String)] = [
        ("POST", "/v2/_catalog"), ("PATCH", "/v2/_catalog"), ("PATCH", "/v2/good/image/manifests/latest"),
        ("POST", "/v2/good/image/manifests/latest"), ("PUT", "/v2/good/image/blobs/\(Image.absent)"),
        ("PATCH", "/v2/good/image/blobs/\(Image.absent)"), ("POST", "/v2/good/image/blobs/\(Image.absent)"),
        ("DELETE", "/v2/good/image/blobs/uploads/"), ("PATCH", "/v2/good/image/blobs/uploads/"),
        ("POST", "/v2/good/image/tags/list"), ("PATCH", "/v2/good/image/tags/list"),
        ("PUT", "/v2/good/image/referrers/\(Image.absent)"), ("TRACE", "/v2/good/image/manifests/latest"),
        ("PROPFIND", "/v2/good/image/manifests/latest"),
    ]
}
