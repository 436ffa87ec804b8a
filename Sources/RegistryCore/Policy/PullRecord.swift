/// When the manifests of one repository were pulled last, by tag and by digest.
///
/// A value that only grows later: ``merge(_:)`` takes the latest time of each, so that replicas can write it in any
/// order. When it has too many entries the oldest go, and everything counts as pulled at the time of the latest of them
/// (``floor``): what is forgotten never makes a tag look older than it is.
struct PullRecord: Sendable, Hashable {
    /// What was asked for.
    enum Key: Hashable, Sendable {
        case tag(Tag)
        case digest(Digest)
    }

    /// The most entries that are kept; an entry takes some hundred bytes.
    static let mostEntries = 5000

    private(set) var times: [Key: WallTime] = [:]
    /// When what has no entry counts as pulled; `nil` when it doesn't.
    private(set) var floor: WallTime?

    var isEmpty: Bool { times.isEmpty && floor == nil }

    /// When a tag was pulled last that points to a digest.
    func lastPull(of tag: Tag, _ digest: Digest?) -> WallTime? {
        [times[.tag(tag)], digest.flatMap { times[.digest($0)] }, floor].compactMap { $0 }.max()
    }

    mutating func note(_ key: Key, at time: WallTime) {
        times[key] = max(times[key] ?? time, time)
        if times.count > Self.mostEntries + Self.mostEntries / 10 { shrink() }
    }

    /// Counts everything as pulled at a time.
    mutating func noteAll(at time: WallTime) { floor = max(floor ?? time, time) }

    mutating func merge(_ other: PullRecord) {
        for (key, time) in other.times { times[key] = max(times[key] ?? time, time) }
        if let time = other.floor { noteAll(at: time) }
        shrink()
    }

    /// Keeps only the latest time, for everything.
    mutating func forgetEntries() {
        if let time = times.values.max() { noteAll(at: time) }
        times = [:]
    }

    private mutating func shrink() {
        if let floor { times = times.filter { $0.value > floor } }
        guard times.count > Self.mostEntries else { return }
        let ordered = times.sorted { $0.value > $1.value }
        noteAll(at: ordered[Self.mostEntries].value)
        times = Dictionary(uniqueKeysWithValues: ordered.prefix(Self.mostEntries).map { ($0.key, $0.value) })
    }

    /// Whether another record tells nothing that this one doesn't, but for times that are later by less than some seconds.
    func covers(_ other: PullRecord, within seconds: Int64) -> Bool {
        func isKnown(_ time: WallTime, _ known: WallTime?) -> Bool {
            guard let known = [known, floor].compactMap({ $0 }).max() else { return false }
            return time.seconds - known.seconds <= seconds
        }
        return (other.floor.map { isKnown($0, nil) } ?? true) && other.times.allSatisfy { isKnown($1, times[$0]) }
    }

    // MARK: As text

    /// A line for each entry, sorted: `tag NAME TIME`, `digest DIGEST TIME`, `floor TIME`; the last line is `end`, so that a
    /// record that was cut short is not taken for a whole one.
    var text: String {
        var lines = times.map { key, time in
            switch key {
            case .tag(let tag): "tag \(tag) \(time.rfc3339)"
            case .digest(let digest): "digest \(digest) \(time.rfc3339)"
            }
        }
        lines.sort()
        if let floor { lines.append("floor \(floor.rfc3339)") }
        return (lines + ["end", ""]).joined(separator: "\n")
    }

    init() {}

    /// Reads ``text``; `nil` when it is not whole.
    init?(_ text: String) {
        var isWhole = false
        for line in text.split(separator: "\n") {
            guard !isWhole else { return nil }
            let words = line.split(separator: " ")
            if words == ["end"] {
                isWhole = true
                continue
            }
            guard let time = words.last.flatMap({ WallTime(rfc3339: $0) }) else { return nil }
            switch (words.first, words.count) {
            case ("floor", 2): noteAll(at: time)
            case ("tag", 3):
                guard let tag = Tag(words[1]) else { return nil }
                times[.tag(tag)] = time
            case ("digest", 3):
                guard let digest = Digest(String(words[1])) else { return nil }
                times[.digest(digest)] = time
            default: return nil
            }
        }
        guard isWhole else { return nil }
    }
}
