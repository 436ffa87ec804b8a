extension Configuration {
    /// A key that somebody set.
    public struct PresentKey: Sendable, Hashable {
        /// The key's path, as `notifications.endpoints[0].url`.
        public var path: String
        /// Where it was set: the file or a variable.
        public var origin: ConfigurationOrigin
    }

    /// Every key that the file or the environment set and that is known, in the schema's order.
    public var presentKeys: [PresentKey] {
        var keys: [PresentKey] = []
        Self.collect(effective, "", into: &keys)
        return keys
    }

    /// The keys that somebody set at or below some paths: what a program that doesn't implement them yet names when
    /// it starts.
    public func keysSet(under paths: [String]) -> [PresentKey] {
        presentKeys.filter { key in
            paths.contains { path in
                guard key.path.hasPrefix(path) else { return false }
                let next = key.path.dropFirst(path.count).first
                return next == nil || next == "." || next == "["
            }
        }
    }

    /// The paths of the keys whose values differ from another configuration's, wherever they were set: what a program
    /// that read its file again has to put into force.
    public func keys(changedFrom other: Configuration) -> [String] {
        let (new, old) = (Self.leaves(effective), Self.leaves(other.effective))
        return Set(new.keys).union(old.keys).filter { new[$0] != old[$0] }.sorted()
    }

    /// Every value that isn't a group or a list, by its path, as it would be written.
    private static func leaves(_ value: Value, _ path: String = "") -> [String: String] {
        switch value.content {
        case .null: return [:]
        case .scalar(let scalar): return [path: scalar.text]
        case .list(let elements):
            var leaves = [path: "[\(elements.count)]"]
            for (index, element) in elements.enumerated() {
                leaves.merge(Self.leaves(element, "\(path)[\(index)]")) { $1 }
            }
            return leaves
        case .map(let entries):
            var leaves: [String: String] = [:]
            for entry in entries {
                leaves.merge(Self.leaves(entry.value, path.isEmpty ? entry.key : "\(path).\(entry.key)")) { $1 }
            }
            return leaves
        }
    }

    private static func collect(_ value: Value, _ path: String, into keys: inout [PresentKey]) {
        switch value.content {
        case .map(let entries) where !entries.isEmpty:
            for entry in entries {
                collect(entry.value, path.isEmpty ? entry.key : "\(path).\(entry.key)", into: &keys)
            }
        case .list(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() { collect(element, "\(path)[\(index)]", into: &keys) }
        default:
            if value.origin != .default { keys.append(PresentKey(path: path, origin: value.origin)) }
        }
    }
}
