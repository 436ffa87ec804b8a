public import NIOCore

/// What a verification found.
public struct VerificationReport: Sendable {
    /// The whole in one word; also what a program's exit status should tell.
    public enum Verdict: String, Sendable, Hashable {
        /// All was read, and nothing is broken.
        case sound
        /// All was read, and what was broken is mended.
        case repaired
        /// All was read, and something is broken.
        case damaged
        /// Not all could be read, so that the rest is not known.
        case incomplete
    }

    /// What was read, at the end.
    public internal(set) var counts = VerificationProgress()
    /// What was found, sorted by place. At most as many as ``VerificationOptions/findingLimit``.
    public internal(set) var findings: [VerificationFinding] = []
    /// How many findings there were of each problem, those that are not kept included.
    public internal(set) var problems: [VerificationFinding.Problem: Int] = [:]
    /// How many findings were mended.
    public internal(set) var repaired = 0
    /// How many findings are damage that was not mended.
    public internal(set) var damaged = 0

    /// The whole in one word.
    public var verdict: Verdict {
        if problems[.unreadable, default: 0] > 0 { return .incomplete }
        if damaged > 0 { return .damaged }
        return repaired > 0 ? .repaired : .sound
    }

    /// The summary in words: what was read, what was found, and what is left.
    public var summary: String {
        let read =
            "read \(counts.blobs) blobs (\(counts.bytes) bytes), \(counts.links) links, \(counts.manifests) manifests and "
            + "\(counts.tags) tags in \(counts.repositories) repositories"
        let found = VerificationFinding.Problem.allCases.compactMap { problem in
            problems[problem].map { "\($0) \(problem.rawValue)" }
        }
        guard !found.isEmpty else { return "\(read): nothing is broken" }
        var text = "\(read): \(found.joined(separator: ", "))"
        if repaired > 0 { text += "; \(repaired) repaired" }
        switch verdict {
        case .incomplete: text += "; not all could be read, so there may be more"
        case .damaged: text += "; \(damaged) broken"
        case .repaired, .sound: text += "; nothing is broken now"
        }
        return text
    }

    /// One line for each finding, and the summary.
    public var text: String {
        var lines = findings.map(\.description)
        let kept = problems.values.reduce(0, +) - findings.count
        if kept > 0 { lines.append("… and \(kept) more findings") }
        return (lines + [summary]).joined(separator: "\n") + "\n"
    }

    /// The report as one JSON object, with a line feed at its end.
    public var json: ByteBuffer {
        var buffer = ByteBuffer(string: "{")
        var isFirst = true
        buffer.writeJSONName("verdict", isFirst: &isFirst)
        buffer.writeJSONString(verdict.rawValue)
        for (name, value) in numbers {
            buffer.writeJSONName(name, isFirst: &isFirst)
            buffer.writeString(String(value))
        }
        buffer.writeJSONName("problems", isFirst: &isFirst)
        buffer.writeString("{")
        var isFirstProblem = true
        for problem in VerificationFinding.Problem.allCases {
            buffer.writeJSONName(problem.rawValue, isFirst: &isFirstProblem)
            buffer.writeString(String(problems[problem, default: 0]))
        }
        buffer.writeString("}")
        buffer.writeJSONName("findings", isFirst: &isFirst)
        buffer.writeString("[")
        for (position, finding) in findings.enumerated() {
            if position > 0 { buffer.writeString(",") }
            finding.write(into: &buffer)
        }
        buffer.writeString("]}\n")
        return buffer
    }

    private var numbers: [(String, Int64)] {
        [
            ("blobs", Int64(counts.blobs)), ("bytes", counts.bytes), ("links", Int64(counts.links)),
            ("manifests", Int64(counts.manifests)), ("tags", Int64(counts.tags)),
            ("repositories", Int64(counts.repositories)), ("repaired", Int64(repaired)), ("damaged", Int64(damaged)),
        ]
    }

    /// Takes a finding in.
    mutating func add(_ finding: VerificationFinding, keepingAtMost limit: Int) {
        problems[finding.problem, default: 0] += 1
        if finding.isRepaired { repaired += 1 } else if finding.isDamage { damaged += 1 }
        counts.findings += 1
        if findings.count < limit { findings.append(finding) }
    }
}

extension VerificationFinding {
    /// Writes the finding as a JSON object.
    fileprivate func write(into buffer: inout ByteBuffer) {
        let (word, detail): (String, String?) =
            switch outcome {
            case .reported: ("reported", nil)
            case .repaired(let how): ("repaired", how)
            case .beyondRepair(let why): ("not-repaired", why)
            }
        let members: [(String, String?)] = [
            ("problem", problem.rawValue), ("path", path.description), ("repository", repository?.description),
            ("tag", tag?.description), ("digest", digest?.description), ("explanation", explanation),
            ("outcome", word), ("detail", detail),
        ]
        buffer.writeString("{")
        var isFirst = true
        for case (let name, let value?) in members {
            buffer.writeJSONName(name, isFirst: &isFirst)
            buffer.writeJSONString(value)
        }
        buffer.writeString("}")
    }
}
