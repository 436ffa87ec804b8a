import ShellSupport

extension Exchange {
    /// Uploads in one request, in chunks, mounted, broken off, and done wrong.
    static var uploads: [Exchange] {
        single + chunked + outOfOrder + wrongEnds + states + mounts + otherAlgorithms
    }

    private static let start = "/v2/up/blobs/uploads/"
    private static let content = ImageLayout.noise(seed: "upload", count: 1000)
    private static let digest = contentDigest(content)
    private static let octets = (name: "Content-Type", value: "application/octet-stream")

    private static func begin(_ name: String, _ saved: String, _ target: String = start) -> Exchange {
        Exchange("uploads/\(name): begin", "POST", target, body: [], save: saved)
    }

    private static var single: [Exchange] {
        [
            begin("in one PUT", "one"),
            Exchange("uploads/in one PUT: end", "PUT", "{one&}digest=\(digest)", [octets], body: content),
            Exchange("uploads/in one PUT: head", "HEAD", "/v2/up/blobs/\(digest)"),
            Exchange("uploads/in one PUT: ended", "GET", "{one}"),
            Exchange("uploads/in one PUT: ended again", "PUT", "{one&}digest=\(digest)", [octets], body: content),
            begin("without a type", "untyped"),
            Exchange("uploads/without a type: end", "PUT", "{untyped&}digest=\(digest)", body: content),
            begin("with another type", "typed"),
            Exchange(
                "uploads/with another type: end",
                "PUT",
                "{typed&}digest=\(digest)",
                [("Content-Type", "application/json")],
                body: content
            ),
            begin("as a form", "form"),
            Exchange(
                "uploads/as a form: end",
                "PUT",
                "{form&}digest=\(digest)",
                [("Content-Type", "application/x-www-form-urlencoded")],
                body: content
            ),
            begin("of nothing", "empty"),
            Exchange("uploads/of nothing: end", "PUT", "{empty&}digest=\(contentDigest([]))", [octets], body: []),
            Exchange("uploads/of nothing: get", "GET", "/v2/up/blobs/\(contentDigest([]))"),
            begin("in chunks of HTTP", "framed"),
            Exchange(
                "uploads/in chunks of HTTP: end",
                "PUT",
                "{framed&}digest=\(digest)",
                [octets],
                body: content,
                chunked: true
            ),
            begin("expecting 100", "expecting"),
            Exchange(
                "uploads/expecting 100: end",
                "PUT",
                "{expecting&}digest=\(digest)",
                [octets, ("Expect", "100-continue")],
                body: content
            ),
            Exchange("uploads/in one POST", "POST", "\(start)?digest=\(digest)", [octets], body: content),
            Exchange("uploads/in one POST, wrong digest", "POST", "\(start)?digest=\(digest)", [octets], body: [1]),
            Exchange("uploads/in one POST, bad digest", "POST", "\(start)?digest=x", [octets], body: content),
            Exchange("uploads/POST with content", "POST", start, [octets], body: content),
        ]
    }

    private static func range(_ value: String) -> (name: String, value: String) { ("Content-Range", value) }

