import Foundation
import ShellSupport

/// One request of the comparison, sent to both registries.
///
/// `{name}` in the target stands for path and query of the `Location` that an earlier exchange saved under that name,
/// on the same registry; `{name&}` for the same with the separator that another parameter needs.
struct Exchange: Sendable {
    /// What it is about, unique in the whole comparison: the first part is the group.
    var name: String
    /// The request, with placeholders.
    var request: WireRequest
    /// Under which name to keep the answer's `Location`.
    var saved: String?

    init(
        _ name: String,
        _ method: String,
        _ target: String,
        _ headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil,
        chunked: Bool = false,
        save saved: String? = nil
    ) {
        self.name = name
        request = WireRequest(method, target, headers: headers, body: body)
        request.chunked = chunked
        self.saved = saved
    }
}

/// What one registry answered to all exchanges, and the locations that it gave out.
struct Conversation {
    private let wire: WireClient
    private let port: UInt16
    private var locations: [String: String] = [:]

    init(with registry: RegistryProcess) {
        wire = registry.wire
        port = registry.port
    }

    /// Sends one exchange's request and reduces the answer to what is compared.
    mutating func observe(_ exchange: Exchange) async throws -> Observation {
        var request = exchange.request
        for (name, location) in locations {
            let separator = location.contains("?") ? "&" : "?"
            request.target = request.target.replacing("{\(name)}", with: location)
                .replacing("{\(name)&}", with: location + separator)
        }
        guard !request.target.contains("{") else {
            return Observation(failure: "no Location was given to go on with")
        }
        do {
            let response = try await wire.send(request)
            if let name = exchange.saved, let location = response["Location"] {
                locations[name] = RegistryReader.target(of: location)
            }
            return Observation(response, method: request.method, port: port)
        } catch let error as WireError where !error.isRefused {
            // A registry that hangs or breaks off has answered so; one that is gone ends the comparison.
            return Observation(failure: error.description)
        }
    }
}
