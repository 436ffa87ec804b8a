internal import NIOCore

/// When a repository's manifests were pulled last, as the store and this process know it.
struct PullHistory: Sendable {
    let stored: PullRecord
    let recorder: PullRecorder?
    let repository: RepositoryName

    func lastPull(of tag: Tag, _ digest: Digest?) -> WallTime? {
        let noted = recorder?.lastPull(of: tag, digest, in: repository)
        return [stored.lastPull(of: tag, digest), noted].compactMap { $0 }.max()
    }
}

extension Registry {
    /// The longest record that is read, in bytes; the longest that is written has a fifth of it.
    private static var pullRecordLimit: Int { 8 << 20 }

    /// Writes what a recorder has noted into the store, where replicas share it: one object for each repository that was
    /// pulled from, and one that says since when pulls are recorded.
    ///
    /// Of what replicas write at once the later may drop what the earlier wrote; so a recorder keeps what it wrote until
    /// a later flush has found it. A time that is in the store is written again when it is five minutes old, or when
    /// the recorder ends.
    ///
    /// - Parameters:
    ///   - recorder: what has noted pulls. One that is not active writes nothing.
    ///   - isEnding: whether it is the last flush.
    /// - Returns: what could not be understood in the store and was written anew, in words.
    /// - Throws: ``StorageError``; what was not written then is kept for the next flush.
    @discardableResult
    public func flush(_ recorder: PullRecorder, isEnding: Bool = false) async throws -> [String] {
        guard recorder.isActive, !options.isReadOnly, let work = recorder.beginFlush() else { return [] }
        var written: WallTime?
        defer { recorder.endFlush(everything: written) }
        var problems = try await signRecording(everything: work.everything)
        written = work.everything
        problems += try await work.records.mapConcurrently(atMost: 4) { name, record in
            let (isConfirmed, problem) = try await merge(record, of: name, within: isEnding ? 0 : 300)
            if isConfirmed { recorder.confirm(name) }
            return problem
        }.compactMap { $0 }
        return problems
    }

    /// Says that pulls are recorded now.
    private func signRecording(everything: WallTime?) async throws -> [String] {
        let now = shared.now()
        let (known, problem) = try await storedPullRecording()
        guard var recording = known else {
            try await put(PullRecording(began: now))
            return problem.map { [$0] } ?? []
        }
        var isChanged = recording.sign(at: now)
        if let everything, everything > recording.began {
            recording.beginAnew(at: everything)
            isChanged = true
        }
        if isChanged { try await put(recording) }
        return []
    }

    private func put(_ recording: PullRecording) async throws {
        try await driver.put(ByteBuffer(string: recording.text), at: StoreLayout.pullRecording)
    }

    /// Since when pulls are recorded; `nil` when none are, or with a problem when what says so can't be understood.
    ///
    /// - Throws: ``StorageError``.
    func storedPullRecording() async throws -> (PullRecording?, problem: String?) {
        let path = StoreLayout.pullRecording
        let content = try await StorageError.ifPresent(ignoring: [.notFound]) {
            try await driver.content(at: path, limit: 1 << 20)
        }
        guard let content else { return (nil, nil) }
        guard let recording = PullRecording(String(buffer: content)) else {
            return (nil, "\(path) can't be understood: pulls count from now on")
        }
        return (recording, nil)
    }

    /// When a repository's manifests were pulled last; an empty record when they never were, `nil` when it can't be
    /// understood.
    ///
    /// - Throws: ``StorageError``.
    func storedPulls(in name: RepositoryName) async throws -> PullRecord? {
        let content = try await StorageError.ifPresent(ignoring: [.notFound]) {
            try await driver.content(at: StoreLayout.pulls(in: name), limit: Self.pullRecordLimit)
        }
        guard let content else { return PullRecord() }
        return PullRecord(String(buffer: content))
    }

    private func merge(
        _ record: PullRecord,
        of name: RepositoryName,
        within lag: Int64
    ) async throws -> (isConfirmed: Bool, problem: String?) {
        let path = StoreLayout.pulls(in: name)
        var problem: String?
        var stored: PullRecord
        if let known = try await storedPulls(in: name) {
            if known.covers(record, within: 0) { return (true, nil) }
            if known.covers(record, within: lag) { return (false, nil) }
            stored = known
        } else {
            // What it said is lost, so that everything counts as pulled now.
            stored = PullRecord()
            stored.noteAll(at: shared.now())
            problem = "\(path) can't be understood: everything in \(name) counts as pulled now"
        }
        stored.merge(record)
        try await driver.put(ByteBuffer(string: stored.text), at: path)
        return (false, problem)
    }
}
