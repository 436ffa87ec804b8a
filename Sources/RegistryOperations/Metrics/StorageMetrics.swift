/// How long the store's actions take (`registry_storage_action_seconds`), by the replaced server's names of them.
public final class StorageMetrics: MetricSource {
    /// An action of the replaced server's storage drivers.
    enum Action: String, CaseIterable {
        case getContent = "GetContent"
        case putContent = "PutContent"
        case stat = "Stat"
        case list = "List"
        case move = "Move"
        case delete = "Delete"
        case redirect = "RedirectURL"
    }

    private let driver: String
    private let histograms = Action.allCases.map { _ in Histogram(.actionSeconds) }
    private let failures = Action.allCases.map { _ in Counter() }

    /// Makes metrics of no action.
    ///
    /// - Parameter driver: the driver's name.
    public init(driver: String) { self.driver = driver }

    func took(_ action: Action, since moment: ContinuousClock.Instant) {
        histograms[action.index].observe(since: moment)
    }

    func failed(_ action: Action) { failures[action.index].add() }

    /// Writes the metrics.
    public func write(into page: inout MetricsPage) {
        page.begin(
            "registry_storage_action_seconds",
            .histogram,
            help: "The number of seconds that the storage action takes"
        )
        for (action, histogram) in zip(Action.allCases, histograms) {
            page.sample(["action": action.rawValue, "driver": driver], histogram)
        }
        page.begin(
            "registryd_storage_action_errors_total",
            .counter,
            help: "Actions of the store that failed, other than by finding nothing."
        )
        for (action, counter) in zip(Action.allCases, failures) {
            page.sample(["action": action.rawValue, "driver": driver], counter.value)
        }
    }
}

extension StorageMetrics.Action {
    fileprivate var index: Int {
        switch self {
        case .getContent: 0
        case .putContent: 1
        case .stat: 2
        case .list: 3
        case .move: 4
        case .delete: 5
        case .redirect: 6
        }
    }
}
