extension Configuration {
    /// `policy`: what kinds of repository are wanted.
    public struct Policy: Sendable, Hashable {
        /// The classes, `image` and `plugin`; empty means any.
        public var repositoryClasses: [String]

        init(_ section: Section) { repositoryClasses = section.required("repository").strings("classes") }
    }
}
