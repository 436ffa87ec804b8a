import NIOCore
import RegistryCore
import Testing

@Suite("Manifests that are accepted")
struct ManifestTests {
    private static func parse(_ text: String, _ type: MediaType?) throws(ManifestError) -> Manifest {
        try Manifest(parsing: ByteBuffer(string: text), mediaType: type)
    }

    @Test("an image manifest gives its parts, and its bytes verbatim")
    func image() throws {
        let text = ManifestSample.image(
            more:
                #","artifactType":"application/x.y","annotations":{"b":"2","a":"1","n":null},"subject":\#(ManifestSample.child(9)),"unknown":[{"x":1.5}]"#
        )
        let manifest = try Self.parse(text, .ociManifest)
        #expect(String(buffer: manifest.bytes) == text)
        #expect(manifest.mediaType == .ociManifest)
        #expect(manifest.config?.digest.description == ManifestSample.digest(1))
        #expect(manifest.config?.mediaType == .ociConfig)
        #expect(manifest.layers.map(\.size) == [2, 3])
        #expect(manifest.manifests.isEmpty)
        #expect(manifest.subject?.digest.description == ManifestSample.digest(9))
        #expect(manifest.artifactType == "application/x.y")
        #expect(manifest.annotations == ["a": "1", "b": "2", "n": ""])
        #expect(manifest.references.blobs.map(\.digest.description) == [1, 2, 3].map(ManifestSample.digest))
        #expect(manifest.references.manifests.isEmpty)
        #expect(manifest.references.subject == manifest.subject)
        #expect(manifest.digest() == ContentHasher.digest(of: ByteBuffer(string: text)))
        #expect(manifest.digest(.sha512).algorithm == .sha512)
    }

    @Test("an index gives its children with their platforms")
    func index() throws {
        let platform =
            #","platform":{"architecture":"arm","os":"linux","variant":"v7","os.version":"10","os.features":["win32k"]}"#
        let text = ManifestSample.index(
            manifests: "[\(ManifestSample.child(4, more: platform)),\(ManifestSample.child(5))]"
        )
        let manifest = try Self.parse(text, .ociIndex)
        let expected = Descriptor.Platform(
            architecture: "arm",
            os: "linux",
            variant: "v7",
            osVersion: "10",
            osFeatures: ["win32k"]
        )
        #expect(manifest.manifests.map(\.platform) == [expected, nil])
        #expect(manifest.references.manifests.map(\.digest.description) == [4, 5].map(ManifestSample.digest))
        #expect(manifest.references.blobs.isEmpty)
        #expect(manifest.config == nil)
    }

