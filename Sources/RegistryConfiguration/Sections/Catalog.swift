extension Configuration {
    /// `catalog`: the list of repositories.
    public struct Catalog: Sendable, Hashable {
        /// The most entries of one page.
        public var maxEntries: Int

        init(_ section: Section) { maxEntries = section.integer("maxentries") }
    }
}
