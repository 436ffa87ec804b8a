import NIOCore
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("Records of pulls")
struct PullRecordTests {
    typealias Policy = PolicySample
    private let store = RetainedStore()

    private func lastPull(_ tag: String, by registry: Registry? = nil) async throws -> WallTime? {
        let registry = registry ?? store.other.registry
        let name = try CollectedStore.name("a")
        let record = try #require(try await registry.storedPulls(in: name))
        return record.lastPull(of: try CollectedStore.tag(tag), try await store.digest(of: tag))
    }

    @Test("a GET by tag counts for the tag, one by digest for all tags of the digest, and a HEAD for none")
    func pulls() async throws {
        let digest = try await store.push("1")
        try await store.push("2")
        try await store.push("3", "another")
        try await store.pull("3", method: "HEAD")
        try await store.pull("1", method: "GET")
        _ = try await store.own.registry.blob(CollectedStore.digest("another"), in: CollectedStore.name("a"))
        try await store.own.registry.flush(store.recorder)
        #expect(try await lastPull("1") == store.clock.now)
        #expect(try await lastPull("2") == nil)
        #expect(try await lastPull("3") == nil)
        store.clock.advance(3600)
        try await store.pull(digest.description)
        try await store.own.registry.flush(store.recorder)
        #expect(try await lastPull("1") == store.clock.now)
        #expect(try await lastPull("2") == store.clock.now)
        #expect(try await lastPull("3") == nil)
    }

    @Test("a recorder that is not active notes nothing and writes nothing")
    func inactive() async throws {
        try await store.push("1")
        store.recorder.isActive = false
        try await store.pull("1")
        try await store.own.registry.flush(store.recorder)
        #expect(try await store.own.objects().allSatisfy { !$0.hasPrefix("_registryd/pulls") })
        #expect(try await store.own.registry.storedPullRecording().0 == nil)
    }

