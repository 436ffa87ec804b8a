public import RegistryCore

/// What a request wants to do to something
/// ([token scope](https://distribution.github.io/distribution/spec/auth/scope/): `repository:a/b:pull`).
public struct Access: Sendable, Hashable {
    /// What can be done to a resource.
    public enum Action: String, Sendable, Hashable {
        /// Read.
        case pull
        /// Write.
        case push
        /// Remove.
        case delete
        /// All: what the list of repositories is asked for with.
        case all = "*"
    }

    /// What something is done to.
    public enum Resource: Sendable, Hashable {
        /// A repository.
        case repository(RepositoryName)
        /// The list of all repositories.
        case catalog

        /// The kind of the resource in a scope: `repository` or `registry`.
        public var type: String {
            switch self {
            case .repository: "repository"
            case .catalog: "registry"
            }
        }

        /// The name of the resource in a scope.
        public var name: String {
            switch self {
            case .repository(let name): name.description
            case .catalog: "catalog"
            }
        }
    }

    /// What it is done to.
    public var resource: Resource
    /// What is done.
    public var action: Action

    /// Makes an access.
    public init(_ action: Action, to resource: Resource) {
        self.resource = resource
        self.action = action
    }

    /// The kind of the resource in a scope: `repository` or `registry`.
    public var resourceType: String { resource.type }

    /// The name of the resource in a scope.
    public var resourceName: String { resource.name }
}

/// Who is calling.
public struct Principal: Sendable, Hashable {
    /// The user's name; `nil` for a caller who did not log in.
    public var name: String?

    /// Makes a principal.
    public init(name: String?) { self.name = name }

    /// A caller who did not log in.
    public static let anonymous = Principal(name: nil)
}
