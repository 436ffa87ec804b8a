import NIOCore
import RegistryCore
import Testing

/// One manifest that is refused, and a piece of the message that says why.
struct Refusal: Sendable, CustomTestStringConvertible {
    var text: String
    var type: MediaType?
    var message: String

    init(_ text: String, _ type: MediaType?, _ message: String) {
        self.text = text
        self.type = type
        self.message = message
    }

    var testDescription: String { "\(message) <- \(text.prefix(200))" }

    static func image(
        _ message: String,
        config: String = ManifestSample.config,
        layers: String? = nil,
        more: String = ""
    )
        -> Refusal
    {
        Refusal(ManifestSample.image(config: config, layers: layers, more: more), .ociManifest, message)
    }

    /// An image whose only layer is wrong.
    static func layer(_ message: String, _ layer: String) -> Refusal { image(message, layers: "[\(layer)]") }

    static func index(_ message: String, manifests: String? = nil, more: String = "") -> Refusal {
        Refusal(ManifestSample.index(manifests: manifests, more: more), .ociIndex, message)
    }
}

@Suite("Manifests that are refused")
struct ManifestRefusalTests {
    private static let digest = ManifestSample.digest(2)
    private static let layerType = "application/vnd.oci.image.layer.v1.tar"

    static let json: [Refusal] = [
        Refusal("", .ociManifest, "ends too early"), Refusal(" ", .ociIndex, "ends too early"),
        Refusal("null", .ociManifest, "it is null, not an object"), Refusal("[]", .ociManifest, "it is an array"),
        Refusal("2", .ociManifest, "it is a number"), Refusal("\"x\"", .ociIndex, "it is a string"),
        Refusal("true", .ociIndex, "it is a boolean"), Refusal("{", .ociManifest, "ends too early"),
        Refusal("{}", .ociManifest, "schemaVersion is not 2"), Refusal("{}", .ociIndex, "schemaVersion is not 2"),
        Refusal("<html>", .ociManifest, "'<' can't stand at byte 0"),
        Refusal(ManifestSample.image() + "x", .ociManifest, "goes on after its value"),
        Refusal("\u{FEFF}" + ManifestSample.image(), .ociManifest, "byte 0xEF"),
        .image("two members 'config'", more: #","config":\#(ManifestSample.config)"#),
        .image("two members 'layers'", more: #","layers":[]"#),
        .image("two members 'mediaType'", more: ManifestSample.type(.ociManifest) + ManifestSample.type(.ociManifest)),
        .image("two members 'layers'", more: #","\u006cayers":[]"#),
        .layer("two members 'digest'", #"{"mediaType":"a/b","digest":"\#(digest)","size":1,"digest":"\#(digest)"}"#),
        .image("nested more than 32 deep", more: #","x":\#(String(repeating: "[", count: 40))"#),
    ]

    static let schemaVersions: [Refusal] = ["null", "3", "0", "-2", "2.0", "2e0", "\"2\"", "true", "[2]", "{}"].map {
        Refusal(
            #"{"schemaVersion":\#($0),"config":\#(ManifestSample.config),"layers":[]}"#,
            .ociManifest,
            "schemaVersion is not 2"
        )
    }

    static let schema1: [Refusal] = [
        Refusal("{}", .dockerSchema1, "push the image again"),
        Refusal("", .dockerSchema1Signed, "push the image again"),
        Refusal(#"{"schemaVersion":1,"fsLayers":[]}"#, .json, "push the image again"),
        Refusal(#"{"schemaVersion":1}"#, nil, "push the image again"),
        Refusal(#"{"fsLayers":[]}"#, nil, "push the image again"),
        Refusal(#"{"schemaVersion":1,"name":"a"}"#, .ociManifest, "push the image again"),
        Refusal(
            #"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v1+json"}"#,
            nil,
            "push the image again"
        ),
    ]

    static let types: [Refusal] = [
        Refusal(ManifestSample.image(), .json, "unsupported manifest media type 'application/json'"),
        Refusal(ManifestSample.image(), .octetStream, "unsupported manifest media type"),
        Refusal("not json", .octetStream, "unsupported manifest media type"),
        Refusal(ManifestSample.image(), .ociConfig, "unsupported manifest media type"),
        Refusal(
            #"{"schemaVersion":2,"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]}"#,
            MediaType("application/vnd.oci.artifact.manifest.v1+json"),
            "unsupported manifest media type"
        ),
        Refusal(
            ManifestSample.image(more: #","mediaType":"application/json""#),
            nil,
            "unsupported manifest media type"
        ),
        Refusal(ManifestSample.image(more: #","mediaType":"x""#), nil, "unsupported manifest media type 'x'"),
        Refusal(
            ManifestSample.image(more: #","mediaType":"application/vnd.OCI.image.manifest.v1+json""#),
            nil,
            "unsupported manifest media type"
        ),
        Refusal(#"{"schemaVersion":2}"#, nil, "neither a mediaType nor"),
        Refusal(#"{"schemaVersion":2,"config":null}"#, nil, "neither a mediaType nor"),
        Refusal(ManifestSample.image(), .dockerManifest, "but it has none"),
        Refusal(ManifestSample.index(), .dockerManifestList, "but it has none"),
        .image("its mediaType is", more: ManifestSample.type(.dockerManifest)),
        .image("its mediaType is", more: ManifestSample.type(.ociIndex)),
        .image("its mediaType is", more: #","mediaType":"application/vnd.oci.image.manifest.v1+json ""#),
        .image("its mediaType is", more: #","mediaType":"application/vnd.oci.image.manifest.v1+json; a=b""#),
        .image("its mediaType is", more: #","mediaType":"APPLICATION/vnd.oci.image.manifest.v1+json""#),
        .image("mediaType is a number", more: #","mediaType":2"#),
        .image("mediaType is an array", more: #","mediaType":["application/vnd.oci.image.manifest.v1+json"]"#),
        .index("its mediaType is", more: ManifestSample.type(.ociManifest)),
        .index("its mediaType is", more: ManifestSample.type(.dockerManifestList)),
        Refusal(ManifestSample.image(more: ManifestSample.type(.ociManifest)), .dockerManifest, "its mediaType is"),
        Refusal(ManifestSample.index(more: ManifestSample.type(.ociIndex)), .dockerManifestList, "its mediaType is"),
        Refusal(ManifestSample.image(), .ociIndex, "an index can't have the member config"),
        Refusal(ManifestSample.index(), .ociManifest, "an image manifest can't have the member manifests"),
    ]

    static let shapes: [Refusal] = [
        .image("can't have the member manifests", more: #","manifests":[]"#),
        .image("can't have the member manifests", more: #","manifests":0"#),
        .image("can't have the member fsLayers", more: #","fsLayers":[]"#),
        .image("can't have the member blobs", more: #","blobs":[]"#),
        .index("can't have the member config", more: #","config":\#(ManifestSample.config)"#),
        .index("can't have the member config", more: #","config":"""#),
        .index("can't have the member layers", more: #","layers":[]"#),
        .index("can't have the member blobs", more: #","blobs":[]"#),
        Refusal(
            ManifestSample.image(more: ManifestSample.type(.dockerManifest) + #","manifests":[]"#),
            .dockerManifest,
            "can't have the member manifests"
        ),
        Refusal(
            ManifestSample.index(more: ManifestSample.type(.dockerManifestList) + #","layers":[]"#),
            .dockerManifestList,
            "can't have the member layers"
        ),
        Refusal(ManifestSample.image(more: #","manifests":[]"#), nil, "an index can't have the member config"),
        Refusal(#"{"schemaVersion":2,"layers":[]}"#, .ociManifest, "config is missing"),
        .image("config is missing", config: "null"),
        Refusal(#"{"schemaVersion":2}"#, .ociIndex, "manifests is missing"),
        .image("layers is an object", layers: "{}"), .image("layers is a string", layers: "\"\""),
        .image("layers[1] is null", layers: "[\(ManifestSample.layer()),null]"),
        .image("layers[0] is an array", layers: "[[]]"),
        .image("config is a string", config: "\"\""), .image("config is an array", config: "[]"),
        .index("manifests is an object", manifests: "{}"),
        .index("manifests[0] is a string", manifests: "[\"\(digest)\"]"),
    ]

    static let names: [Refusal] =
        [
            "Config", "CONFIG", "con\u{66}iG", "Layers", "layerS", "layer\u{17F}", "MANIFESTS", "manife\u{17F}ts",
            "mediatype", "MediaType",
            "schemaversion", "SchemaVersion", "Subject", "artifacttype", "ArtifactType", "Blobs", "fslayers",
            "FSLayers", "History",
            "\u{17F}ignatures", "Annotations",
        ].map { .image("must be written", more: #","\#($0)":null"#) } + [
            .index("'MANIFESTS' of the manifest must be written 'manifests'", more: #","MANIFESTS":[]"#),
            .index("must be written 'config'", more: #","\u0043onfig":{}"#),
            .layer("must be written 'digest'", ManifestSample.layer(more: #","Digest":"\#(digest)""#)),
            .layer("'SIZE' of layers[0] must be written 'size'", ManifestSample.layer(more: #","SIZE":0"#)),
            .layer("must be written 'urls'", ManifestSample.layer(more: #","URLs":["http://a"]"#)),
            .image(
                "must be written 'mediaType'",
                more: #","subject":\#(ManifestSample.child(9, more: #","mediatype":"a/b""#))"#
            ),
        ]

    static let descriptors: [Refusal] = [
        .layer("layers[0].mediaType is missing", #"{"digest":"\#(digest)","size":1}"#),
        .layer("layers[0].mediaType is missing", #"{"mediaType":"","digest":"\#(digest)","size":1}"#),
        .layer("layers[0].mediaType is missing", #"{"mediaType":null,"digest":"\#(digest)","size":1}"#),
        .layer("layers[0].mediaType 'x' is not a media type", ManifestSample.layer(type: "x")),
        .layer("is not a media type", ManifestSample.layer(type: "a/b/c")),
        .layer("is not a media type", ManifestSample.layer(type: "*/*")),
        .layer("layers[0].mediaType is a number", #"{"mediaType":1,"digest":"\#(digest)","size":1}"#),
        .layer("layers[0].digest is missing", #"{"mediaType":"a/b","size":1}"#),
        .layer("layers[0].digest is a number", #"{"mediaType":"a/b","digest":2,"size":1}"#),
        .layer("is not a digest", #"{"mediaType":"a/b","digest":"\#(digest.uppercased())","size":1}"#),
        .layer("is not a digest", #"{"mediaType":"a/b","digest":"\#(digest)0","size":1}"#),
        .layer("is not a digest", #"{"mediaType":"a/b","digest":"\#(digest.dropLast())","size":1}"#),
        .layer("is not a digest", #"{"mediaType":"a/b","digest":"../../etc","size":1}"#),
        .layer("is not supported", #"{"mediaType":"a/b","digest":"md5:00","size":1}"#),
        .layer("layers[0].size is missing", #"{"mediaType":"a/b","digest":"\#(digest)"}"#),
        .layer("layers[0].size is missing", #"{"mediaType":"a/b","digest":"\#(digest)","size":null}"#),
        .layer("layers[0].size is not", #"{"mediaType":"a/b","digest":"\#(digest)","size":-1}"#),
        .layer("layers[0].size is not", #"{"mediaType":"a/b","digest":"\#(digest)","size":1.0}"#),
        .layer("layers[0].size is not", #"{"mediaType":"a/b","digest":"\#(digest)","size":1e2}"#),
        .layer("layers[0].size is not", #"{"mediaType":"a/b","digest":"\#(digest)","size":"1"}"#),
        .layer("layers[0].size is not", #"{"mediaType":"a/b","digest":"\#(digest)","size":9223372036854775808}"#),
        .layer("layers[0].urls is a string", ManifestSample.layer(more: #","urls":"http://a""#)),
        .layer("layers[0].urls holds a number", ManifestSample.layer(more: #","urls":["http://a",1]"#)),
        .layer("layers[0].annotations.k is a number", ManifestSample.layer(more: #","annotations":{"k":1}"#)),
        .layer("layers[0].annotations is an array", ManifestSample.layer(more: #","annotations":[]"#)),
        .layer("layers[0].artifactType is a boolean", ManifestSample.layer(more: #","artifactType":true"#)),
        .layer("is a foreign layer without urls", ManifestSample.layer(type: MediaType.dockerForeignLayer.description)),
        .layer(
            "is a foreign layer without urls",
            ManifestSample.layer(type: MediaType.dockerForeignLayer.description, more: #","urls":[]"#)
        ),
        .image("config.mediaType 'json' is not", config: ManifestSample.layer(type: "json")),
        .image("config.digest is missing", config: "{\"mediaType\":\"a/b\",\"size\":1}"),
        .image("subject is a string", more: #","subject":"\#(digest)""#),
        .image("subject.mediaType is missing", more: #","subject":{"digest":"\#(digest)","size":1}"#),
        .image("subject.mediaType 'x' is not", more: #","subject":\#(ManifestSample.layer(type: "x"))"#),
        .index("subject.size is missing", more: #","subject":{"mediaType":"a/b","digest":"\#(digest)"}"#),
        .image("annotations.k is an object", more: #","annotations":{"k":{}}"#),
        .image("annotations is a string", more: #","annotations":"x""#),
        .image("artifactType 'x' is not a media type", more: #","artifactType":"x""#),
        .image("artifactType is an object", more: #","artifactType":{}"#),
        .index("artifactType 'a b/c' is not a media type", more: #","artifactType":"a b/c""#),
        .index(
            "manifests[0].platform is a string",
            manifests: #"[\#(ManifestSample.child(4, more: #","platform":"linux""#))]"#
        ),
        .index(
            "manifests[0].platform.os is a number",
            manifests: #"[\#(ManifestSample.child(4, more: #","platform":{"os":1}"#))]"#
        ),
        .index(
            "os.features is a string",
            manifests: #"[\#(ManifestSample.child(4, more: #","platform":{"os.features":"x"}"#))]"#
        ),
    ]

    @Test(
        "a manifest of a wrong shape is refused with a message that says what is wrong",
        arguments: [
            json, schemaVersions, schema1, types, shapes, names, descriptors,
        ].flatMap { $0 }
    )
    func refused(refusal: Refusal) throws {
        let error = try #require(throws: ManifestError.self) {
            try Manifest(parsing: ByteBuffer(string: refusal.text), mediaType: refusal.type)
        }
        #expect(error.description.contains(refusal.message), "\(error)")
        #expect(error.registryError == RegistryError(.manifestInvalid))
    }

    @Test("a manifest over the limit is answered 413, one at the limit is read")
    func size() throws {
        let text = ManifestSample.image()
        let padded = text + String(repeating: " ", count: (4 << 20) - text.utf8.count)
        #expect(throws: Never.self) { try Manifest(parsing: ByteBuffer(string: padded), mediaType: .ociManifest) }
        let error = try #require(throws: ManifestError.self) {
            try Manifest(parsing: ByteBuffer(string: padded + " "), mediaType: .ociManifest)
        }
        #expect(error == .tooLarge(bytes: (4 << 20) + 1, limit: 4 << 20))
        #expect(error.registryError.status == 413)
        #expect(error.registryError.code == .manifestInvalid)
    }

    @Test("the numbers of layers and of children are bounded")
    func counts() {
        let limits = ManifestLimits(layers: 2, children: 1)
        let three = "[\(ManifestSample.layer(2)),\(ManifestSample.layer(3)),\(ManifestSample.layer(4))]"
        #expect(throws: ManifestError.tooManyEntries(list: "layers", count: 3, limit: 2)) {
            try Manifest(
                parsing: ByteBuffer(string: ManifestSample.image(layers: three)),
                mediaType: nil,
                limits: limits
            )
        }
        #expect(throws: ManifestError.tooManyEntries(list: "manifests", count: 2, limit: 1)) {
            try Manifest(parsing: ByteBuffer(string: ManifestSample.index()), mediaType: nil, limits: limits)
        }
    }
}