    @Test("a tag that was pulled lately is kept, also by the record of a process that has ended")
    func restart() async throws {
        for tag in ["1", "2"] { try await store.push(tag) }
        let digest = try await store.push("3", "another")
        try await store.own.registry.flush(store.recorder)
        let rule = try Policy.rule("*", pulledWithin: 30)
        for day in 1...40 {
            store.advance(days: 1)
            if day == 20 { try await store.pull("1") }
            if day == 25 { try await store.pull(digest.description) }
            for _ in 0..<2 { try await store.own.registry.flush(store.recorder, isEnding: day == 40) }
            // Days without a sign of a server would not count.
            try await writeRecording(until: store.clock.now)
        }
        let run = try await store.retain(rule) { $0.pulls = nil }
        #expect(
            run.outcomes.map(\.line) == [
                "keep a:1: last pulled 20 days ago, within 30 days (rule 'r')",
                "keep a:3: last pulled 15 days ago, within 30 days (rule 'r')",
                "removed a:2: rule 'r'; not pulled since it was set 40 days ago, not within 30 days",
            ]
        )
    }

    /// Says that pulls were recorded from forty days ago on, without a gap.
    private func writeRecording(until now: WallTime) async throws {
        let path = StoreLayout.pullRecording
        let content = String(buffer: try await store.driver.content(at: path, limit: 1 << 20))
        let recording = try #require(PullRecording(content))
        let text = "began \(recording.began.rfc3339)\nlast \(now.rfc3339)\n"
        try await store.driver.put(ByteBuffer(string: text), at: path)
    }

    @Test("switching it on removes nothing that was not pulled before")
    func switchedOn() async throws {
        try await store.push("1")
        store.advance(days: 400)
        let rule = try Policy.rule("*", pulledWithin: 30)
        let before = try await store.retain(rule)
        #expect(before.outcomes.map(\.reason) == ["there is no record of pulls that rule 'r' could go by"])
        try await store.own.registry.flush(store.recorder)
        let after = try await store.retain(rule)
        #expect(
            after.outcomes.map(\.reason) == [
                "not pulled since recording began 0 seconds ago, within 30 days (rule 'r')"
            ]
        )
        // A month in which no server recorded is as if it had not passed.
        store.advance(days: 31)
        #expect(try await store.retain(rule).summary.tagsKept == 1)
    }

    @Test("what replicas write is merged, the latest time wins, and what one dropped is written again")
    func replicas() async throws {
        try await store.push("1")
        try await store.push("2")
        let second = PullRecorder(now: { store.clock.now })
        let replica = Registry(driver: store.driver, events: second, now: { store.clock.now })
        try await store.pull("1")
        store.clock.advance(100)
        let tag = try CollectedStore.tag("2")
        let name = try CollectedStore.name("a")
        _ = try await replica.manifest(.tag(tag), in: name)
        try await store.own.registry.flush(store.recorder)
        try await replica.flush(second)
        #expect(try await lastPull("1") == WallTime(seconds: store.clock.now.seconds - 100))
        #expect(try await lastPull("2") == store.clock.now)
        // A replica that had read the record before drops the other's entry.
        var lost = PullRecord()
        lost.note(.tag(try CollectedStore.tag("1")), at: WallTime(seconds: store.clock.now.seconds - 100))
        try await store.driver.put(ByteBuffer(string: lost.text), at: StoreLayout.pulls(in: name))
        #expect(try await lastPull("2") == nil)
        try await replica.flush(second)
        #expect(try await lastPull("2") == store.clock.now)
    }

    @Test("a store that can't be written keeps the notes for the next flush")
    func failing() async throws {
        try await store.push("1")
        try await store.pull("1")
        store.driver.inject(.init(.put, .fail(.noSpace), pathSuffix: "/_pulls", times: 1))
        await #expect(throws: StorageError(.noSpace, at: .root)) {
            try await store.own.registry.flush(store.recorder)
        }
        try await store.own.registry.flush(store.recorder)
        #expect(try await lastPull("1") == store.clock.now)
    }

    @Test("a record that can't be understood removes nothing, and is written anew as pulled now")
    func unreadable() async throws {
        try await store.push("1")
        try await store.own.registry.flush(store.recorder)
        let name = try CollectedStore.name("a")
        let path = StoreLayout.pulls(in: name)
        store.advance(days: 40)
        try await writeRecording(until: store.clock.now)
        let rule = try Policy.rule("*", pulledWithin: 30)
        try await store.driver.put(ByteBuffer(string: "tag 1 2001-"), at: path)
        let run = try await store.retain(rule)
        #expect(run.summary.tagsKept == 1 && run.summary.problemCount == 1 && run.summary.repositoriesLeft == 0)
        store.driver.inject(.init(.content, .fail(.failed), pathSuffix: "/_pulls"))
        #expect(try await store.retain(rule).summary.tagsKept == 1)
        store.driver.heal()
        try await store.push("2")
        try await store.pull("2")
        #expect(try await store.own.registry.flush(store.recorder).count == 1)
        #expect(try await lastPull("1") == store.clock.now)
        try await store.driver.put(ByteBuffer(string: "began never"), at: StoreLayout.pullRecording)
        #expect(try await store.retain(rule).summary.tagsKept == 2)
        #expect(try await store.own.registry.flush(store.recorder).count == 1)
    }

    @Test("a table that is full makes nothing look older than it is")
    func bounded() async throws {
        let name = try CollectedStore.name("a")
        var record = PullRecord()
        for number in 0..<(PullRecord.mostEntries * 3) {
            record.note(.tag(try CollectedStore.tag("t\(number)")), at: WallTime(seconds: Int64(number)))
        }
        var whole = PullRecord()
        whole.merge(record)
        #expect(whole.times.count <= PullRecord.mostEntries)
        for number in [0, 5000, 9999, 14_999] {
            let last = try #require(whole.lastPull(of: try CollectedStore.tag("t\(number)"), nil))
            #expect(last.seconds >= number)
        }
        for number in 0...(PullRecorder.mostEntries + 10) {
            let tag = try CollectedStore.tag("t\(number)")
            store.recorder.record(RegistryEvent(.pull, in: name, mediaType: .ociManifest, tag: tag))
        }
        let last = store.recorder.lastPull(of: try CollectedStore.tag("unknown"), nil, in: name)
        #expect(last == store.clock.now)
        let work = try #require(store.recorder.beginFlush())
        #expect(work.records.allSatisfy { $0.1.times.count <= PullRecord.mostEntries })
        #expect(store.recorder.beginFlush() == nil)
    }

    @Test("records and their times are written as they are read")
    func text() throws {
        var record = PullRecord()
        record.note(.tag(try CollectedStore.tag("v1.0")), at: WallTime(seconds: 1_000_000))
        record.note(.digest(CollectedStore.digest("x")), at: WallTime(seconds: 2_000_000))
        record.noteAll(at: WallTime(seconds: 10))
        #expect(PullRecord(record.text) == record)
        // Cut short anywhere, it is not taken for whole.
        for length in 0..<(record.text.utf8.count - 4) {
            #expect(PullRecord(String(record.text.prefix(length))) == nil)
        }
        let recording = Policy.recording(spans: [(50, 45), (20, 0)])
        #expect(PullRecording(recording.text) == recording)
        for length in 0..<(recording.text.utf8.count) {
            let read = PullRecording(String(recording.text.prefix(length)))
            #expect(read == nil || read?.began == recording.began)
        }
        #expect(PullRecording("") == nil)
    }
}
