internal import RegistryAuth
internal import RegistryCore

/// The claims of a token ([specification](https://distribution.github.io/distribution/spec/auth/jwt/)).
struct TokenClaims: Sendable {
    /// The most entries of `access`.
    static let maximumAccesses = 1000

    /// A resource of `access`.
    struct Resource: Sendable, Hashable {
        var type: String
        var name: String
    }

    var issuer = ""
    var subject = ""
    var audiences: [String] = []
    /// Seconds since 1970; 0, long ago, when there is none.
    var expiration: Int64 = 0
    var notBefore: Int64 = 0
    /// The actions granted on each resource.
    var access: [Resource: Set<String>] = [:]
    /// What stood for the user's credentials when a refresh token was made.
    var credentialStamp: String?

    /// - Throws: `TokenFailure.malformed` when a claim is of another type than its own.
    init(_ object: JSONObject) throws(TokenFailure) {
        issuer = try Self.text(object, "iss")
        subject = try Self.text(object, "sub")
        switch object["aud"] {
        case nil: break
        case .string(let audience)?: audiences = [audience]
        case .array(let list)?:
            for element in list {
                guard let audience = element.string else { throw .malformed("'aud' is not a list of texts") }
                audiences.append(audience)
            }
        default: throw .malformed("'aud' is neither a text nor a list")
        }
        expiration = try Self.seconds(object, "exp")
        notBefore = try Self.seconds(object, "nbf")
        credentialStamp = object["cred"]?.string
        guard let value = object["access"] else { return }
        guard let list = value.array, list.count <= Self.maximumAccesses else {
            throw .malformed("'access' is not a list of at most \(Self.maximumAccesses)")
        }
        for element in list {
            guard let entry = element.object else { throw .malformed("'access' is not a list of objects") }
            let resource = Resource(type: try Self.text(entry, "type"), name: try Self.text(entry, "name"))
            guard let value = entry["actions"] else { continue }
            guard let actions = value.array else { throw .malformed("'actions' is not a list") }
            for action in actions {
                guard let action = action.string else { throw .malformed("'actions' is not a list of texts") }
                access[resource, default: []].insert(action)
            }
        }
    }

    /// Whether the token grants an access: exactly this action on exactly this resource. `*` is only the action that
    /// the list of repositories is asked for with.
    func grants(_ wanted: Access) -> Bool {
        access[Resource(type: wanted.resourceType, name: wanted.resourceName)]?.contains(wanted.action.rawValue)
            ?? false
    }

    /// Whether a token of these claims is one of an issuer for a service, save for the signature.
    func check(issuer: String, service: String) throws(TokenFailure) {
        guard Self.isSame(self.issuer, issuer) else { throw .issuer }
        guard audiences.contains(where: { Self.isSame($0, service) }) else { throw .audience }
    }

    /// Whether the claims hold at a time.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - leeway: how far clocks may differ, in seconds.
    func check(now: Int64, leeway: Int64) throws(TokenFailure) {
        guard now - leeway <= expiration else { throw .expired }
        guard now + leeway >= notBefore else { throw .notYetValid }
    }

    /// Byte by byte: texts that only look the same are not.
    private static func isSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

    private static func text(_ object: JSONObject, _ name: String) throws(TokenFailure) -> String {
        guard let value = object[name] else { return "" }
        guard let text = value.string else { throw .malformed("'\(name)' is not a text") }
        return text
    }

    private static func seconds(_ object: JSONObject, _ name: String) throws(TokenFailure) -> Int64 {
        guard let value = object[name] else { return 0 }
        guard let seconds = value.integer else { throw .malformed("'\(name)' is not a whole number") }
        return seconds
    }
}
