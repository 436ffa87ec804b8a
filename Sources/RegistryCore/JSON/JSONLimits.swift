/// What a JSON text may cost.
public struct JSONLimits: Sendable, Hashable {
    /// How deep arrays and objects may be nested.
    public var depth: Int
    /// How many values there may be, containers included.
    public var values: Int
    /// Whether an object may have two members of the same name; both are kept then.
    public var allowsDuplicateNames: Bool

    /// Makes limits.
    public init(depth: Int = 32, values: Int = 200_000, allowsDuplicateNames: Bool = false) {
        self.depth = depth
        self.values = values
        self.allowsDuplicateNames = allowsDuplicateNames
    }

    /// The limits for what a client sends: 32 deep, 200 000 values, no duplicate names.
    public static let `default` = JSONLimits()
}
