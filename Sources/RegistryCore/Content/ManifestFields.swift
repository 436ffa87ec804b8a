/// Typed access to the members of one object of a manifest.
///
/// An absent member, `null` and, for a string, the empty string are the same: Go's encoder makes no difference
/// between them either.
struct ManifestFields {
    let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    /// The text of a member; `nil` when it is absent.
    func string(_ name: String, at place: () -> String) throws(ManifestError) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw .invalid("\(path(place, name)) is \(value.kind), not a string") }
        return text.isEmpty ? nil : text
    }

    /// The elements of a list of texts; none when it is absent.
    func strings(_ name: String, at place: () -> String) throws(ManifestError) -> [String] {
        try array(name, at: place).map { (value) throws(ManifestError) in
            guard let text = value.string else {
                throw .invalid("\(path(place, name)) holds \(value.kind), not only strings")
            }
            return text
        }
    }

    /// The elements of a list; none when it is absent.
    func array(_ name: String, at place: () -> String) throws(ManifestError) -> [JSONValue] {
        guard let value = object[name] else { return [] }
        guard let elements = value.array else { throw .invalid("\(path(place, name)) is \(value.kind), not an array") }
        return elements
    }

    /// The members of an object of texts; none when it is absent.
    func stringMap(_ name: String, at place: () -> String) throws(ManifestError) -> [String: String] {
        guard let value = object[name] else { return [:] }
        guard let members = value.object?.members else {
            throw .invalid("\(path(place, name)) is \(value.kind), not an object")
        }
        var map: [String: String] = [:]
        map.reserveCapacity(members.count)
        for member in members {
            switch member.value {
            case .string(let text): map[member.name] = text
            case .null: map[member.name] = ""
            default:
                throw .invalid("\(path(place, name)).\(member.name.prefix(100)) is \(member.value.kind), not a string")
            }
        }
        return map
    }

    private func path(_ place: () -> String, _ name: String) -> String {
        let place = place()
        return place.isEmpty ? name : "\(place).\(name)"
    }
}
