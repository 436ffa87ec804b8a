/// How long ago something was, as an operator writes it: in days, `30d`, or in Go's syntax, `720h`, or both, `1d12h`.
public struct Age: Sendable, Hashable {
    /// The length of time; more than nothing.
    public let duration: Duration

    /// Parses an age; `nil` when the text is none, or nothing, or more than some three hundred years.
    public init?(_ text: String) {
        var rest = Substring(text)
        var days: Int64 = 0
        if let end = rest.firstIndex(of: "d") {
            let digits = rest[..<end]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
                let count = Int64(digits), count <= 100_000
            else { return nil }
            days = count
            rest = rest[rest.index(after: end)...]
        }
        var nanoseconds: Int64 = 0
        if !rest.isEmpty {
            guard rest.first?.isNumber == true, let value = GoDuration.nanoseconds(parsing: String(rest)) else {
                return nil
            }
            nanoseconds = value
        }
        duration = .seconds(days * 86_400) + .nanoseconds(nanoseconds)
        guard duration > .zero else { return nil }
    }
}

extension Setting {
    /// An age: a duration in Go's syntax, or in days.
    public static func age(_ key: String) -> Setting {
        Setting(
            key,
            .string(.custom(expected: "an age such as 30d or 720h, more than nothing", isValid: { Age($0) != nil }))
        )
    }
}

extension Section {
    /// An age.
    public func optionalAge(_ key: String) -> Duration? { optionalString(key).flatMap { Age($0)?.duration } }
}
