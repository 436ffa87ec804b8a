import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import RegistryCore
import RegistryHTTP
import RegistryTesting
import ServiceLifecycle
import Synchronization
import Testing

@testable import RegistryOperations

@Suite("Health")
struct HealthTests {
    @Test("a check fails after as many failures in a row as its threshold, and one success heals it")
    func threshold() {
        var check = CheckState(threshold: 3)
        #expect(check.problem == nil)
        check.record("a")
        check.record("b")
        #expect(check.problem == nil)
        check.record(nil)
        for failure in ["c", "d", "e"] { check.record(failure) }
        #expect(check.problem == "e")
        check.record("f")
        #expect(check.problem == "f")
        check.record(nil)
        #expect(check.problem == nil)
    }

    @Test("a threshold of 0 or less is as 1", arguments: [-1, 0, 1])
    func lowThreshold(threshold: Int) {
        var check = CheckState(threshold: threshold)
        check.record("a")
        #expect(check.problem == "a")
    }

    @Test("health is that of all checks together")
    func together() {
        let health = Health()
        health.add("a", threshold: 1)
        health.add("b", threshold: 1)
        health.record("x", for: "a")
        health.record("y", for: "b")
        #expect(!health.isHealthy)
        #expect(health.problems == ["a": "x", "b": "y"])
        #expect(health.record(nil, for: "a") == true)
        #expect(!health.isHealthy)
        health.record(nil, for: "b")
        #expect(health.isHealthy)
    }

    @Test("a check that is only shown makes health ill, and lets requests through")
    func shownOnly() {
        let health = Health()
        health.add("a", threshold: 1)
        health.add("b", threshold: 1, refusesRequests: false)
        health.record("full", for: "b")
        #expect(!health.isHealthy && health.isServing && health.problems == ["b": "full"])
        health.record("away", for: "a")
        #expect(!health.isServing)
        health.record(nil, for: "a")
        #expect(!health.isHealthy && health.isServing)
        health.record(nil, for: "b")
        #expect(health.isHealthy)
    }

    @Test("a check first runs after its interval, and at each interval from then on")
    func intervals() async throws {
        let clock = ManualClock()
        let results = Mutex<[String?]>([nil, "ill", "ill", nil])
        let runs = Atomic<Int>(0)
        let check = HealthCheck(name: "c", interval: .seconds(10), threshold: 2) {
            runs.add(1, ordering: .relaxed)
            return results.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        }
        let health = Health()
        let service = HealthService(checks: [check], health: health, logger: silentLogger, clock: clock)
        try await run(service) {
            await clock.waitForSleeper(in: .seconds(10))
            clock.advance(by: .seconds(9))
            #expect(runs.load(ordering: .relaxed) == 0)
            clock.advance(by: .seconds(1))
            for isHealthy in [true, true, false, true] {
                await clock.waitForSleeper(in: .seconds(10))
                #expect(health.isHealthy == isHealthy)
                if runs.load(ordering: .relaxed) < 4 { clock.advance(by: .seconds(10)) }
            }
            #expect(runs.load(ordering: .relaxed) == 4)
        }
    }

    @Test("a check that does not come back counts as failing")
    func hanging() async throws {
        let clock = ManualClock()
        let (hang, end) = AsyncStream<Void>.makeStream()
        let check = HealthCheck(name: "c", interval: .seconds(10), threshold: 1) {
            for await _ in hang { break }
            return nil
        }
        let health = Health()
        let service = HealthService(checks: [check], health: health, logger: silentLogger, clock: clock)
        try await run(service) {
            await clock.waitForSleeper(in: .seconds(10))
            clock.advance(by: .seconds(10))
            await clock.waitForSleeper(in: .seconds(20))
            clock.advance(by: .seconds(20))
            await clock.waitForSleeper(in: .seconds(10))
            #expect(health.problems == ["c": "no answer within 20s"])
            end.finish()
        }
    }

    @Test("two checks of one name are both looked at")
    func sameName() {
        let checks = [HealthCheck(name: "c") { nil }, HealthCheck(name: "c") { nil }]
        let health = Health()
        _ = HealthService(checks: checks, health: health, logger: silentLogger)
        health.record("ill", for: "c (2)")
        #expect(health.problems == ["c (2)": "ill"])
    }

    @Test("a gate answers every request with 503 while a check fails, and says so to observers")
    func gate() async throws {
        let health = Health()
        let gate = HealthGate(OKResponder(), health: health)
        let passed = await gate.respond(
            to: .init(method: .get, scheme: nil, authority: nil, path: "/"),
            body: .empty,
            from: Peer()
        )
        #expect(passed.status == .ok)
        health.setManually(isDown: true)
        let refused = await gate.respond(
            to: .init(method: .get, scheme: nil, authority: nil, path: "/v2/"),
            body: .empty,
            from: Peer()
        )
        #expect(refused.status == .serviceUnavailable)
        #expect(refused.notes.error?.code == .unavailable)
        guard case .bytes(let body) = refused.body else {
            Issue.record("no body")
            return
        }
        #expect(
            String(buffer: body) == """
                {"errors":[{"code":"UNAVAILABLE","message":"service unavailable",\
                "detail":"health check failed: please see /debug/health"}]}

                """
        )
    }

    private func run(_ service: some Service, _ body: () async -> Void) async throws {
        let group = ServiceGroup(services: [service], logger: silentLogger)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await group.run() }
            await body()
            await group.triggerGracefulShutdown()
        }
    }
}

struct OKResponder: Responder {
    func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response { Response(.ok) }
}
