extension Configuration {
    /// `tags`: the lists of tags.
    public struct Tags: Sendable, Hashable {
        /// The most tags of one page.
        public var maxTags: Int

        init(_ section: Section) { maxTags = section.integer("maxtags") }
    }
}
