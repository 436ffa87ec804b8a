import Foundation
import ShellSupport

/// An answer reduced to what a client can depend on: what differs from run to run has a fixed word instead.
struct Observation: Equatable {
    /// By name: `status`, which holds the codes of an error as well, `message` of an error, `body` of anything else, and
    /// the header fields.
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
        if response.status >= 300 {
            // What an error says is compared as its message, so the length says nothing new.
            if let length = fields["content-length"], length != "0" { fields["content-length"] = "N" }
            guard method != "HEAD", !response.body.isEmpty else { return }
            let message = Self.message(response)
            fields["status"] = "\(response.status) \(message.codes)"
            fields["message"] = Self.normalise(message.text, port: port)
        } else if method != "HEAD" {
            fields["body"] = Self.body(response, port: port)
        }
    }

    init(failure: String) {
        fields["status"] = "none: " + failure.replacing(/port \d+/, with: "port N")
    }

    private static func body(_ response: WireResponse, port: UInt16) -> String {
        // The peer makes one for old clients from a schema 2 image, and signs it with a key of the moment.
        if response["Content-Type"]?.hasSuffix("manifest.v1+prettyjws") == true {
            return "a manifest of schema 1, made on the way"
        }
        guard response.body.count <= 2000 else {
            return "\(response.body.count) bytes, \(contentDigest(response.body))"
        }
        return normalise(response.text, port: port)
    }

    /// The codes of an error's body, or `text` for one that isn't JSON; and all of it, the keys in order, since the
    /// order of the keys of an error is no promise.
    private static func message(_ response: WireResponse) -> (codes: String, text: String) {
        struct Errors: Decodable {
            struct Entry: Decodable { var code: String }
            var errors: [Entry]
        }
        let data = Data(response.body)
        guard let errors = try? JSONDecoder().decode(Errors.self, from: data),
            let json = try? JSONSerialization.jsonObject(with: data),
            let sorted = try? JSONSerialization.data(
                withJSONObject: json,
                options: [.sortedKeys, .withoutEscapingSlashes]
            )
        else { return ("text", response.text) }
        return (errors.errors.map(\.code).joined(separator: " "), String(decoding: sorted, as: UTF8.self))
    }

    private static func normalise(_ text: String, port: UInt16) -> String {
        text.replacing("127.0.0.1:\(port)", with: "HOST")
            .replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "UUID")
            .replacing(/(--|boundary=)[0-9A-Za-z]{20,}/) { "\($0.output.1)BOUNDARY" }
            .replacing(/_state=[A-Za-z0-9_%=-]+/, with: "_state=STATE")
    }
}
