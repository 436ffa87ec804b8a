import Foundation
import ShellSupport

/// An answer reduced to what a client can depend on: what differs from run to run has a fixed word instead.
struct Observation: Equatable {
    /// By name: `status`, `body`, and the header fields.
    private(set) var fields: [String: String] = [:]

    /// The header fields that are compared.
    private static let comparedHeaders: Set<String> = [
        "accept-ranges", "allow", "cache-control", "content-length", "content-range", "content-type",
        "docker-content-digest", "docker-distribution-api-version", "docker-upload-uuid", "etag", "link", "location",
        "oci-chunk-min-length", "oci-filters-applied", "oci-subject", "oci-tag", "range", "retry-after",
        "transfer-encoding", "vary", "warning", "www-authenticate", "x-content-type-options",
    ]

    init(_ response: WireResponse, method: String, port: UInt16) {
        fields["status"] = "\(response.status)"
        for (name, value) in response.headers where Self.comparedHeaders.contains(name.lowercased()) {
            let key = name.lowercased()
            let normalised = Self.normalise(value, port: port)
            fields[key] = fields[key].map { "\($0), \(normalised)" } ?? normalised
        }
        // The text of an error is compared as a body, so its length says nothing new.
        if response.status >= 300, fields["content-length"] != nil, fields["content-length"] != "0" {
            fields["content-length"] = "N"
        }
        if method != "HEAD" { fields["body"] = Self.body(response, port: port) }
    }

    init(failure: String) {
        fields["status"] = "none"
        fields["body"] = failure.replacing(/port \d+/, with: "port N")
    }

    private static func body(_ response: WireResponse, port: UInt16) -> String {
        // The peer makes one for old clients from a schema 2 image, and signs it with a key of the moment.
        if response["Content-Type"]?.hasSuffix("manifest.v1+prettyjws") == true {
            return "a manifest of schema 1, made on the way"
        }
        guard response.body.count <= 2000 else {
            return "\(response.body.count) bytes, \(contentDigest(response.body))"
        }
        // The order of the keys of an error is no promise; that of a manifest is.
        if response.status >= 400, let json = try? JSONSerialization.jsonObject(with: Data(response.body)),
            let sorted = try? JSONSerialization.data(
                withJSONObject: json,
                options: [.sortedKeys, .withoutEscapingSlashes]
            )
        {
            return normalise(String(decoding: sorted, as: UTF8.self), port: port)
        }
        return normalise(response.text, port: port)
    }

    private static func normalise(_ text: String, port: UInt16) -> String {
        text.replacing("127.0.0.1:\(port)", with: "HOST")
            .replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "UUID")
            .replacing(/(--|boundary=)[0-9A-Za-z]{20,}/) { "\($0.output.1)BOUNDARY" }
            .replacing(/_state=[A-Za-z0-9_%=-]+/, with: "_state=STATE")
    }
}