    private static var chunked: [Exchange] {
        let first = Array(content[..<400])
        let second = Array(content[400...])
        return [
            begin("two chunks", "two"),
            Exchange("uploads/two chunks: status before", "GET", "{two}"),
            Exchange("uploads/two chunks: head before", "HEAD", "{two}"),
            Exchange(
                "uploads/two chunks: first",
                "PATCH",
                "{two}",
                [octets, range("0-399")],
                body: first,
                save: "two"
            ),
            Exchange("uploads/two chunks: status between", "GET", "{two}"),
            Exchange("uploads/two chunks: head between", "HEAD", "{two}"),
            Exchange(
                "uploads/two chunks: second",
                "PATCH",
                "{two}",
                [octets, range("400-999")],
                body: second,
                save: "two"
            ),
            Exchange("uploads/two chunks: status after", "GET", "{two}"),
            Exchange("uploads/two chunks: end", "PUT", "{two&}digest=\(digest)", body: []),
            Exchange("uploads/two chunks: get", "GET", "/v2/up/blobs/\(digest)"),
            begin("last chunk in the PUT", "last"),
            Exchange("uploads/last chunk in the PUT: first", "PATCH", "{last}", [octets], body: first, save: "last"),
            Exchange(
                "uploads/last chunk in the PUT: end",
                "PUT",
                "{last&}digest=\(digest)",
                [octets, range("400-999")],
                body: second
            ),
            begin("one streamed chunk", "stream"),
            Exchange(
                "uploads/one streamed chunk: patch",
                "PATCH",
                "{stream}",
                [octets],
                body: content,
                chunked: true,
                save: "stream"
            ),
            Exchange("uploads/one streamed chunk: end", "PUT", "{stream&}digest=\(digest)", body: []),
            begin("an empty chunk", "nothing"),
            Exchange("uploads/an empty chunk: patch", "PATCH", "{nothing}", [octets], body: [], save: "nothing"),
            Exchange("uploads/an empty chunk: one byte", "PATCH", "{nothing}", [octets], body: [65], save: "nothing"),
            Exchange("uploads/an empty chunk: status", "GET", "{nothing}"),
            begin("typed chunks", "json"),
            Exchange(
                "uploads/typed chunks: json",
                "PATCH",
                "{json}",
                [("Content-Type", "application/json")],
                body: first,
                save: "json"
            ),
            Exchange("uploads/typed chunks: no type", "PATCH", "{json}", body: first, save: "json"),
        ]
    }

    private static var outOfOrder: [Exchange] {
        let ranges = ["0-399", "500-899", "400-", "abc", "bytes 0-399/1000", "399-0", "0-99", "-1-5", "0-0"]
        return ranges.flatMap { value -> [Exchange] in
            let label = "uploads/range \(value)"
            let saved = "range"
            return [
                Exchange("\(label): begin", "POST", start, body: [], save: saved),
                Exchange(
                    "\(label): patch",
                    "PATCH",
                    "{range}",
                    [octets, range(value)],
                    body: Array(content[..<400]),
                    save: saved
                ),
                Exchange("\(label): status", "GET", "{range}"),
            ]
        } + [
            begin("a chunk twice", "twice"),
            Exchange(
                "uploads/a chunk twice: first",
                "PATCH",
                "{twice}",
                [octets, range("0-399")],
                body: Array(content[..<400]),
                save: "after"
            ),
            Exchange(
                "uploads/a chunk twice: again",
                "PATCH",
                "{after}",
                [octets, range("0-399")],
                body: Array(content[..<400])
            ),
            Exchange("uploads/a chunk twice: with the old state", "PATCH", "{twice}", [octets], body: [1, 2, 3]),
            Exchange(
                "uploads/a chunk twice: end out of order",
                "PUT",
                "{after&}digest=\(digest)",
                [octets, range("600-999")],
                body: Array(content[600...])
            ),
        ]
    }

    private static var wrongEnds: [Exchange] {
        let ends: [(label: String, query: String)] = [
            ("no digest", ""), ("an empty digest", "digest="), ("a bad digest", "digest=latest"),
            ("a short digest", "digest=sha256:abc"), ("an unknown algorithm", "digest=md5:\(hex(32))"),
            ("another digest", "digest=\(Fixture.unknownDigest)"), ("two digests", "digest=\(digest)&digest=x"),
            ("an encoded digest", "digest=\(digest.replacing(":", with: "%3A"))"),
        ]
        var exchanges = ends.flatMap { label, query in
            [
                Exchange("uploads/\(label): begin", "POST", start, body: [], save: "end"),
                Exchange("uploads/\(label): end", "PUT", "{end&}\(query)", [octets], body: content),
                Exchange("uploads/\(label): status", "GET", "{end}"),
            ]
        }
        exchanges += [
            begin("cancelled", "cancelled"),
            Exchange("uploads/cancelled: delete", "DELETE", "{cancelled}"),
            Exchange("uploads/cancelled: delete again", "DELETE", "{cancelled}"),
            Exchange("uploads/cancelled: status", "GET", "{cancelled}"),
            Exchange("uploads/cancelled: patch", "PATCH", "{cancelled}", [octets], body: content),
            Exchange("uploads/cancelled: end", "PUT", "{cancelled&}digest=\(digest)", [octets], body: content),
            begin("posted to", "posted"),
            Exchange("uploads/posted to: post", "POST", "{posted}", body: []),
            Exchange("uploads/posted to: options", "OPTIONS", "{posted}"),
        ]
        return exchanges
    }

