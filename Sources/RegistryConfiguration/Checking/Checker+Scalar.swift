extension Checker {
    /// A scalar converted to its setting's type; `nil` when it can't be.
    mutating func checkScalar(_ value: Value, _ shape: Shape, _ path: String, secret: Bool) -> Value? {
        guard let scalar = value.scalar else {
            wrongKind(value, path, expected: Self.expectation(of: shape), secret: secret)
            return nil
        }
        let converted: Scalar?
        var expected = Self.expectation(of: shape)
        var suggestion: String?
        switch shape {
        case .bool(let lenient):
            converted = Self.bool(scalar, lenient: lenient)
        case .integer(let range, let lenient):
            converted = Self.integer(scalar, range, lenient: lenient)
        case .duration(let range, let needsUnit):
            converted = Self.duration(scalar, range, needsUnit: needsUnit)
            warnOfNanoseconds(scalar, converted, value.origin, path)
        case .choice(let words, let folding):
            converted = Self.choice(scalar, words, folding: folding)
            suggestion = Suggestion.nearest(to: scalar.text, among: words)
        case .string(let rule):
            let unmet = rule.expectation(unmetBy: scalar.text)
            converted = unmet == nil ? Scalar(scalar.text, .string) : nil
            expected = unmet ?? expected
            if case .cipherSuite = rule { suggestion = Suggestion.nearest(to: scalar.text, among: CipherSuiteName.all) }
            if case .webURL = rule, !scalar.text.contains("://"), WebAddress("https://" + scalar.text) != nil {
                suggestion = "https://" + scalar.text
            }
        case .list, .group, .map, .options, .anything:
            return value
        }
        guard let converted else {
            let quoted = Self.quoted(value, secret: secret)
            report(value.origin, path, quoted, expected: expected, suggestion: secret ? nil : suggestion)
            return nil
        }
        return Value(.scalar(converted), value.origin, isSecret: secret)
    }

    static func expectation(of shape: Shape) -> String {
        switch shape {
        case .bool: "true or false, without quotes"
        case .integer(let range, _):
            switch (range.lowerBound, range.upperBound) {
            case (Int.min, Int.max): "an integer"
            case (let least, Int.max): "an integer of at least \(least)"
            case (let least, let greatest): "an integer from \(least) to \(greatest)"
            }
        case .duration(let range, _):
            range.lowerBound < 0 ? "a duration such as 1h30m" : "a duration such as 1h30m, not negative"
        case .choice(let words, _): "one of \(words.joined(separator: ", "))"
        case .string: "a text"
        case .list: "a list"
        case .group, .map, .options, .anything: "a map"
        }
    }

    private mutating func warnOfNanoseconds(
        _ scalar: Scalar,
        _ converted: Scalar?,
        _ origin: ConfigurationOrigin,
        _ path: String
    ) {
        guard converted != nil, case .integer(let number) = scalar.kind, number > 0, number < 1_000_000 else { return }
        diagnostics.append(
            .init(
                .warning,
                origin,
                path,
                "\(number) without a unit means nanoseconds",
                expected: "a duration such as \(number)s"
            )
        )
    }

    // MARK: - Conversions

    private static func bool(_ scalar: Scalar, lenient: Bool) -> Scalar? {
        if case .bool = scalar.kind { return scalar }
        guard lenient else { return nil }
        // Go's strconv.ParseBool, which the peer's drivers use on texts.
        switch scalar.text {
        case "1", "t", "T", "true", "TRUE", "True": return Scalar(scalar.text, .bool(true))
        case "0", "f", "F", "false", "FALSE", "False": return Scalar(scalar.text, .bool(false))
        default: return nil
        }
    }

    private static func integer(_ scalar: Scalar, _ range: ClosedRange<Int>, lenient: Bool) -> Scalar? {
        let number: Int64?
        switch scalar.kind {
        case .integer(let value): number = value
        case .float(let value): number = Int64(exactly: value.rounded(.towardZero))
        case .string: number = lenient ? Scalar.integer(scalar.text) : nil
        case .bool, .duration: number = nil
        }
        guard let number, let value = Int(exactly: number), range.contains(value) else { return nil }
        return Scalar(String(value), .integer(number))
    }

    private static func duration(_ scalar: Scalar, _ range: ClosedRange<Int64>, needsUnit: Bool) -> Scalar? {
        let nanoseconds: Int64?
        switch scalar.kind {
        case .integer(let value): nanoseconds = value
        case .float(let value): nanoseconds = Int64(exactly: value.rounded(.towardZero))
        case .string: nanoseconds = GoDuration.nanoseconds(parsing: scalar.text)
        case .duration(let value): nanoseconds = value
        case .bool: nanoseconds = nil
        }
        guard let nanoseconds, range.contains(nanoseconds) else { return nil }
        if needsUnit, nanoseconds != 0, scalar.kind != .string { return nil }
        return Scalar(GoDuration.text(nanoseconds: nanoseconds), .duration(nanoseconds))
    }

    private static func choice(_ scalar: Scalar, _ words: [String], folding: Bool) -> Scalar? {
        guard
            let word = words.first(where: { folding ? $0.lowercased() == scalar.text.lowercased() : $0 == scalar.text })
        else { return nil }
        return Scalar(word, .string)
    }
}
