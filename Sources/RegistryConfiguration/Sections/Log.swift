extension Configuration {
    /// `log`: what is written about the server's work.
    public struct Log: Sendable, Hashable {
        /// How much is written.
        public enum Level: String, Sendable, Hashable, CaseIterable {
            /// Only what failed.
            case error
            /// And what is suspect.
            case warn
            /// And what happened.
            case info
            /// And how.
            case debug
        }

        /// The form of a line.
        public enum Formatter: String, Sendable, Hashable, CaseIterable {
            /// `key=value` pairs.
            case text
            /// One JSON object.
            case json
            /// One JSON object in Logstash's form.
            case logstash
        }

        /// A mail for each line of some levels.
        public struct MailHook: Sendable, Hashable {
            /// Whether the hook is switched off.
            public var isDisabled: Bool
            /// The levels' names that make a mail.
            public var levels: [String]
            /// The mail server, as `host:port`.
            public var server: String
            /// The name to log in with at the mail server, if any.
            public var username: String?
            /// The password to log in with at the mail server, if any.
            public var password: String?
            /// Whether the mail server's certificate goes unchecked.
            public var isInsecure: Bool
            /// The sender's address.
            public var from: String
            /// The receivers' addresses.
            public var to: [String]

            init(_ section: Section) {
                let options = section.required("options")
                let smtp = options.required("smtp")
                isDisabled = section.bool("disabled")
                levels = section.strings("levels")
                server = smtp.string("addr")
                username = smtp.optionalString("username")
                password = smtp.optionalString("password")
                isInsecure = smtp.bool("insecure")
                from = options.string("from")
                to = options.strings("to")
            }
        }

        /// How much is written.
        public var level: Level
        /// The form of a line.
        public var formatter: Formatter
        /// Fields that stand on each line.
        public var fields: [String: String]
        /// Whether no access log goes to standard output.
        public var isAccessLogDisabled: Bool
        /// Mails about lines.
        public var hooks: [MailHook]
        /// Whether each line names the function that wrote it.
        public var reportsCaller: Bool

        init(_ section: Section) {
            level = section.choice("level", or: .info)
            formatter = section.choice("formatter", or: .text)
            fields = section.texts("fields")
            isAccessLogDisabled = section.required("accesslog").bool("disabled")
            hooks = section.sections("hooks").map(MailHook.init)
            reportsCaller = section.bool("reportcaller")
        }
    }
}
