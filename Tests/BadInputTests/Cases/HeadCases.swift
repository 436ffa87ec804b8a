/// Heads that are no HTTP, too long, or could be read in two ways.
enum HeadCases {
    static let all: [BadRequest] = versions + lines + hosts + fields + floods + expectations + others

    private static func get(_ name: String, _ fields: String, _ expected: BadRequest.Expected = .status(400)) -> BadRequest {
        .raw("field: \(name)", "GET /v2/ HTTP/1.1\r\nHost: a\r\n\(fields)\r\n", expected)
    }

    private static let versions: [BadRequest] = [
        "HTTP/3.0", "HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/1", "HTTP/11", "HTTP/1.1.1", "HTTP/-1.1", "HTTP/1.10", "http/1.1", "HTP/1.1",
        "HTTP 1.1", "HTTPS/1.1", "HTTP/1,1", "HTTP/\u{661}.1", "ICY/1.0", "HTTP/1.1 x", "HTTP/99999999999999999999.1", "", "x",
    ].map { .raw("version \($0)", "GET /v2/ \($0)\r\nHost: a\r\n\r\n", .refusalOrClose) } + [
        .raw("HTTP/0.9", "GET /v2/\r\n", .refusalOrClose, pace: .thenEnd),
        .raw("HTTP/2 preface and settings", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", bytes: [0, 0, 0, 4, 0, 0, 0, 0, 0], .refusalOrClose),
        .raw("an upgrade to HTTP/2", "GET /v2/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
            .status([200, 400, 426])),
        .raw("an upgrade to a web socket", "GET /v2/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AA==\r\n\r\n",
            .status([200, 400, 426])),
        .raw("a TLS greeting", "", bytes: [0x16, 3, 1, 0, 0x2E, 1, 0, 0, 0x2A, 3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0x13, 1, 1, 0],
            .refusalOrClose, pace: .thenEnd),
        .raw("an SSH greeting", "SSH-2.0-OpenSSH_9.2p1\r\n", .refusalOrClose, pace: .thenEnd),
        .raw("a mail's greeting", "EHLO example.org\r\n", .refusalOrClose, pace: .thenEnd),
        .raw("a Redis command", "*1\r\n$4\r\nPING\r\n", .refusalOrClose, pace: .thenEnd),
        .raw("zeros", "", bytes: [UInt8](repeating: 0, count: 1000), .refusalOrClose, pace: .thenEnd),
        .raw("ones", "", bytes: [UInt8](repeating: 255, count: 1000), .refusalOrClose, pace: .thenEnd),
        .raw("line ends only", String(repeating: "\r\n", count: 2000), .refusalOrClose, pace: .thenEnd),
        .raw("a head that ends early", "GET /v2/ HTTP/1.1\r\nHost: a\r\nX: ", .refusalOrClose, pace: .thenEnd),
        .raw("nothing", "", .refusalOrClose, pace: .thenEnd),
    ]

    private static let lines: [BadRequest] = [
        ("a NUL", "/v2/\u{0}"), ("a control", "/v2/\u{1}"), ("a tab", "/v2/\t"), ("a space", "/v2/ x"), ("two spaces", " /v2/"), ("DEL", "/v2/\u{7f}"),
        ("letters beyond ASCII", "/v2/\u{e9}"), ("Chinese", "/v2/中文/tags/list"), ("a fragment", "/v2/#x"), ("no slash", "v2/"), ("an asterisk", "*"),
        ("a host and port", "registry.test:80"), ("FTP", "ftp://a/v2/"), ("a user", "http://user:secret@a/v2/"), ("no host", "http:///v2/"),
        ("a file", "file:///etc/passwd"), ("a script", "javascript:alert(1)"), ("a bare CR", "/v2/\rX"), ("nothing", ""),
    ].map { .raw("target with \($0.0)", "GET \($0.1) HTTP/1.1\r\nHost: a\r\n\r\n", .refusalOrClose) } + [
        .raw("bare LF", "GET /v2/ HTTP/1.1\nHost: a\n\n", .noFailure),
        .raw("bare LF after the first line", "GET /v2/ HTTP/1.1\nHost: a\r\n\r\n", .noFailure),
        .raw("bare CR", "GET /v2/ HTTP/1.1\rHost: a\r\r", .refusalOrClose, pace: .thenEnd),
        .raw("spaces behind", "GET /v2/ HTTP/1.1   \r\nHost: a\r\n\r\n", .refusalOrClose),
        .raw("a folded first line", "GET /v2/ HTTP/1.1\r\n Host: a\r\n\r\n", .refusalOrClose),
    ]

    private static let hosts: [BadRequest] = [
        .raw("no host", "GET /v2/ HTTP/1.1\r\n\r\n", .status(400)),
        .raw("two hosts", "GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .status(400)),
        .raw("the same host twice", "GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .status(400)),
    ] + ["a/b", "a b", "a,b", "u@a", "a\tb", "a\u{1}", "<a>", "a\"b", "中文", "a?b", "a#b", "a\\b", "http://a"].map {
        .raw("host \($0)", "GET /v2/ HTTP/1.1\r\nHost: \($0)\r\n\r\n", .status(400))
    }

    private static let fields: [BadRequest] = [
        get("space before the colon", "X-A : b\r\n"), get("tab before the colon", "X-A\t: b\r\n"), get("folded", "X-A: b\r\n c\r\n"),
        get("folded with a tab", "X-A: b\r\n\tc\r\n"), get("no colon", "nonsense\r\n"), get("no name", ": b\r\n"), get("space in the name", "X A: b\r\n"),
        get("control in the name", "X\u{1}A: b\r\n"), get("NUL in the name", "X\u{0}A: b\r\n"), get("name beyond ASCII", "X\u{e9}: b\r\n"),
        get("brackets in the name", "X(A): b\r\n"), get("quote in the name", "\"X\": b\r\n"), get("slash in the name", "X/A: b\r\n"),
        get("NUL in the value", "X-A: b\u{0}c\r\n"), get("control in the value", "X-A: b\u{1}c\r\n"), get("bare CR in the value", "X-A: b\rc\r\n"),
        get("DEL in the value", "X-A: b\u{7f}\r\n"), get("escape in the value", "X-A: \u{1b}[31m\r\n"),
        get("bare LF before a length", "X-A: b\nContent-Length: 5\r\n", .refusalOrClose),
    ]

    private static let floods: [BadRequest] = [
        get("101 fields", String(repeating: "X-A: b\r\n", count: 101), .status(431)),
        get("10,000 fields", String(repeating: "X-A: b\r\n", count: 10_000), .status(431)),
        get("10,000 fields of other names", (0..<10_000).map { "X-\($0): b\r\n" }.joined(), .status(431)),
        get("a value of 100 KB", "X-A: \(String(repeating: "a", count: 100_000))\r\n", .status(431)),
        get("a value of 4 MB", "X-A: \(String(repeating: "a", count: 4_000_000))\r\n", .status(431)),
        get("a name of 100 KB", "\(String(repeating: "a", count: 100_000)): b\r\n", .status(431)),
        get("credentials of 100 KB", "Authorization: Bearer \(String(repeating: "a", count: 100_000))\r\n", .status(431)),
        get("cookies of 100 KB", String(repeating: "Cookie: \(String(repeating: "a", count: 5000))\r\n", count: 20), .status(431)),
        .raw("a value without end", "GET /v2/ HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 200_000), .status(431)),
        .raw("a target of 9,000 bytes", "GET /v2/\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", .status(414)),
        .raw("a target of 1 MB", "GET /v2/\(String(repeating: "a", count: 1_000_000)) HTTP/1.1\r\nHost: a\r\n\r\n", .status([414, 431])),
        .raw("a query of 100 KB", "GET /v2/?\(String(repeating: "a=b&", count: 25_000)) HTTP/1.1\r\nHost: a\r\n\r\n", .status([414, 431])),
        .raw("a target without end", "GET /v2/" + String(repeating: "a", count: 200_000), .status([414, 431])),
        .raw("a target of slashes", "GET /v2\(String(repeating: "/", count: 8000)) HTTP/1.1\r\nHost: a\r\n\r\n", .refusal),
        .raw("a method without end", String(repeating: "A", count: 200_000), .refusalOrClose, pace: .thenEnd),
    ]

    private static let expectations: [BadRequest] = [
        "garbage", "100", "200-ok", "100-continue, 100-continue", "100-continue; x=y", "", "100-continue\u{0}",
    ].map {
        .raw("expectation of \($0)", "PUT /v2/good/image/manifests/bad HTTP/1.1\r\nHost: a\r\nExpect: \($0)\r\nContent-Length: 3\r\n\r\nabc",
            .status([400, 417]))
    } + [
        .raw("an expectation twice", "PUT /v2/good/image/manifests/bad HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nExpect: x\r\nContent-Length: 3\r\n\r\nabc",
            .status([400, 417])),
        .raw("an expectation before a bad name", "POST /v2/GOOD/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3000\r\n\r\n",
            .status(400)),
        .raw("an expectation before a bad length", "POST /v2/good/image/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: x\r\n\r\n",
            .status(400)),
    ]

    /// Fields whose value a registry reads, and that hold what it can't use: nothing is said about them but that the
    /// server lives.
    private static let others: [BadRequest] = [
        "Accept: ,,,;;;", "Accept: " + String(repeating: "a/b,", count: 5000), "If-None-Match: \"", "If-None-Match: W/", "If-None-Match: ,,,,",
        "If-Range: garbage", "If-Modified-Since: yesterday", "Authorization: ", "Authorization: Basic", "Authorization: Basic %%%",
        "Authorization: Basic \u{e9}", "Authorization: Bearer a b c", "X-Forwarded-Proto: javascript", "X-Forwarded-Host: a/b?c#d",
        "X-Forwarded-For: ,,,", "X-Forwarded-Port: 99999999", "Forwarded: host=\"a\\\"b\";proto=;;;,,,", "Forwarded: " + String(repeating: "for=a,", count: 5000),
        "Connection: \u{e9}", "Connection: close, keep-alive, ,", "Keep-Alive: timeout=-1", "Accept-Encoding: garbage;q=9", "Cookie: \u{e9}=", "Date: never",
        "Content-Encoding: gzip", "TE: trailers, garbage", "Trailer: Content-Length", "Via: 1.1 a, 1.1 a", "Max-Forwards: -1", "Origin: null",
    ].map { .raw("\($0.prefix(40))", "GET /v2/good/image/manifests/nothing HTTP/1.1\r\nHost: a\r\n\($0)\r\n\r\n", .refusal) }
}