    @Test(
        "what real clients write is accepted",
        arguments: [
            (ManifestSample.image(layers: "[]"), MediaType.ociManifest),
            (ManifestSample.image(layers: "null"), .ociManifest),
            (#"{"schemaVersion":2,"config":\#(ManifestSample.config)}"#, .ociManifest),
            (ManifestSample.image(more: ManifestSample.type(.ociManifest)), .ociManifest),
            (ManifestSample.image(more: #","mediaType":"""#), .ociManifest),
            (
                ManifestSample.image(more: #","mediaType":null,"manifests":null,"subject":null,"annotations":null"#),
                .ociManifest
            ),
            (ManifestSample.image(more: #","artifactType":"","annotations":{}"#), .ociManifest),
            (ManifestSample.image(config: ManifestSample.layer(1, type: MediaType.ociEmpty.description)), .ociManifest),
            (
                ManifestSample.image(
                    layers: "[\(ManifestSample.layer(2, type: "application/vnd.cncf.helm.chart.content.v1.tar+gzip"))]"
                ), .ociManifest
            ),
            (
                ManifestSample.image(
                    layers:
                        #"[\#(ManifestSample.layer(2, more: #","urls":null,"annotations":null,"data":"e30=","x":1"#))]"#
                ), .ociManifest
            ),
            (ManifestSample.image(layers: "[\(ManifestSample.layer(2)),\(ManifestSample.layer(2))]"), .ociManifest),
            (ManifestSample.image(more: ManifestSample.type(.dockerManifest)), .dockerManifest),
            (ManifestSample.index(), .ociIndex), (ManifestSample.index(manifests: "[]"), .ociIndex),
            (ManifestSample.index(manifests: "null"), .ociIndex),
            (ManifestSample.index(more: ManifestSample.type(.ociIndex)), .ociIndex),
            (ManifestSample.index(more: #","config":null,"layers":null"#), .ociIndex),
            (ManifestSample.index(more: ManifestSample.type(.dockerManifestList)), .dockerManifestList),
            (ManifestSample.index(manifests: "[\(ManifestSample.layer(2))]"), .ociIndex),
            (
                ManifestSample.index(
                    manifests:
                        #"[\#(ManifestSample.child(4, more: #","platform":{"architecture":"unknown","os":"unknown"}"#))]"#
                ), .ociIndex
            ),
            (ManifestSample.index(manifests: #"[\#(ManifestSample.child(4, more: #","platform":{}"#))]"#), .ociIndex),
            (" \n" + ManifestSample.index() + "\n", .ociIndex),
            (
                ManifestSample.image(
                    config: ManifestSample.config.replacing(
                        "sha256:",
                        with: "sha512:" + String(repeating: "0", count: 64)
                    )
                ), .ociManifest
            ),
            (ManifestSample.image(config: ManifestSample.config.replacing(":7}", with: ":0}")), .ociManifest),
            (
                ManifestSample.image(config: ManifestSample.config.replacing(":7}", with: ":9223372036854775807}")),
                .ociManifest
            ),
        ]
    )
    func accepted(text: String, type: MediaType) throws {
        let manifest = try Self.parse(text, type)
        #expect(manifest.mediaType == type)
        let stored = try Manifest(stored: manifest.bytes, mediaType: type)
        #expect(stored.references == manifest.references)
        #expect(stored.effectiveArtifactType == manifest.effectiveArtifactType)
    }

    @Test("without a declared type the body's mediaType counts, else its members")
    func inferred() throws {
        #expect(try Self.parse(ManifestSample.image(), nil).mediaType == .ociManifest)
        #expect(try Self.parse(ManifestSample.index(), nil).mediaType == .ociIndex)
        for type in [MediaType.ociManifest, .dockerManifest] {
            #expect(try Self.parse(ManifestSample.image(more: ManifestSample.type(type)), nil).mediaType == type)
        }
        for type in [MediaType.ociIndex, .dockerManifestList] {
            #expect(try Self.parse(ManifestSample.index(more: ManifestSample.type(type)), nil).mediaType == type)
        }
    }

    @Test("an image's kind of artifact is its own or its configuration's, an index's is its own or none")
    func artifactTypes() throws {
        let typed = #","artifactType":"application/vnd.Example+Type""#
        #expect(
            try Self.parse(ManifestSample.image(more: typed), .ociManifest).effectiveArtifactType
                == "application/vnd.Example+Type"
        )
        #expect(
            try Self.parse(ManifestSample.image(), .ociManifest).effectiveArtifactType
                == MediaType.ociConfig.description
        )
        #expect(
            try Self.parse(ManifestSample.index(more: typed), .ociIndex).effectiveArtifactType
                == "application/vnd.Example+Type"
        )
        #expect(try Self.parse(ManifestSample.index(), .ociIndex).effectiveArtifactType == nil)
    }

    @Test("a manifest's own descriptor says what a list of referrers has to")
    func ownDescriptor() throws {
        let manifest = try Self.parse(ManifestSample.image(more: #","annotations":{"k":"v"}"#), .ociManifest)
        let descriptor = manifest.descriptor(digest: manifest.digest())
        #expect(descriptor.size == Int64(manifest.bytes.readableBytes))
        #expect(descriptor.mediaType == .ociManifest)
        #expect(descriptor.annotations == ["k": "v"])
        #expect(descriptor.artifactType == MediaType.ociConfig.description)
    }

    @Test(
        "a layer may be absent when it is fetched from elsewhere",
        arguments: [
            ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true, true),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar", true, true),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", true, true),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", true, true),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", false, false),
            ("application/vnd.oci.image.layer.v1.tar+gzip", true, false),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", true, false),
        ]
    )
    func absentLayers(type: String, hasURLs: Bool, mayBeAbsent: Bool) throws {
        let layer = ManifestSample.layer(2, type: type, more: hasURLs ? #","urls":["https://e.org/l"]"# : "")
        let manifest = try Self.parse(ManifestSample.image(layers: "[\(layer)]"), .ociManifest)
        #expect(manifest.layers.map(\.mayBeAbsent) == [mayBeAbsent])
    }
}

@Suite("URLs of layers")
struct ManifestURLPolicyTests {
    private static let example = ManifestURLPolicy(
        allow: { $0.hasPrefix("https://ok.org/") },
        deny: { $0.contains("secret") }
    )

    @Test("without configuration no URL is allowed, and a manifest without URLs passes")
    func nothing() throws {
        let layer = ManifestSample.layer(more: #","urls":["https://ok.org/"]"#)
        let manifest = try Manifest(
            parsing: ByteBuffer(string: ManifestSample.image(layers: "[\(layer)]")),
            mediaType: .ociManifest
        )
        #expect(throws: ManifestError.urlNotAllowed("https://ok.org/")) {
            try manifest.checkURLs(against: .allowNothing)
        }
        #expect(throws: Never.self) { try manifest.checkURLs(against: Self.example) }
        let plain = try Manifest(parsing: ByteBuffer(string: ManifestSample.image()), mediaType: .ociManifest)
        #expect(throws: Never.self) { try plain.checkURLs(against: .allowNothing) }
    }

    @Test("a pattern that allows must be found, and one that denies must not")
    func patterns() {
        #expect(Self.example.allows("https://ok.org/a"))
        #expect(!Self.example.allows("https://ok.org/secret"))
        #expect(!Self.example.allows("https://other.org/a"))
        #expect(ManifestURLPolicy(allow: nil, deny: { _ in false }).allows("http://any.org"))
    }

    @Test(
        "whatever the policy, only web addresses without a fragment pass",
        arguments: [
            ("http://a", true), ("https://a/b?c=d", true), ("HTTPS://a/", true), ("https://u@a:1/", true), ("", false),
            ("a", false),
            ("ftp://a", false), ("file:///etc", false), ("http:/a", false), ("http://", false), ("https:///a", false),
            ("https://?a", false),
            ("http://a#b", false), ("http://a b", false), ("http://a\n", false), (" http://a", false), ("//a/b", false),
            ("javascript:alert(1)", false), ("https:a", false), ("httpx://a", false),
        ]
    )
    func webAddresses(url: String, allowed: Bool) {
        #expect(ManifestURLPolicy.allowAll.allows(url) == allowed)
    }
}
