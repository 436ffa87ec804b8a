public import Logging
public import ServiceLifecycle

/// Runs checks, each at its own interval, until it is told to stop.
///
/// A check that does not come back fails once for each interval that it is late: the store that hangs is as ill as the
/// one that answers with an error.
public struct HealthService: Service {
    private let checks: [HealthCheck]
    private let health: Health
    private let logger: Logger
    private let clock: any Clock<Duration>

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - checks: what to look at. Of two with the same name, both must be well.
    ///   - health: what is told.
    ///   - logger: where a check that begins or ceases to fail is told.
    ///   - clock: what the intervals are measured by.
    public init(
        checks: [HealthCheck],
        health: Health,
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        var seen: [String: Int] = [:]
        self.checks = checks.map { check in
            var check = check
            seen[check.name, default: 0] += 1
            // The replaced server panics at its start when two checks have one name.
            if let count = seen[check.name], count > 1 { check.name += " (\(count))" }
            return check
        }
        self.health = health
        self.logger = logger
        self.clock = clock
        for check in self.checks {
            health.add(check.name, threshold: check.threshold, refusesRequests: check.refusesRequests)
        }
    }

    /// Runs the checks.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                for check in checks { group.addTask { await repeatedly(check) } }
                // A service that ends is taken for one that failed.
                if checks.isEmpty { group.addTask { try? await gracefulShutdown() } }
            }
        }
    }

    private func repeatedly(_ check: HealthCheck) async {
        while true {
            do { try await clock.sleep(for: check.interval) } catch { return }
            await once(check)
            if Task.isCancelled { return }
        }
    }

    /// Runs a check, and counts it as failing for as long as it does not come back.
    private func once(_ check: HealthCheck) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let failure = await check.run()
                if !Task.isCancelled { record(failure, check) }
            }
            group.addTask {
                // Twice as long at first: a check that has a limit of its own should say itself what went wrong.
                var wait = check.interval * 2
                while true {
                    do { try await clock.sleep(for: wait) } catch { return }
                    record("no answer within \(wait.goText)", check)
                    wait = check.interval
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func record(_ failure: String?, _ check: HealthCheck) {
        guard let isHealthy = health.record(failure, for: check.name) else { return }
        if isHealthy {
            logger.info("a health check passes again", metadata: ["health.check": "\(check.name)"])
        } else {
            logger.error(
                check.refusesRequests
                    ? "a health check fails; requests are answered with 503 until it passes" : "a health check fails",
                metadata: ["health.check": "\(check.name)", "error": "\(failure ?? "")"]
            )
        }
    }
}
