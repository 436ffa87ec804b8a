import ShellSupport

extension Exchange {
    /// Blobs: whole, in part, on condition, and not at all.
    static var blobs: [Exchange] {
        let path = "/v2/app/blobs/\(Fixture.layerDigest)"
        let size = Fixture.layer.count
        let ranges = [
            "bytes=0-0", "bytes=0-9", "bytes=10-", "bytes=-5", "bytes=0-99999999", "bytes=99999999-", "bytes=5-2",
            "bytes=\(size - 1)-", "bytes=\(size)-", "bytes=-0", "bytes=-99999999", "bytes=a-b", "bytes=", "bytes=-",
            "bits=0-1", "0-1", "bytes=0-1,4-5", "bytes=0-0,-1", "bytes= 0-9", "bytes=0 - 9", "Bytes=0-9", "bytes=0-9,",
            "bytes=99999999-,0-1", "bytes=0-99999999999999999999",
        ]
        var exchanges = ranges.map { Exchange("blobs/range \($0)", "GET", path, [("Range", $0)]) }
        exchanges += ["bytes=0-9", "bytes=99999999-", "bytes=a-b"].map {
            Exchange("blobs/head with range \($0)", "HEAD", path, [("Range", $0)])
        }
        for (label, value) in conditions(digest: Fixture.layerDigest) {
            exchanges.append(Exchange("blobs/if-none-match \(label)", "GET", path, [("If-None-Match", value)]))
            exchanges.append(Exchange("blobs/if-match \(label)", "GET", path, [("If-Match", value)]))
            exchanges.append(
                Exchange("blobs/if-range \(label)", "GET", path, [("Range", "bytes=0-9"), ("If-Range", value)])
            )
        }
        let digests: [(label: String, digest: String)] = [
            ("known", Fixture.layerDigest), ("a manifest's", Fixture.image.digest), ("unknown", Fixture.unknownDigest),
            ("of nothing", contentDigest([])), ("short", "sha256:abc"),
            ("upper case", Fixture.layerDigest.uppercased()),
            ("upper case hex", "sha256:" + Fixture.layerDigest.dropFirst(7).uppercased()), ("md5", "md5:" + hex(32)),
            ("sha384", "sha384:" + hex(96)), ("sha512", "sha512:" + hex(128)), ("short sha512", "sha512:" + hex(64)),
            ("composed", "sha256+b64u:" + hex(64)), ("a tag", "latest"), ("without algorithm", ":" + hex(64)),
            ("without value", "sha256:"), ("too long", Fixture.layerDigest + "0"),
            ("not hexadecimal", "sha256:" + String(repeating: "z", count: 64)),
            ("encoded colon", Fixture.layerDigest.replacing(":", with: "%3A")),
        ]
        for (label, digest) in digests {
            exchanges.append(Exchange("blobs/get \(label)", "GET", "/v2/app/blobs/\(digest)"))
            exchanges.append(Exchange("blobs/head \(label)", "HEAD", "/v2/app/blobs/\(digest)"))
            exchanges.append(Exchange("blobs/in another repository \(label)", "GET", "/v2/other/blobs/\(digest)"))
        }
        exchanges.append(Exchange("blobs/get as json", "GET", path, [accept("application/json")]))
        exchanges.append(Exchange("blobs/get with gzip", "GET", path, [("Accept-Encoding", "gzip")]))
        return exchanges + blobDeletes
    }

    private static var blobDeletes: [Exchange] {
        let digest = contentDigest(Fixture.other.blobs[1])
        return [
            Exchange("blobs/delete", "DELETE", "/v2/b/blobs/\(digest)"),
            Exchange("blobs/delete again", "DELETE", "/v2/b/blobs/\(digest)"),
            Exchange("blobs/get the deleted", "GET", "/v2/b/blobs/\(digest)"),
            Exchange("blobs/get the deleted elsewhere", "HEAD", "/v2/other/blobs/\(digest)"),
            Exchange("blobs/delete of an unknown", "DELETE", "/v2/app/blobs/\(Fixture.unknownDigest)"),
            Exchange("blobs/delete of a bad digest", "DELETE", "/v2/app/blobs/sha256:abc"),
            Exchange("blobs/delete in an unknown repository", "DELETE", "/v2/nothing/blobs/\(digest)"),
        ]
    }

    /// Values of a condition on an entity tag that is a digest.
    static func conditions(digest: String) -> [(label: String, value: String)] {
        [
            ("matching", #""\#(digest)""#), ("unquoted", digest), ("weak", #"W/"\#(digest)""#), ("any", "*"),
            ("other", #""\#(Fixture.unknownDigest)""#), ("list", #""x", "\#(digest)""#), ("empty", ""),
        ]
    }

    /// Some hexadecimal digits.
    static func hex(_ count: Int) -> String { String(repeating: "0123456789abcdef", count: count / 16) }
}
