import ShellSupport

extension Exchange {
    /// Reading manifests: by tag, by digest, with each `Accept`, on condition.
    static var manifestReads: [Exchange] {
        let accepted: [(label: String, types: String)] = [
            ("anything", "*/*"), ("applications", "application/*"), ("image", ImageLayout.manifestType),
            ("index", ImageLayout.indexType), ("schema 2", Fixture.schema2Type), ("list", Fixture.listType),
            ("schema 1", "application/vnd.docker.distribution.manifest.v1+prettyjws"), ("everything", everything),
            ("weighed", everything.replacing(", ", with: ";q=0.5, ")), ("json", "application/json"), ("nothing", ""),
        ]
        var exchanges: [Exchange] = []
        for tag in ["latest", "index", "schema2", "list", "artifact"] {
            let target = "/v2/app/manifests/\(tag)"
            exchanges.append(Exchange("manifests/\(tag) without Accept", "GET", target))
            for (label, types) in accepted {
                exchanges.append(Exchange("manifests/\(tag) as \(label)", "GET", target, [accept(types)]))
            }
            exchanges.append(Exchange("manifests/\(tag) head", "HEAD", target, [accept(everything)]))
            let fields = everything.split(separator: ", ").map { accept(String($0)) }
            exchanges.append(Exchange("manifests/\(tag) with four fields", "GET", target, fields))
        }
        for (label, image) in [("image", Fixture.image), ("index", Fixture.index), ("list", Fixture.list)] {
            let target = "/v2/app/manifests/\(image.digest)"
            exchanges.append(Exchange("manifests/\(label) by digest", "GET", target, [accept(everything)]))
            exchanges.append(Exchange("manifests/\(label) by digest without Accept", "GET", target))
        }
        for (label, value) in conditions(digest: Fixture.image.digest) {
            for target in ["latest", Fixture.image.digest] {
                let name = "manifests/if-none-match \(label) \(target == "latest" ? "by tag" : "by digest")"
                let headers = [accept(everything), (name: "If-None-Match", value: value)]
                exchanges.append(Exchange(name, "GET", "/v2/app/manifests/\(target)", headers))
            }
        }
        return exchanges + references
    }

    private static var references: [Exchange] {
        let references: [(label: String, reference: String)] = [
            ("unknown tag", "unknown"), ("tag of 128", String(repeating: "t", count: 128)),
            ("tag of 129", String(repeating: "t", count: 129)), ("leading dot", ".tag"), ("leading dash", "-tag"),
            ("underscore", "_tag"), ("upper case", "LATEST"), ("blank", "a%20b"), ("encoded", "%75nknown"),
            ("plus", "a+b"), ("fallback tag", "sha256-" + hex(64)), ("unknown digest", Fixture.unknownDigest),
            ("short digest", "sha256:abc"),
            ("upper case digest", "sha256:" + Fixture.image.digest.dropFirst(7).uppercased()),
            ("md5", "md5:" + hex(32)), ("sha512", "sha512:" + hex(128)), ("colon", "a:b"),
            ("blob", Fixture.layerDigest),
            ("umlaut", "%C3%A4"),
        ]
        // The peer takes the digest of a layer for a manifest's and deletes the layer, so that one is deleted at the end.
        let deletes = references.filter { $0.label != "blob" }.map { label, reference in
            Exchange("manifests/delete \(label)", "DELETE", "/v2/app/manifests/\(reference)")
        }
        return deletes
            + references.flatMap { label, reference in
                let target = "/v2/app/manifests/\(reference)"
                return [
                    Exchange("manifests/get \(label)", "GET", target, [accept(everything)]),
                    Exchange("manifests/head \(label)", "HEAD", target, [accept(everything)]),
                    Exchange(
                        "manifests/put \(label)",
                        "PUT",
                        target,
                        [type(ImageLayout.manifestType)],
                        body: Array("{}".utf8)
                    ),
                ]
            }
    }

