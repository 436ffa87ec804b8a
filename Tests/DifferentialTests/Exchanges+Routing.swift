import ShellSupport

extension Exchange {
    /// The paths of the API and those around them, with methods they have and haven't.
    static var routing: [Exchange] {
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"]
        let endpoints = [
            "/v2/", "/v2/_catalog", "/v2/app/tags/list", "/v2/app/manifests/latest",
            "/v2/app/blobs/\(Fixture.unknownDigest)",
        ]
        var exchanges: [Exchange] = []
        for endpoint in endpoints {
            for method in methods where !(method == "DELETE" && endpoint.hasSuffix("latest")) {
                let content = ["POST", "PUT", "PATCH"].contains(method) ? [UInt8]() : nil
                exchanges.append(Exchange("routing/method \(method) \(endpoint)", method, endpoint, body: content))
            }
        }
        for method in methods where method != "POST" {
            exchanges.append(Exchange("routing/method \(method) of uploads", method, "/v2/app/blobs/uploads/"))
        }
        let paths = [
            "/", "/v1/", "/v1/_ping", "/v2", "/v2/?x=y", "/v2/app", "/v2/app/", "/v2/app/unknown", "/v2/app/tags",
            "/v2/app/tags/", "/v2/app/tags/list/", "/v2/app/tags/lists", "/v2/_catalog/", "/v2/_catalogs",
            "/v2/app/manifests", "/v2/app/manifests/", "/v2/app/manifests/latest/", "/v2/app/manifests/a/b",
            "/v2/app/blobs", "/v2/app/blobs/", "/v2/app/blobs/uploads", "/v2/app/blobs/\(Fixture.layerDigest)/",
            "//v2/", "/v2//", "/v2//app/tags/list", "/v2/app//tags/list", "/v2/./app/tags/list",
            "/v2/x/../app/tags/list", "/v2/%2e%2e/v2/", "/v2/app%2Ftags/list", "/v2/app/tags%2Flist",
            "/V2/", "/favicon.ico", "/v2/app/_trust/tuf/root.json", "/v2/_catalog?", "/v2/app/tags/list?",
            "/v2/app/manifests/latest?x=y", "/v2/app/manifests/latest#fragment",
        ]
        exchanges += paths.map { Exchange("routing/path \($0)", "GET", $0) }
        exchanges += ["/v2", "/v2/app/blobs/uploads"].map {
            Exchange("routing/post \($0)", "POST", $0, body: [])
        }
        return exchanges
    }

    /// Names of repositories, good and bad, in each kind of path.
    static var names: [Exchange] {
        let names: [(label: String, path: String)] = [
            ("one letter", "a"), ("upper case", "UPPER"), ("mixed case", "aB"), ("underscore", "a_b"),
            ("two underscores", "a__b"), ("three underscores", "a___b"), ("dot", "a.b"), ("two dots", "a..b"),
            ("leading dash", "-a"), ("trailing dash", "a-"), ("two dashes", "a--b"), ("dash and dot", "a-.b"),
            ("leading underscore", "_a"), ("leading dot", ".a"), ("empty component", "a//b"),
            ("dash component", "a/-b"),
            ("component of layout", "a/_layers"), ("blank", "a%20b"), ("encoded letter", "%61pp"),
            ("encoded slash", "a%2Fb"), ("encoded dots", "%2e%2e/app"), ("encoded null", "a%00"), ("umlaut", "%C3%A4"),
            ("bad encoding", "a%zz"), ("colon", "a:b"), ("host and port", "localhost:5000/app"),
            ("host with dot", "example.com/app"), ("digits", "123"), ("deep", "a/b/c/d/e/f/g/h"),
            ("word of the API", "manifests"), ("words of the API", "tags/list"), ("more words", "blobs/uploads"),
            ("255 characters", String(repeating: "n", count: 255)),
            ("256 characters", String(repeating: "n", count: 256)),
            ("components of 256", String(repeating: "nnn/", count: 63) + "nnnn"),
            ("tilde", "a~b"), ("plus", "a+b"), ("semicolon", "a;b"), ("unknown", "never/pushed"),
        ]
        return names.flatMap { label, path in
            [
                Exchange("names/\(label)/tags", "GET", "/v2/\(path)/tags/list"),
                Exchange("names/\(label)/manifest", "GET", "/v2/\(path)/manifests/latest", [accept(everything)]),
                Exchange("names/\(label)/blob", "HEAD", "/v2/\(path)/blobs/\(Fixture.layerDigest)"),
                Exchange("names/\(label)/upload", "POST", "/v2/\(path)/blobs/uploads/", body: []),
            ]
        }
    }

    /// Where answers point to, as proxies and hosts say.
    static var locations: [Exchange] {
        let headers: [(label: String, headers: [(name: String, value: String)])] = [
            ("host", [("Host", "registry.example")]), ("host with port", [("Host", "registry.example:8443")]),
            ("forwarded protocol", [("X-Forwarded-Proto", "https")]),
            ("forwarded host", [("X-Forwarded-Host", "public.example")]),
            ("forwarded hosts", [("X-Forwarded-Host", "first.example, second.example")]),
            ("forwarded both", [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "public.example:444")]),
            ("forwarded port", [("X-Forwarded-Port", "444"), ("X-Forwarded-Proto", "https")]),
            ("RFC 7239", [("Forwarded", "for=1.2.3.4;proto=https;host=public.example")]),
            ("RFC 7239 quoted", [("Forwarded", #"proto="https";host="public.example:8443""#)]),
            ("RFC 7239 twice", [("Forwarded", "host=first.example;proto=https, host=second.example")]),
            ("RFC 7239 broken", [("Forwarded", ";;=host")]),
            (
                "RFC 7239 and others",
                [
                    ("Forwarded", "host=one.example"), ("X-Forwarded-Host", "two.example"),
                    ("X-Forwarded-Proto", "https"),
                ]
            ),
        ]
        return headers.map { label, headers in
            Exchange("locations/\(label)", "POST", "/v2/located/blobs/uploads/", headers, body: [])
        }
    }

    /// An `Accept` field.
    static func accept(_ types: String) -> (name: String, value: String) { ("Accept", types) }

    /// All types of manifests that clients of today accept.
    static let everything = RegistryReader.manifestTypes
}
