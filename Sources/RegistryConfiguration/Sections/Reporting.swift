extension Configuration {
    /// `reporting` of version 2: services that are told of errors.
    public struct Reporting: Sendable, Hashable {
        /// Parameters of Bugsnag.
        public struct Bugsnag: Sendable, Hashable {
            /// The key of the project.
            public var apiKey: String
            /// The stage that errors are filed under.
            public var releaseStage: String?
            /// The service's URL.
            public var endpoint: String?
        }

        /// Parameters of New Relic.
        public struct NewRelic: Sendable, Hashable {
            /// The key of the account.
            public var licenseKey: String
            /// The application's name.
            public var name: String?
            /// Whether the reporter logs what it does.
            public var isVerbose: Bool
        }

        /// Bugsnag, if it is configured.
        public var bugsnag: Bugsnag?
        /// New Relic, if it is configured.
        public var newRelic: NewRelic?

        init(_ section: Section?) {
            bugsnag = section?.section("bugsnag").map {
                Bugsnag(
                    apiKey: $0.string("apikey"),
                    releaseStage: $0.optionalString("releasestage"),
                    endpoint: $0.optionalString("endpoint")
                )
            }
            newRelic = section?.section("newrelic").map {
                NewRelic(
                    licenseKey: $0.string("licensekey"),
                    name: $0.optionalString("name"),
                    isVerbose: $0.bool("verbose")
                )
            }
        }
    }
}
