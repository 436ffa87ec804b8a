import ShellSupport

extension Exchange {
    /// The catalog and the tags of a repository, in pages.
    static var lists: [Exchange] {
        let queries = [
            "", "?n=0", "?n=1", "?n=2", "?n=3", "?n=100", "?n=1000", "?n=1001", "?n=100000", "?n=-1", "?n=x", "?n=",
            "?n=1.5", "?n=99999999999999999999", "?n=%31", "?n=1&n=2", "?last=a", "?last=a-b", "?last=a/b", "?last=zzz",
            "?last=", "?last=missing", "?n=2&last=a", "?n=2&last=a-b", "?last=a&n=2", "?n=2&last=a%2Fb",
            "?n=1&last=zzz",
            "?n=2&x=y", "?N=1", "?last=1&n=3", "?last=v1.0&n=2", "?last=Z",
        ]
        var exchanges = queries.map { Exchange("lists/catalog \($0)", "GET", "/v2/_catalog\($0)") }
        exchanges += queries.map { Exchange("lists/tags \($0)", "GET", "/v2/many/tags/list\($0)") }
        exchanges += [
            Exchange("lists/tags of an unknown repository", "GET", "/v2/nothing/here/tags/list"),
            Exchange("lists/tags of a parent", "GET", "/v2/a/tags/list"),
            Exchange("lists/tags of a child", "GET", "/v2/a/b/tags/list"),
            Exchange("lists/tags as text", "GET", "/v2/app/tags/list", [accept("text/plain")]),
        ]
        return exchanges
    }

    /// What points to a manifest: the peer has no such endpoint.
    static var referrers: [Exchange] {
        let base = "/v2/app/referrers"
        return [
            Exchange("referrers/of an image", "GET", "\(base)/\(Fixture.image.digest)"),
            Exchange("referrers/of one without", "GET", "\(base)/\(Fixture.unknownDigest)"),
            Exchange("referrers/filtered", "GET", "\(base)/\(Fixture.image.digest)?artifactType=application/x"),
            Exchange("referrers/of a tag", "GET", "\(base)/latest"),
            Exchange("referrers/of a bad digest", "GET", "\(base)/sha256:abc"),
            Exchange("referrers/posted", "POST", "\(base)/\(Fixture.image.digest)", body: []),
        ]
    }
}