    /// Writing manifests, right and wrong.
    static var manifestWrites: [Exchange] {
        let image = Fixture.image.manifest
        let text = String(decoding: image, as: UTF8.self)
        var exchanges = bodies(text).map { label, mediaType, body in
            Exchange(
                "manifests/put: \(label)",
                "PUT",
                "/v2/app/manifests/written",
                [type(mediaType)],
                body: Array(body.utf8)
            )
        }
        let large = text.dropLast() + #","x":"\#(String(repeating: "x", count: 4 << 20))"}"#
        exchanges += [
            Exchange("manifests/put: no type", "PUT", "/v2/app/manifests/written", body: image),
            Exchange(
                "manifests/put: over 4 MiB",
                "PUT",
                "/v2/app/manifests/large",
                [type(ImageLayout.manifestType)],
                body: Array(large.utf8)
            ),
            put("by its digest", "/v2/app/manifests/\(Fixture.image.digest)", image),
            put("by another digest", "/v2/app/manifests/\(Fixture.unknownDigest)", image),
            put("by sha512", "/v2/app/manifests/\(contentDigest512(image))", image),
            put("in a repository without its blobs", "/v2/newer/manifests/latest", image),
            put("with a tag parameter", "/v2/app/manifests/\(Fixture.image.digest)?tag=one&tag=two", image),
            put("with a bad tag", "/v2/app/manifests/.bad", image),
            put("in a bad repository", "/v2/BAD/manifests/latest", image),
            put(
                "with a forwarded host",
                "/v2/app/manifests/forwarded",
                image,
                [("X-Forwarded-Host", "public.example")]
            ),
        ]
        var chunked = put("in chunks of HTTP", "/v2/app/manifests/framed", image)
        chunked.request.chunked = true
        return exchanges + [chunked]
    }

    private static func put(
        _ label: String,
        _ target: String,
        _ content: [UInt8],
        _ headers: [(name: String, value: String)] = []
    ) -> Exchange {
        Exchange("manifests/put \(label)", "PUT", target, [type(ImageLayout.manifestType)] + headers, body: content)
    }

    private static func type(_ value: String) -> (name: String, value: String) { ("Content-Type", value) }

