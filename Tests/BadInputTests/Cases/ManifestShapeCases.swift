/// Manifests that are no JSON, or not of the shape that their type demands.
enum ManifestShapeCases {
    static let all: [BadRequest] = notJSON + json + types + content

    private static let type = "Content-Type: \(Image.manifestType)"
    private static let invalid = BadRequest.Expected.status(400, "MANIFEST_INVALID")

    static func push(
        _ name: String, _ body: [UInt8], type: String? = Image.manifestType, _ expected: BadRequest.Expected = invalid
    ) -> BadRequest {
        .request(
            "manifest: \(name)", "PUT", "/v2/good/image/manifests/bad", type.map { ["Content-Type: \($0)"] } ?? [],
            body: body, expected)
    }

    private static func push(
        _ name: String, text: String, type: String? = Image.manifestType, _ expected: BadRequest.Expected = invalid
    ) -> BadRequest {
        push(name, Array(text.utf8), type: type, expected)
    }

    private static let good = String(decoding: Image.manifest, as: UTF8.self)

    private static let notJSON: [BadRequest] = [
        push("empty", []), push("a space", text: " "), push("a word", text: "garbage"), push("a brace", text: "{"),
        push("a closing brace", text: "}"), push("XML", text: "<?xml version=\"1.0\"?><manifest/>"),
        push("YAML", text: "schemaVersion: 2"), push("a single quote", text: "{'schemaVersion':2}"),
        push("a comment", text: "/* */" + good), push("a comma at the end", text: good.dropLast() + ",}"),
        push("a word behind it", text: good + "x"), push("two of them", text: good + good),
        push("no closing brace", text: String(good.dropLast())), push("half of it", text: String(good.prefix(good.count / 2))),
        push("a byte order mark", [0xEF, 0xBB, 0xBF] + Image.manifest),
        push("UTF-16", Image.manifest.flatMap { [$0, 0] }),
        push("a byte that is not UTF-8", Array(good.replacing("\"layers\"", with: "\"x\":\"?\",\"layers\"").utf8).map { $0 == 0x3F ? 0xFF : $0 }),
        push("overlong UTF-8", Array(#"{"schemaVersion":2,"a":""#.utf8) + [0xC0, 0x80] + Array(#""}"#.utf8)),
        push("a surrogate in UTF-8", Array(#"{"schemaVersion":2,"a":""#.utf8) + [0xED, 0xA0, 0x80] + Array(#""}"#.utf8)),
        push("a NUL in a string", Array(#"{"schemaVersion":2,"a":""#.utf8) + [0] + Array(#""}"#.utf8)),
        push("a NUL behind it", Image.manifest + [0]), push("NULs only", [UInt8](repeating: 0, count: 1000)),
        push("a line end in a string", text: "{\"schemaVersion\":2,\"a\":\"\n\"}"),
        push("an unknown escape", text: #"{"schemaVersion":2,"a":"\x41"}"#),
        push("half an escape", text: #"{"schemaVersion":2,"a":"\u00"}"#),
        push("a lone surrogate", text: #"{"schemaVersion":2,"mediaType":"\ud800"}"#),
        push("NaN", text: #"{"schemaVersion":NaN}"#), push("Infinity", text: #"{"schemaVersion":Infinity}"#),
        push("a number with a zero before", text: #"{"schemaVersion":02}"#), push("a hexadecimal number", text: #"{"schemaVersion":0x2}"#),
        push("a plus sign", text: #"{"schemaVersion":+2}"#), push("a word in capitals", text: #"{"schemaVersion":TRUE}"#),
        push("a gzip file", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        push("random bytes", (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }),
    ]

    private static let json: [BadRequest] = [
        push("an array", text: "[]"), push("an array of one", text: "[\(good)]"), push("a string", text: "\"manifest\""),
        push("a number", text: "2"), push("null", text: "null"), push("true", text: "true"), push("an empty object", text: "{}"),
        push("100,000 arrays", text: String(repeating: "[", count: 100_000)),
        push("100,000 objects", text: String(repeating: "{\"a\":", count: 100_000)),
        push("100,000 arrays that end", text: String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)),
        push("100,000 arrays in a member", text: good.dropLast() + ",\"x\":" + String(repeating: "[", count: 100_000)
            + String(repeating: "]", count: 100_000) + "}"),
        push("a million values", text: good.dropLast() + ",\"x\":[" + String(repeating: "0,", count: 1_000_000) + "0]}"),
        push("20,000 layers", text: good.replacing("\"layers\":[", with: "\"layers\":["
            + Array(repeating: #"{"mediaType":"a/b","digest":"\#(Image.absent)","size":1}"#, count: 20_000).joined(separator: ",") + ",")),
        push("the same member twice", text: good.dropLast() + ",\"schemaVersion\":2}"),
        push("two lists of layers", text: good.dropLast() + ",\"layers\":[]}"),
        push("two configs", text: good.dropLast() + ",\"config\":\(Image.layerDescriptor)}"),
        push("two media types", text: good.dropLast() + ",\"mediaType\":\"\(Image.indexType)\"}"),
        push("a member twice, once escaped", text: good.dropLast() + ",\"l\\u0061yers\":[]}"),
        push("the same member twice in a descriptor", text: good.replacing("\"size\":22", with: "\"size\":22,\"size\":23")),
        push("layers in capitals", text: good.replacing("\"layers\"", with: "\"Layers\"")),
        push("config in capitals beside it", text: good.dropLast() + ",\"CONFIG\":{}}"),
        push("manifests in capitals beside it", text: good.dropLast() + ",\"Manifests\":[]}"),
        push("layers with a long s", text: good.dropLast() + ",\"layer\u{17F}\":[]}"),
        push("a digest in capitals", text: good.replacing("\"digest\"", with: "\"Digest\"")),
    ]

    private static let types: [BadRequest] = [
        push("both layers and manifests", text: good.dropLast() + ",\"manifests\":[]}"),
        push("both, told to be an index", text: good.dropLast() + ",\"manifests\":[]}", type: Image.indexType),
        push("image told to be an index", Image.manifest, type: Image.indexType),
        push("index told to be an image", text: #"{"schemaVersion":2,"mediaType":"\#(Image.indexType)","manifests":[]}"#),
        push("index with a config", text: #"{"schemaVersion":2,"manifests":[],"config":\#(Image.configDescriptor)}"#, type: Image.indexType),
        push("index without manifests", text: #"{"schemaVersion":2}"#, type: Image.indexType),
        push("image without config", text: #"{"schemaVersion":2,"layers":[]}"#),
        push("image told to be Docker's", Image.manifest, type: "application/vnd.docker.distribution.manifest.v2+json"),
        push("image told to be a Docker list", Image.manifest, type: "application/vnd.docker.distribution.manifest.list.v2+json"),
        push("Docker's without a media type", text: #"{"schemaVersion":2,"config":\#(Image.configDescriptor),"layers":[]}"#,
            type: "application/vnd.docker.distribution.manifest.v2+json"),
        push("image with the first schema's layers", text: good.dropLast() + ",\"fsLayers\":[]}"),
        push("the first schema", text: schema1, type: "application/vnd.docker.distribution.manifest.v1+json"),
        push("the first schema, signed", text: schema1, type: "application/vnd.docker.distribution.manifest.v1+prettyjws"),
        push("the first schema told to be an image", text: schema1),
        push("the first schema of no type", text: schema1, type: nil), push("an object of no type", text: "{}", type: nil),
        push("nothing of no type", [], type: nil), push("JSON", text: "{}", type: "application/json"),
        push("image told to be JSON", text: "{\"a\":1}", type: "application/json; charset=utf-8"),
        push("octets", Image.manifest, type: "application/octet-stream"), push("a form", text: "a=b", type: "application/x-www-form-urlencoded"),
        push("a form of parts", text: "--x--", type: "multipart/form-data; boundary=x"), push("text", Image.manifest, type: "text/plain"),
        push("a type of one word", Image.manifest, type: "garbage"), push("a slash", Image.manifest, type: "/"),
        push("no subtype", Image.manifest, type: "application/"), push("two slashes", Image.manifest, type: "a/b/c"),
        push("a type with a space", Image.manifest, type: "application / json"), push("two types", Image.manifest, type: "a/b, c/d"),
        push("a type in quotes", Image.manifest, type: "\"\(Image.manifestType)\""), push("a semicolon", Image.manifest, type: ";"),
        push("a type beyond ASCII", Image.manifest, type: "application/中文"), push("any type", Image.manifest, type: "*/*"),
        push("a type of 5,000 letters", Image.manifest, type: "application/" + String(repeating: "a", count: 5000)),
        push("a later version", Image.manifest, type: "application/vnd.oci.image.manifest.v2+json"),
        push("a config's type", Image.config, type: "application/vnd.oci.image.config.v1+json"),
    ]

    private static let schema1 =
        #"{"schemaVersion":1,"name":"good/image","tag":"bad","architecture":"amd64","fsLayers":[],"history":[]}"#

    private static let missing = BadRequest.Expected.status(400, "MANIFEST_BLOB_UNKNOWN")
    private static let tooLarge = BadRequest.Expected.status(413)

    private static let content: [BadRequest] = [
        push("a layer that is not there", text: good.replacing(Image.digest(of: Image.layer), with: Image.absent), missing),
        push("a config that is not there", text: good.replacing(Image.digest(of: Image.config), with: Image.absent), missing),
        push("a child that is not there", text: #"{"schemaVersion":2,"manifests":[{"mediaType":"\#(Image.manifestType)","digest":"\#(Image.absent)","size":1}]}"#,
            type: Image.indexType, missing),
        BadRequest.request("manifest: layers of another repository", "PUT", "/v2/other/image/manifests/bad", [type],
            body: Image.manifest, missing),
        push("5 MiB of spaces", [UInt8](repeating: 0x20, count: 5 << 20), tooLarge),
        push("5 MiB of brackets", [UInt8](repeating: 0x5B, count: 5 << 20), tooLarge),
        push("5 MiB in a string", text: good.dropLast() + ",\"x\":\"" + String(repeating: "a", count: 5 << 20) + "\"}", tooLarge),
        push("one byte too many", Image.manifest + [UInt8](repeating: 0x20, count: (4 << 20) + 1 - Image.manifest.count), tooLarge),
        BadRequest.request("manifest: 1 TiB that is only told of", "PUT", "/v2/good/image/manifests/bad",
            [type, "Content-Length: 1099511627776"], tooLarge),
        BadRequest.request("manifest: a body that ends early", "PUT", "/v2/good/image/manifests/bad",
            [type, "Content-Length: 5000"], .status(400)).thenEnd(),
        BadRequest.request("manifest: no body", "PUT", "/v2/good/image/manifests/bad", [type], invalid),
    ]
}
