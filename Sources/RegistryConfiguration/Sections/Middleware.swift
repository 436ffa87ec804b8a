extension Configuration {
    /// `middleware`: what stands between the registry and its driver, in order. Entries that are disabled are left
    /// out, and so are the kinds `registry` and `repository`, of which none exist.
    public struct Middleware: Sendable, Hashable {
        /// A middleware of the driver.
        public enum Storage: Sendable, Hashable {
            /// Redirects to a CloudFront distribution with signed URLs.
            case cloudFront(CloudFront)
            /// Redirects to a base URL.
            case redirect(baseURL: String)
            /// Changes the URL that the driver redirects to; an empty text leaves that part alone.
            case rewrite(scheme: String, host: String, trimPathPrefix: String)
        }

        /// Parameters of CloudFront.
        public struct CloudFront: Sendable, Hashable {
            /// Whose requests are served by the bucket itself.
            public enum AddressFilter: String, Sendable, Hashable {
                /// Nobody's.
                case none
                /// Those from Amazon's networks.
                case aws
                /// Those from some of Amazon's regions.
                case awsRegion = "awsregion"
            }

            /// The distribution's URL.
            public var baseURL: String
            /// The file of the key that signs URLs, in PEM.
            public var privateKey: String
            /// The id of the key pair.
            public var keyPairID: String
            /// How long a URL is valid.
            public var duration: Duration
            /// Whose requests are served by the bucket itself.
            public var filter: AddressFilter
            /// The regions of ``AddressFilter/awsRegion``, in lower case.
            public var regions: [String]
            /// How often the list of Amazon's networks is fetched.
            public var updateFrequency: Duration
            /// Where the list of Amazon's networks is.
            public var ipRangesURL: String

            init(_ section: Section) {
                let base = section.string("baseurl")
                baseURL = base.contains("://") ? base : "https://" + base
                privateKey = section.string("privatekey")
                keyPairID = section.string("keypairid")
                duration = section.duration("duration")
                filter = section.choice("ipfilteredby", or: .none)
                regions = section.string("awsregion").split(separator: ",").map {
                    String($0.filter { !$0.isWhitespace }).lowercased()
                }
                updateFrequency = section.duration("updatefrequency")
                ipRangesURL = section.string("iprangesurl")
            }
        }

        /// The middlewares of the driver, the first nearest to it.
        public var storage: [Storage]

        init(_ section: Section) {
            storage = section.sections("storage").compactMap { entry in
                let options = entry.required("options")
                guard !entry.bool("disabled") else { return nil }
                switch entry.string("name") {
                case "cloudfront": return .cloudFront(CloudFront(options))
                case "redirect": return .redirect(baseURL: options.string("baseurl"))
                case "rewrite":
                    return .rewrite(
                        scheme: options.string("scheme"),
                        host: options.string("host"),
                        trimPathPrefix: options.string("trimpathprefix")
                    )
                default: return nil
                }
            }
        }
    }
}
