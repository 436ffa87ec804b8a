import RegistryCore
import Testing

@Suite("Media types")
struct MediaTypeTests {
    @Test(
        "a type is kept without parameters, in small letters",
        arguments: [
            ("application/json", "application/json"), ("Application/JSON", "application/json"),
            ("application/json; charset=utf-8", "application/json"), ("application/json;", "application/json"),
            ("  text/plain\t", "text/plain"), ("text/plain ; a=\"é\"", "text/plain"),
            ("application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar+gzip"),
            ("a/b", "a/b"), ("x!#$&-^_.+/y!#$&-^_.+0", "x!#$&-^_.+/y!#$&-^_.+0"),
        ]
    )
    func valid(text: String, expected: String) {
        #expect(MediaType(text)?.description == expected)
    }

    @Test(
        "what is not a type and a subtype is refused",
        arguments: [
            "", " ", ";", "text", "text/", "/plain", "/", "text//plain", "a/b/c", "text/ plain", "text /plain",
            "te xt/plain",
            "text/plain,text/html", "*/*", "text/*", "text/\"plain\"", "text/plain\0", "text/pl\u{E9}in",
            "text/plain\n",
            "text/a\u{301}", "text/<b>", "a/" + String(repeating: "b", count: 254), "; charset=utf-8",
        ]
    )
    func invalid(text: String) {
        #expect(MediaType(text) == nil)
    }

    @Test("the known types are what parsing their text gives")
    func known() {
        let types: [MediaType] = [
            .ociManifest, .ociIndex, .ociConfig, .ociEmpty, .dockerManifest, .dockerManifestList, .dockerConfig,
            .dockerSchema1, .dockerSchema1Signed, .dockerForeignLayer, .octetStream, .json,
        ]
        for type in types { #expect(MediaType(type.description) == type) }
        #expect(types.filter(\.isManifest) == [.ociManifest, .ociIndex, .dockerManifest, .dockerManifestList])
        #expect(types.filter(\.isIndex) == [.ociIndex, .dockerManifestList])
    }
}
