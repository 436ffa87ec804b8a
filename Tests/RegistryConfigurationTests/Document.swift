/// A configuration file that a test puts together key by key, with the line of each key.
struct Document {
    private indirect enum Node {
        case leaf(String)
        case map([(key: String, node: Node)])
        case list([Node])
    }

    private var root = Node.map([])

    init(_ leaves: KeyValuePairs<String, String> = [:]) {
        for (path, yaml) in leaves { set(path, yaml) }
    }

    /// The smallest configuration.
    static let minimal = Document(["version": "0.1", "storage.inmemory": "{}"])

    /// Sets a key, such as `notifications.endpoints[0].url`, to a YAML text of one line.
    mutating func set(_ path: String, _ yaml: String) {
        Self.set(&root, Self.steps(path)[...], yaml)
    }

    mutating func remove(_ path: String) {
        Self.remove(&root, Self.steps(path)[...])
    }

    func setting(_ path: String, _ yaml: String) -> Document {
        var copy = self
        copy.set(path, yaml)
        return copy
    }

    var text: String { written().text }

    /// The line of a key, counted from 1.
    func line(of path: String) -> Int? { written().lines[path] }

    // MARK: -

    private enum Step {
        case key(String)
        case index(Int)
    }

    private static func steps(_ path: String) -> [Step] {
        path.split(separator: ".").flatMap { part -> [Step] in
            let pieces = part.split(separator: "[")
            return pieces.enumerated().map { position, piece in
                position == 0 ? .key(String(piece)) : .index(Int(piece.dropLast()) ?? 0)
            }
        }
    }

    private static func set(_ node: inout Node, _ steps: ArraySlice<Step>, _ yaml: String) {
        guard let step = steps.first else {
            node = .leaf(yaml)
            return
        }
        switch step {
        case .key(let key):
            var entries: [(key: String, node: Node)] = []
            if case .map(let existing) = node { entries = existing }
            let index = entries.firstIndex { $0.key == key }
            var child = index.map { entries[$0].node } ?? .map([])
            set(&child, steps.dropFirst(), yaml)
            if let index { entries[index].node = child } else { entries.append((key, child)) }
            node = .map(entries)
        case .index(let index):
            var elements: [Node] = []
            if case .list(let existing) = node { elements = existing }
            var child = index < elements.count ? elements[index] : .map([])
            set(&child, steps.dropFirst(), yaml)
            if index < elements.count { elements[index] = child } else { elements.append(child) }
            node = .list(elements)
        }
    }

    private static func remove(_ node: inout Node, _ steps: ArraySlice<Step>) {
        guard case .key(let key) = steps.first, case .map(var entries) = node,
            let index = entries.firstIndex(where: { $0.key == key })
        else { return }
        if steps.count == 1 { entries.remove(at: index) } else { remove(&entries[index].node, steps.dropFirst()) }
        node = .map(entries)
    }

    private func written() -> (text: String, lines: [String: Int]) {
        var output: [String] = []
        var lines: [String: Int] = [:]
        Self.write(root, "", 0, &output, &lines)
        return (output.joined(separator: "\n") + "\n", lines)
    }

    private static func write(
        _ node: Node,
        _ path: String,
        _ indent: Int,
        _ output: inout [String],
        _ lines: inout [String: Int]
    ) {
        let margin = String(repeating: " ", count: indent)
        func put(_ head: String, _ child: Node, _ childPath: String) {
            if case .leaf(let yaml) = child {
                output.append("\(margin)\(head) \(yaml)")
                lines[childPath] = output.count
            } else {
                output.append(margin + head)
                lines[childPath] = output.count
                write(child, childPath, indent + 2, &output, &lines)
            }
        }
        switch node {
        case .leaf: break
        case .map(let entries):
            for (key, child) in entries { put(key + ":", child, path.isEmpty ? key : "\(path).\(key)") }
        case .list(let elements):
            for (index, child) in elements.enumerated() { put("-", child, "\(path)[\(index)]") }
        }
    }
}
