/// How the manifests that are pushed are checked.
public struct ManifestValidation: Sendable {
    /// Which children of an index must be part of the repository before it.
    public enum Children: Sendable, Hashable {
        /// All of them.
        case all
        /// None.
        case none
        /// Those for one of these platforms.
        case platforms([Descriptor.Platform])

        func demandsPresence(of child: Descriptor) -> Bool {
            switch self {
            case .all: true
            case .none: false
            case .platforms(let platforms):
                child.platform.map({ own in
                    platforms.contains { $0.architecture == own.architecture && $0.os == own.os }
                }) ?? false
            }
        }
    }

    /// Bounds of a manifest's size and counts.
    public var limits = ManifestLimits.default
    /// Which URLs a layer may be fetched from.
    public var urls = ManifestURLPolicy.allowNothing
    /// Which children must be present.
    public var children = Children.all

    /// The replaced server's defaults.
    public init() {}
}
