import NIOCore
import RegistryCore
import Testing

@Suite("Manifests in the store")
struct StoredManifestTests {
    private static func stored(_ text: String, _ type: MediaType? = nil) throws -> Manifest {
        try Manifest(stored: ByteBuffer(string: text), mediaType: type)
    }

    private static func digests(_ descriptors: [Descriptor]) -> [String] { descriptors.map(\.digest.description) }

    @Test("of a member that stands twice both readings are kept")
    func duplicates() throws {
        let more = #","layers":[\#(ManifestSample.layer(7))],"config":\#(ManifestSample.layer(8))"#
        let manifest = try Self.stored(ManifestSample.image(more: more))
        let kept = Set(Self.digests(manifest.references.blobs))
        #expect(kept == Set([1, 2, 3, 7, 8].map(ManifestSample.digest)))
    }

    @Test("members that differ in case only are all kept")
    func caseFolding() throws {
        let more = #","Layers":[\#(ManifestSample.layer(7))],"MANIFE\#u{17F}TS":[\#(ManifestSample.child(8))]"#
        let manifest = try Self.stored(ManifestSample.image(more: more))
        #expect(Self.digests(manifest.references.blobs) == [1, 2, 3, 7].map(ManifestSample.digest))
        #expect(Self.digests(manifest.references.manifests) == [ManifestSample.digest(8)])
    }

    @Test("a descriptor with two digests keeps both")
    func twoDigests() throws {
        let layer = ManifestSample.layer(2, more: #","Digest":"\#(ManifestSample.digest(7))""#)
        let manifest = try Self.stored(ManifestSample.image(layers: "[\(layer)]"))
        #expect(Set(Self.digests(manifest.layers)) == Set([2, 7].map(ManifestSample.digest)))
    }

    @Test("a manifest that is both an image and an index keeps what either has")
    func ambiguous() throws {
        let manifest = try Self.stored(
            ManifestSample.image(more: #","manifests":[\#(ManifestSample.child(8))]"#),
            .ociManifest
        )
        #expect(manifest.mediaType == .ociManifest)
        #expect(Self.digests(manifest.references.blobs) == [1, 2, 3].map(ManifestSample.digest))
        #expect(Self.digests(manifest.references.manifests) == [ManifestSample.digest(8)])
    }

    @Test("descriptors that would be refused today are read as far as they go")
    func tolerantDescriptors() throws {
        let layers =
            #"[{"digest":"\#(ManifestSample.digest(2))"},{"mediaType":"x","digest":"\#(ManifestSample.digest(3))","size":-1,"urls":["u"]},{"digest":"md5:00"},null,{}]"#
        let manifest = try Self.stored(ManifestSample.image(layers: layers))
        #expect(Self.digests(manifest.layers) == [2, 3].map(ManifestSample.digest))
        #expect(manifest.layers.map(\.mediaType) == [.octetStream, .octetStream])
        #expect(manifest.layers.map(\.size) == [0, 0])
        #expect(manifest.layers.map(\.urls) == [[], ["u"]])
    }

    @Test(
        "the type is the one that is known, else the body's, else that of its members",
        arguments: [
            (ManifestSample.image(), nil, MediaType.ociManifest), (ManifestSample.index(), nil, .ociIndex),
            (ManifestSample.image(more: ManifestSample.type(.dockerManifest)), nil, .dockerManifest),
            (ManifestSample.image(more: ManifestSample.type(.dockerManifest)), .ociManifest, .ociManifest),
            ("{}", nil, .ociManifest), (#"{"manifests":null}"#, nil, .ociManifest),
            (#"{"manifests":[]}"#, nil, .ociIndex),
            (#"{"fsLayers":[],"signatures":[]}"#, nil, .dockerSchema1Signed),
            (#"{"fsLayers":[]}"#, nil, .dockerSchema1),
        ] as [(String, MediaType?, MediaType)]
    )
    func types(text: String, known: MediaType?, expected: MediaType) throws {
        #expect(try Self.stored(text, known).mediaType == expected)
    }

    @Test("old kinds of manifests keep their content")
    func oldKinds() throws {
        let schema1 = try Self.stored(
            #"{"schemaVersion":1,"fsLayers":[{"blobSum":"\#(ManifestSample.digest(5))"},{"blobSum":1}]}"#
        )
        #expect(Self.digests(schema1.references.blobs) == [ManifestSample.digest(5)])
        #expect(!schema1.mediaType.isManifest)
        let artifact = try Self.stored(
            #"{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[\#(ManifestSample.layer(6))]}"#
        )
        #expect(Self.digests(artifact.references.blobs) == [ManifestSample.digest(6)])
        #expect(!artifact.mediaType.isManifest)
    }

    @Test(
        "what is no JSON object is an error, so that a collection stops",
        arguments: ["", "x", "[]", "null", "{\"a\":"]
    )
    func broken(text: String) {
        #expect(throws: ManifestError.self) { try Self.stored(text) }
    }
}

@Suite("Descriptors as JSON")
struct DescriptorJSONTests {
    @Test("a descriptor comes back as it was written")
    func roundTrip() throws {
        let descriptor = Descriptor(
            mediaType: .ociManifest,
            digest: try #require(Digest(ManifestSample.digest(7))),
            size: 12,
            urls: ["https://a/<b>"],
            annotations: ["z": "1", "a\"": "é"],
            artifactType: "application/x",
            platform: .init(architecture: "arm", os: "linux", variant: "v7", osVersion: "1", osFeatures: ["f"])
        )
        var buffer = ByteBuffer()
        descriptor.write(into: &buffer)
        #expect(try Descriptor(json: JSONValue(parsing: buffer)) == descriptor)
    }

    @Test("absent members are left out and annotations are sorted")
    func form() throws {
        let digest = try #require(Digest(ManifestSample.digest(7)))
        var buffer = ByteBuffer()
        Descriptor(mediaType: .json, digest: digest, size: 0).write(into: &buffer)
        #expect(String(buffer: buffer) == #"{"mediaType":"application/json","digest":"\#(digest)","size":0}"#)
        buffer.clear()
        Descriptor(
            mediaType: .json,
            digest: digest,
            size: 0,
            annotations: ["b": "2", "a": "1"],
            artifactType: "x/y",
            platform: .init(architecture: "", os: "")
        ).write(into: &buffer)
        #expect(
            String(buffer: buffer)
                == #"{"mediaType":"application/json","digest":"\#(digest)","size":0,"annotations":{"a":"1","b":"2"},"platform":{"architecture":"","os":""},"artifactType":"x/y"}"#
        )
    }

    @Test("what is not a descriptor is refused", arguments: ["1", "null", "{}", "[]", #"{"mediaType":"a/b"}"#])
    func refusals(text: String) throws {
        let json = try JSONValue(parsing: ByteBuffer(string: text))
        #expect(throws: ManifestError.self) { try Descriptor(json: json) }
    }
}