    private static func bodies(_ image: String) -> [(label: String, type: String, body: String)] {
        let oci = ImageLayout.manifestType
        let index = ImageLayout.indexType
        let unknown = Fixture.unknownDigest
        let child = #"{"mediaType":"\#(oci)","digest":"\#(unknown)","size":2}"#
        return [
            ("good", oci, image), ("type with parameter", "\(oci); charset=utf-8", image),
            ("type in upper case", oci.uppercased(), image), ("wrong type", index, image),
            ("schema 2 type on OCI", Fixture.schema2Type, image), ("json", "application/json", image),
            ("unknown type", "application/vnd.example+json", image), ("octets", "application/octet-stream", image),
            ("empty", oci, ""), ("not JSON", oci, "not json"), ("array", oci, "[]"), ("null", oci, "null"),
            ("empty object", oci, "{}"), ("cut off", oci, String(image.dropLast(5))),
            ("more after it", oci, image + "x"),
            ("blank after it", oci, image + "\n "),
            ("without mediaType", oci, image.replacing(#""mediaType":"\#(oci)","#, with: "")),
            ("schemaVersion 1", oci, image.replacing(#""schemaVersion":2"#, with: #""schemaVersion":1"#)),
            ("schemaVersion 3", oci, image.replacing(#""schemaVersion":2"#, with: #""schemaVersion":3"#)),
            ("schemaVersion as text", oci, image.replacing(#""schemaVersion":2"#, with: #""schemaVersion":"2""#)),
            ("without schemaVersion", oci, image.replacing(#""schemaVersion":2,"#, with: "")),
            ("manifests in an image", oci, image.replacing(#""layers""#, with: #""manifests":[],"layers""#)),
            ("unknown layer", oci, image.replacing(Fixture.layerDigest, with: unknown)),
            ("bad layer digest", oci, image.replacing(Fixture.layerDigest, with: "sha256:abc")),
            ("wrong size", oci, image.replacing(#""size":\#(Fixture.layer.count)"#, with: #""size":7"#)),
            ("subject", oci, image.replacing(#""layers""#, with: #""subject":\#(child),"layers""#)),
            ("artifactType", oci, image.replacing(#""layers""#, with: #""artifactType":"a/b","layers""#)),
            ("layers null", oci, image.replacing(/"layers":.*/, with: #""layers":null}"#)),
            ("layers empty", oci, image.replacing(/"layers":.*/, with: #""layers":[]}"#)),
            ("layers missing", oci, image.replacing(/,"layers":.*/, with: "}")),
            ("config missing", oci, image.replacing(/"config":\{[^}]*\},/, with: "")),
            (
                "urls", oci,
                image.replacing(
                    #""size":\#(Fixture.layer.count)"#,
                    with: #""size":\#(Fixture.layer.count),"urls":["https://x.example/l"]"#
                )
            ),
            ("index empty", index, #"{"schemaVersion":2,"mediaType":"\#(index)","manifests":[]}"#),
            ("index without mediaType", index, #"{"schemaVersion":2,"manifests":[]}"#),
            ("index null", index, #"{"schemaVersion":2,"mediaType":"\#(index)","manifests":null}"#),
            (
                "index with unknown child", index,
                #"{"schemaVersion":2,"mediaType":"\#(index)","manifests":[\#(child)]}"#
            ),
            ("index with layers", index, #"{"schemaVersion":2,"mediaType":"\#(index)","manifests":[],"layers":[]}"#),
            ("index good", index, String(decoding: Fixture.index.manifest, as: UTF8.self)),
            ("schema 2 good", Fixture.schema2Type, String(decoding: Fixture.schema2.manifest, as: UTF8.self)),
            ("list good", Fixture.listType, String(decoding: Fixture.list.manifest, as: UTF8.self)),
            (
                "schema 1", "application/vnd.docker.distribution.manifest.v1+prettyjws",
                #"{"schemaVersion":1,"name":"app","tag":"x","architecture":"amd64","fsLayers":[],"history":[]}"#
            ),
        ]
    }

    /// Deleting manifests and tags, at the end: it changes what is there.
    static var manifestDeletes: [Exchange] {
        let digest = Fixture.other.digest
        return [
            Exchange("deletes/a tag", "DELETE", "/v2/many/manifests/z"),
            Exchange("deletes/a tag again", "DELETE", "/v2/many/manifests/z"),
            Exchange("deletes/an unknown tag", "DELETE", "/v2/many/manifests/unknown"),
            Exchange("deletes/a tag in an unknown repository", "DELETE", "/v2/nothing/manifests/latest"),
            Exchange("deletes/a manifest", "DELETE", "/v2/many/manifests/\(digest)"),
            Exchange("deletes/a manifest again", "DELETE", "/v2/many/manifests/\(digest)"),
            Exchange("deletes/a manifest: get", "GET", "/v2/many/manifests/\(digest)", [accept(everything)]),
            Exchange("deletes/a manifest: get its tag", "GET", "/v2/many/manifests/latest", [accept(everything)]),
            Exchange("deletes/a manifest: tags", "GET", "/v2/many/tags/list"),
            Exchange("deletes/a manifest: catalog", "GET", "/v2/_catalog"),
            Exchange("deletes/a manifest: its blob", "HEAD", "/v2/many/blobs/\(contentDigest(Fixture.other.blobs[1]))"),
            Exchange("deletes/in an unknown repository", "DELETE", "/v2/nothing/manifests/\(digest)"),
            Exchange("deletes/a blob as a manifest", "DELETE", "/v2/app/manifests/\(Fixture.layerDigest)"),
            Exchange("deletes/a blob as a manifest: get", "HEAD", "/v2/app/blobs/\(Fixture.layerDigest)"),
            Exchange("deletes/child of an index", "DELETE", "/v2/app/manifests/\(Fixture.schema2.digest)"),
            Exchange("deletes/child of an index: get the list", "GET", "/v2/app/manifests/list", [accept(everything)]),
        ]
    }

    /// All exchanges, in the order in which they are sent.
    static var all: [Exchange] {
        routing + names + locations + lists + referrers + blobs + uploads + manifestReads + manifestWrites
            + manifestDeletes
    }
}