    private static var states: [Exchange] {
        let identifier = "01234567-89ab-4cde-8f01-23456789abcd"
        var exchanges: [Exchange] = []
        for method in ["GET", "PATCH", "PUT", "DELETE"] {
            let content = ["PATCH", "PUT"].contains(method) ? content : nil
            for (label, path) in [
                ("unknown", "\(start)\(identifier)"), ("unknown with a state", "\(start)\(identifier)?_state=abc"),
                ("not an id", "\(start)a%20b"), ("dots", "\(start).."), ("a word", "\(start)word"),
            ] {
                exchanges.append(Exchange("uploads/state \(label) \(method)", method, path, [octets], body: content))
            }
        }
        exchanges += [
            begin("broken state", "state"),
            Exchange("uploads/broken state: patch", "PATCH", "{state}x", [octets], body: content),
            Exchange("uploads/broken state: status", "GET", "{state}x"),
        ]
        return exchanges
    }

    private static var mounts: [Exchange] {
        let layer = Fixture.layerDigest
        let queries: [(label: String, query: String)] = [
            ("known", "mount=\(layer)&from=app"), ("already there", "mount=\(layer)&from=app"),
            ("from a repository without it", "mount=\(layer)&from=other"),
            ("from an unknown repository", "mount=\(layer)&from=nothing"),
            ("from a bad name", "mount=\(layer)&from=UPPER"),
            ("unknown", "mount=\(Fixture.unknownDigest)&from=app"), ("bad digest", "mount=sha256:abc&from=app"),
            ("empty digest", "mount=&from=app"), ("from itself", "mount=\(layer)&from=mounted"),
            ("with a digest", "mount=\(Fixture.unknownDigest)&from=app&digest=\(digest)"),
            ("encoded", "mount=\(contentDigest(Fixture.image.blobs[1]).replacing(":", with: "%3A"))&from=app"),
        ]
        return queries.map { Exchange("uploads/mount \($0)", "POST", "/v2/mounted/blobs/uploads/?\($1)", body: []) } + [
            Exchange("uploads/mount without from", "POST", "/v2/mounted2/blobs/uploads/?mount=\(layer)", body: []),
            Exchange("uploads/mount with from only", "POST", "/v2/mounted/blobs/uploads/?from=app", body: []),
            Exchange("uploads/mount: get", "GET", "/v2/mounted/blobs/\(layer)", [("Range", "bytes=0-9")]),
        ]
    }

    private static var otherAlgorithms: [Exchange] {
        let digest = contentDigest512(content)
        return [
            begin("sha512", "long"),
            Exchange("uploads/sha512: end", "PUT", "{long&}digest=\(digest)", [octets], body: content),
            Exchange("uploads/sha512: head", "HEAD", "/v2/up/blobs/\(digest)"),
            Exchange("uploads/sha512: get", "GET", "/v2/up/blobs/\(digest)"),
            begin("sha512 named", "named", "\(start)?digest-algorithm=sha512"),
            Exchange("uploads/sha512 named: end", "PUT", "{named&}digest=\(digest)", [octets], body: content),
            begin("sha512 wrong", "wrong"),
            Exchange("uploads/sha512 wrong: end", "PUT", "{wrong&}digest=\(digest)", [octets], body: [1, 2]),
        ]
    }
}
