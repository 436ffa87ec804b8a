extension Configuration {
    /// `proxy`: the upstream of a pull-through cache.
    public struct Proxy: Sendable, Hashable {
        /// How the credentials for the upstream are got.
        public enum Credentials: Sendable, Hashable {
            /// There are none.
            case none
            /// A fixed name and password.
            case password(username: String, password: String)
            /// From a credential helper's `get`. Without a lifetime it is asked once, with zero each time.
            case helper(command: String, lifetime: Duration?)
        }

        /// The upstream's URL.
        public var remoteURL: String
        /// How the credentials for the upstream are got.
        public var credentials: Credentials
        /// How long what was fetched is kept; `nil` means for ever.
        public var ttl: Duration?
        /// How long a fetch may go on after its client has left.
        public var cacheWriteTimeout: Duration

        /// `nil` without an upstream.
        init?(_ section: Section) {
            guard let remoteURL = section.optionalString("remoteurl") else { return nil }
            self.remoteURL = remoteURL
            if let helper = section.section("exec") {
                credentials = .helper(
                    command: helper.string("command"),
                    lifetime: helper.optionalDuration("lifetime")
                )
            } else if let username = section.optionalString("username") {
                credentials = .password(username: username, password: section.string("password"))
            } else {
                credentials = .none
            }
            let ttl = section.duration("ttl")
            self.ttl = ttl == .zero ? nil : ttl
            cacheWriteTimeout = section.duration("cachewritetimeout")
        }
    }
}
