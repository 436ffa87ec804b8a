/// Where a value of the configuration comes from.
public enum ConfigurationOrigin: Sendable, Hashable {
    /// Nobody set it.
    case `default`
    /// A file gave it; line and column count from 1.
    case file(name: String, line: Int, column: Int)
    /// An environment variable of this name gave it.
    case environment(String)
}

extension ConfigurationOrigin: CustomStringConvertible {
    /// `default`, `config.yml:12`, or the variable's name: what the effective configuration shows beside a value.
    public var description: String {
        switch self {
        case .default: "default"
        case .file(let name, let line, _): "\(name):\(line)"
        case .environment(let name): name
        }
    }
}
