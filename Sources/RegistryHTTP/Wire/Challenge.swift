internal import HTTPTypes
internal import RegistryAuth
internal import RegistryCore

/// A refusal that asks the caller to log in.
struct Challenge: Error {
    /// The values of `WWW-Authenticate`.
    let challenges: [String]
    /// What the request needed.
    let wanted: [Access]

    /// Status 401, the challenges, and what was needed, in the replaced server's form.
    var response: Response {
        let detail = wanted.map { access in
            [
                ErrorDetail.Field("Type", access.resourceType), ErrorDetail.Field("Class", ""),
                ErrorDetail.Field("Name", access.resourceName), ErrorDetail.Field("Action", access.action.rawValue),
            ]
        }
        var response = Response(RegistryError(.unauthorized, detail: wanted.isEmpty ? nil : .list(detail)))
        for challenge in challenges { response.headers.append(.init(name: .wwwAuthenticate, value: challenge)) }
        return response
    }
}
