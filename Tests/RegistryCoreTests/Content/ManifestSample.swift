import RegistryCore

/// Manifests to begin a test from.
enum ManifestSample {
    static let config = #"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(digest(1))","size":7}"#

    static func digest(_ number: Int) -> String {
        let hex = String(number, radix: 16)
        return "sha256:" + String(repeating: "0", count: 64 - hex.count) + hex
    }

    static func layer(
        _ number: Int = 2,
        type: String = "application/vnd.oci.image.layer.v1.tar+gzip",
        more: String = ""
    ) -> String {
        #"{"mediaType":"\#(type)","digest":"\#(digest(number))","size":\#(number)\#(more)}"#
    }

    static func image(config: String = config, layers: String? = nil, more: String = "") -> String {
        #"{"schemaVersion":2,"config":\#(config),"layers":\#(layers ?? "[\(layer(2)),\(layer(3))]")\#(more)}"#
    }

    static func child(_ number: Int, more: String = "") -> String {
        layer(number, type: "application/vnd.oci.image.manifest.v1+json", more: more)
    }

    static func index(manifests: String? = nil, more: String = "") -> String {
        #"{"schemaVersion":2,"manifests":\#(manifests ?? "[\(child(4)),\(child(5))]")\#(more)}"#
    }

    static func type(_ type: MediaType) -> String { #","mediaType":"\#(type)""# }
}
