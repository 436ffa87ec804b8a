/// The folder that holds a path; `nil` at the top.
func parentFolder(_ path: String) -> String? {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path == "." ? nil : "." }
    if slash == path.startIndex { return path.utf8.count == 1 ? nil : "/" }
    return String(path[..<slash])
}

/// The last name of a path.
func lastName(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
}

/// The folder right below another one on the way to a third; `nil` when the other is not above that.
func childFolder(of parent: String, on path: String) -> String? {
    let bytes = path.utf8
    var start = bytes.startIndex
    if parent == "." {
        guard bytes.first != UInt8(ascii: "/"), path != "." else { return nil }
    } else if parent == "/" {
        guard bytes.first == UInt8(ascii: "/"), bytes.count > 1 else { return nil }
        start = bytes.index(after: start)
    } else {
        let above = parent.utf8
        guard bytes.count > above.count, path.hasPrefix(parent) else { return nil }
        start = bytes.index(start, offsetBy: above.count)
        guard bytes[start] == UInt8(ascii: "/") else { return nil }
        start = bytes.index(after: start)
    }
    return String(path[..<(bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex)])
}
