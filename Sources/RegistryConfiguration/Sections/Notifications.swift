extension Configuration {
    /// `notifications`: where events go.
    public struct Notifications: Sendable, Hashable {
        /// A receiver of events.
        public struct Endpoint: Sendable, Hashable {
            /// The name that logs and metrics show.
            public var name: String
            /// Whether it receives nothing.
            public var isDisabled: Bool
            /// Where events are posted.
            public var url: String
            /// Header fields of each request.
            public var headers: [HeaderField]
            /// How long one request may take.
            public var timeout: Duration
            /// How many failures in a row make it pause.
            public var threshold: Int
            /// How long it pauses.
            public var backoff: Duration
            /// Targets of these types make no event.
            public var ignoredMediaTypes: [String]
            /// These actions make no event.
            public var ignoredActions: [String]

            init(_ section: Section) {
                let ignore = section.required("ignore")
                name = section.string("name")
                isDisabled = section.bool("disabled")
                url = section.string("url")
                headers = section.headers("headers")
                timeout = section.duration("timeout")
                threshold = section.integer("threshold")
                backoff = section.duration("backoff")
                ignoredMediaTypes = section.strings("ignoredmediatypes") + ignore.strings("mediatypes")
                ignoredActions = ignore.strings("actions")
            }
        }

        /// Whether events of manifests list what the manifest refers to.
        public var includesReferences: Bool
        /// The receivers, also those that are disabled.
        public var endpoints: [Endpoint]

        init(_ section: Section) {
            includesReferences = section.required("events").bool("includereferences")
            endpoints = section.sections("endpoints").map(Endpoint.init)
        }
    }
}
