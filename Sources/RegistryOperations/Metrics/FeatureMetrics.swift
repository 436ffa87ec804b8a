internal import Synchronization

/// How often the cache of descriptors was asked and knew, by the names of both generations of the replaced server.
public final class CacheMetrics: MetricSource {
    /// A call to the cache in Redis.
    public enum Operation: String, Sendable, CaseIterable {
        /// Looks a digest up.
        case stat = "Stat"
        /// Keeps a descriptor.
        case setDescriptor = "SetDescriptor"
        /// Looks a digest up in a repository.
        case repositoryStat = "RepoStat"
        /// Keeps a repository's descriptor.
        case setRepositoryDescriptor = "RepoSetDescriptor"
    }

    /// How often it was asked.
    public let requests = Counter()
    /// How often it knew.
    public let hits = Counter()
    /// How often it did not know.
    public let misses = Counter()
    /// How often asking failed.
    public let errors = Counter()
    private let redis: [Histogram]

    /// Makes metrics of no call.
    ///
    /// - Parameter usesRedis: whether the cache is in Redis, so that its latency is shown.
    public init(usesRedis: Bool = false) {
        redis = usesRedis ? Operation.allCases.map { _ in Histogram(.actionSeconds) } : []
    }

    /// Notes how long Redis took.
    public func redisTook(_ duration: Duration, for operation: Operation) {
        for (other, histogram) in zip(Operation.allCases, redis) where other == operation {
            histogram.observe(duration)
        }
    }

    /// Writes the metrics.
    public func write(into page: inout MetricsPage) {
        page.begin("registry_storage_cache_requests_total", .counter, help: "The number of cache request received")
        page.sample(requests.value)
        page.begin("registry_storage_cache_hits_total", .counter, help: "The number of cache hits")
        page.sample(hits.value)
        page.begin("registry_storage_cache_errors_total", .counter, help: "The number of cache request errors")
        page.sample(errors.value)
        page.begin("registry_storage_cache_total", .counter, help: "The number of cache request received")
        page.sample(["type": "Request"], requests.value)
        page.sample(["type": "Hit"], hits.value)
        page.sample(["type": "Miss"], misses.value)
        guard !redis.isEmpty else { return }
        page.begin(
            "registry_storage_cache_redis_seconds",
            .histogram,
            help: "Latency of Redis as descriptor cache backend."
        )
        for (operation, histogram) in zip(Operation.allCases, redis) {
            page.sample(["operation": operation.rawValue], histogram)
        }
    }
}

/// What became of notifications, by endpoint (`registry_notifications_…`).
public final class NotificationMetrics: MetricSource {
    /// The numbers of one endpoint.
    public final class Endpoint: Sendable {
        /// The endpoint's name.
        public let name: String
        /// The endpoint's URL.
        public let url: String
        /// Events that wait.
        public let pending = Gauge()
        /// Events that came.
        public let events = Counter()
        /// Events that were delivered.
        public let successes = Counter()
        /// Answers that refused an event.
        public let failures = Counter()
        /// Deliveries that got no answer.
        public let errors = Counter()
        private let statuses = Mutex<[String: Int]>([:])

        fileprivate init(name: String, url: String) {
            self.name = name
            self.url = url
        }

        /// Counts an answer.
        ///
        /// - Parameter status: the status and its phrase, such as `200 OK`.
        public func answered(_ status: String) { statuses.withLock { $0[status, default: 0] += 1 } }

        /// How often each status was answered.
        var answers: [(status: String, count: Int)] {
            statuses.withLock { $0 }.map { ($0.key, $0.value) }.sorted { $0.status < $1.status }
        }
    }

    /// The endpoints.
    public let endpoints: [Endpoint]

    /// Makes metrics of no event.
    public init(endpoints: [(name: String, url: String)]) {
        self.endpoints = endpoints.map { Endpoint(name: $0.name, url: $0.url) }
    }

    /// Writes the metrics.
    public func write(into page: inout MetricsPage) {
        page.begin("registry_notifications_events_total", .counter, help: "The number of total events")
        for endpoint in endpoints {
            let types = [
                ("Errors", endpoint.errors), ("Events", endpoint.events), ("Failures", endpoint.failures),
                ("Successes", endpoint.successes),
            ]
            for (type, counter) in types { page.sample(["endpoint": endpoint.name, "type": type], counter.value) }
        }
        page.begin("registry_notifications_pending_total", .gauge, help: "The gauge of pending events in queue")
        for endpoint in endpoints { page.sample(["endpoint": endpoint.name], endpoint.pending.value) }
        page.begin("registry_notifications_status_total", .counter, help: "The number of status code")
        for endpoint in endpoints {
            for (status, count) in endpoint.answers {
                page.sample(["code": status, "endpoint": endpoint.name], count)
            }
        }
    }
}

/// What a pull-through cache did (`registry_proxy_…`).
public final class ProxyMetrics: MetricSource {
    /// The numbers of one kind of content.
    public final class Content: Sendable {
        /// Requests of clients.
        public let requests = Counter()
        /// Requests that the cache could answer.
        public let hits = Counter()
        /// Requests for which the upstream was asked.
        public let misses = Counter()
        /// Bytes that came from the upstream.
        public let pulledBytes = Counter()
        /// Bytes that went to clients.
        public let pushedBytes = Counter()
    }

    /// The numbers of blobs.
    public let blobs = Content()
    /// The numbers of manifests.
    public let manifests = Content()

    /// Makes metrics of no request.
    public init() {}

    /// Writes the metrics.
    public func write(into page: inout MetricsPage) {
        let families: [(String, String, @Sendable (Content) -> Counter)] = [
            ("requests", "The number of total incoming proxy request received", { $0.requests }),
            ("hits", "The number of total proxy request hits", { $0.hits }),
            ("misses", "The number of total proxy request misses", { $0.misses }),
            ("pulled_bytes", "The size of total bytes pulled from the upstream", { $0.pulledBytes }),
            ("pushed_bytes", "The size of total bytes pushed to the client", { $0.pushedBytes }),
        ]
        for (name, help, counter) in families {
            page.begin("registry_proxy_\(name)_total", .counter, help: help)
            page.sample(["type": "blob"], counter(blobs).value)
            page.sample(["type": "manifest"], counter(manifests).value)
        }
    }
}
