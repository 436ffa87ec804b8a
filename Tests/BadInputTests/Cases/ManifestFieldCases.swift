/// Manifests with a member of a wrong type or out of bounds.
enum ManifestFieldCases {
    static let all: [BadRequest] = members + descriptors + indexes

    private static let objects = ["\"\"", "\"text\"", "1", "-1", "1.5", "true", "[]", "[{}]"]
    private static let arrays = ["\"\"", "\"text\"", "1", "true", "{}", "[1]", "[null]", "[[]]", "[\"text\"]", "[{}]"]
    private static let texts = ["1", "1.5", "true", "[]", "{}"]

    private static func image(
        version: String = "2", type: String = "\"\(Image.manifestType)\"", config: String = Image.configDescriptor,
        layers: String = "[\(Image.layerDescriptor)]", more: String = ""
    ) -> [UInt8] {
        Array(#"{"schemaVersion":\#(version),"mediaType":\#(type),"config":\#(config),"layers":\#(layers)\#(more)}"#.utf8)
    }

    private static func tries(
        _ member: String, _ values: [String], type: String = Image.manifestType, _ manifest: (String) -> [UInt8]
    ) -> [BadRequest] {
        values.map { value in
            ManifestShapeCases.push("\(member) is \(value.prefix(60))", manifest(value), type: type)
        }
    }

    private static let members: [BadRequest] =
        tries("schemaVersion", ["\"2\"", "2.0", "2.5", "0", "-2", "3", "1e400", "99999999999999999999", "null", "true", "[]", "{}"]) {
            image(version: $0)
        }
        + tries("mediaType", texts + ["\"text\"", "\"application/json\"", "\"\(Image.indexType)\"", "\"\(Image.manifestType);a=b\""]) {
            image(type: $0)
        }
        + tries("config", objects + ["null", "{}"]) { image(config: $0) }
        + tries("layers", arrays) { image(layers: $0) }
        + tries("subject", objects + ["{}"]) { image(more: ",\"subject\":\($0)") }
        + tries("annotations", objects + ["{\"a\":1}", "{\"a\":{}}", "{\"a\":[\"b\"]}", "{\"a\":true}"]) {
            image(more: ",\"annotations\":\($0)")
        }
        + tries("artifactType", texts + ["\"text\"", "\"a/b/c\"", "\"a b\"", "\"中/文\""]) {
            image(more: ",\"artifactType\":\($0)")
        }
        + tries("manifests", objects + ["{}"]) { image(more: ",\"manifests\":\($0)") }

    private static func descriptor(
        type: String = "\"application/vnd.oci.image.layer.v1.tar\"", digest: String = "\"\(Image.digest(of: Image.layer))\"",
        size: String = "22", more: String = ""
    ) -> String {
        #"{"mediaType":\#(type),"digest":\#(digest),"size":\#(size)\#(more)}"#
    }

    private static let hex = String(repeating: "0123456789abcdef", count: 4)
    private static let digests =
        texts + [
            "null", "\"\"", "\"text\"", "\"sha256:\"", "\"sha256:abc\"", "\"sha256:\(hex.uppercased())\"", "\"SHA256:\(hex)\"",
            "\"md5:0123456789abcdef0123456789abcdef\"", "\"sha256:../../../etc/passwd\"", "\"sha256:\(hex)\\u0000\"",
            "\" sha256:\(hex)\"", "\"sha256:\(hex)\\n\"", "\"sha512:\(hex)\"",
        ]
    private static let sizes = [
        "-1", "-9223372036854775808", "9223372036854775808", "99999999999999999999999", "1e3", "1.0", "1.5", "1e400", "\"22\"",
        "null", "true", "[]", "{}",
    ]

    private static let descriptors: [BadRequest] =
        tries("layer's mediaType", texts + ["null", "\"\"", "\"text\"", "\"a/b/c\"", "\"/\"", "\"a b/c\""]) {
            image(layers: "[\(descriptor(type: $0))]")
        }
        + tries("layer's digest", digests) { image(layers: "[\(descriptor(digest: $0))]") }
        + tries("config's digest", digests) { image(config: descriptor(digest: $0)) }
        + tries("subject's digest", digests) { image(more: ",\"subject\":\(descriptor(digest: $0))") }
        + tries("layer's size", sizes) { image(layers: "[\(descriptor(size: $0))]") }
        + tries("config's size", sizes) { image(config: descriptor(size: $0)) }
        + tries("layer's urls", ["\"text\"", "1", "{}", "[1]", "[null]", "[{}]", "[\"file:///etc/passwd\"]", "[\"ftp://a/b\"]",
            "[\"http://a/b#c\"]", "[\"://\"]"]) {
            image(layers: "[\(descriptor(more: ",\"urls\":\($0)"))]")
        }
        + tries("layer's annotations", ["\"text\"", "1", "[]", "{\"a\":1}"]) {
            image(layers: "[\(descriptor(more: ",\"annotations\":\($0)"))]")
        }
        + tries("foreign layer", [
            descriptor(type: "\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\""),
            descriptor(type: "\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\"", more: ",\"urls\":[]"),
        ]) { image(layers: "[\($0)]") }

    private static func index(_ manifests: String) -> [UInt8] {
        Array(#"{"schemaVersion":2,"mediaType":"\#(Image.indexType)","manifests":\#(manifests)}"#.utf8)
    }

    private static func child(_ more: String) -> String { Image.manifestDescriptor.dropLast() + ",\(more)}" }

    private static let indexes: [BadRequest] =
        tries("index's manifests", arrays, type: Image.indexType, index)
        + tries("child's digest", digests, type: Image.indexType) { index("[\(descriptor(digest: $0))]") }
        + tries("child's size", sizes, type: Image.indexType) { index("[\(descriptor(size: $0))]") }
        + tries("child's platform", ["\"linux/amd64\"", "1", "true", "[]", "{\"os\":1}", "{\"architecture\":[]}", "{\"os.features\":\"a\"}",
            "{\"os.features\":[1]}", "{\"variant\":{}}"], type: Image.indexType) { index("[\(child("\"platform\":\($0)"))]") }
}
