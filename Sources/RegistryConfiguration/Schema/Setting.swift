/// One key of the configuration: its name, what may stand there, and what holds when nothing does.
///
/// The peer's keys are listed as such settings; a program that embeds the registry describes its own keys under
/// `registryd:` with the same builders and passes them to ``Configuration/load(file:contents:environment:strict:extensions:)``.
public struct Setting: Sendable {
    /// The key in the file, lower case.
    let key: String
    let shape: Shape
    /// What holds when nobody sets the key, as it would be written in the file.
    var defaultText: String?
    /// Other spellings in the file.
    var aliases: [String] = []
    /// Other names in the environment, upper case: the peer's field names where they differ from the key.
    var variables: [String] = []
    var isSecret = false
    var isRequired = false
    /// The peer takes zero, or an empty text, as "not set".
    var zeroIsDefault = false
    /// The peer takes a negative number as "not set".
    var negativeIsDefault = false
    /// A group that exists only when it is written.
    var isOptional = false
    /// The peer ignores a value of another type, and so must we: it may be in a configuration that works.
    var isIgnoredWhenWrong = false

    init(_ key: String, _ shape: Shape, default defaultText: String? = nil) {
        self.key = key
        self.shape = shape
        self.defaultText = defaultText
    }
}

/// What may stand at a key.
indirect enum Shape: Sendable {
    /// A YAML boolean; when lenient also a text that says one, as the peer's drivers read it.
    case bool(lenient: Bool)
    case integer(ClosedRange<Int>, lenient: Bool)
    /// A duration in Go's syntax; a bare integer means nanoseconds where a unit isn't needed.
    case duration(ClosedRange<Int64>, needsUnit: Bool)
    case string(TextRule)
    /// One of some words; when folding, in any case.
    case choice([String], folding: Bool)
    case list(Shape)
    case group([Setting], GroupKind)
    /// Free keys.
    case map(Shape)
    /// Options of the middleware that the sibling key `name` names.
    case options([String: [Setting]])
    case anything
}

/// How a group treats keys that it doesn't know, and which names its environment variables have.
enum GroupKind: Sendable {
    /// A structure of the peer: unknown keys have no effect there, unknown variables are reported.
    case structure
    /// A structure whose keys may also be reached through this further name in the environment.
    case inlined(String)
    /// A map of the peer: a variable may create any key.
    case parameters
    /// A map of the peer with one key for what is chosen; may be written as the bare name.
    case alternatives(String, reserved: [String])
    /// Ours: an unknown key is an error.
    case own
}

// MARK: - Builders for embedders

extension Setting {
    /// A boolean.
    public static func bool(_ key: String, default value: Bool) -> Setting {
        Setting(key, .bool(lenient: false), default: String(value))
    }

    /// An integer within bounds.
    public static func integer(_ key: String, default value: Int?, in range: ClosedRange<Int>) -> Setting {
        Setting(key, .integer(range, lenient: false), default: value.map { String($0) })
    }

    /// A duration in Go's syntax, not negative; the default is written in the same syntax.
    public static func duration(_ key: String, default text: String?) -> Setting {
        Setting(key, .duration(0...Int64.max, needsUnit: true), default: text)
    }

    /// A text.
    public static func string(_ key: String, default value: String?) -> Setting {
        Setting(key, .string(.any), default: value)
    }

    /// A text that must never be printed.
    public static func secret(_ key: String) -> Setting {
        var setting = Setting(key, .string(.any))
        setting.isSecret = true
        return setting
    }

    /// One of some words.
    public static func choice(_ key: String, _ words: [String], default value: String?) -> Setting {
        Setting(key, .choice(words, folding: false), default: value)
    }

    /// A list of texts.
    public static func strings(_ key: String) -> Setting {
        Setting(key, .list(.string(.any)))
    }

    /// A list of texts that a check of the program's own must accept.
    ///
    /// - Parameters:
    ///   - expected: what a diagnostic says was expected, such as "a range of addresses such as 10.0.0.0/8".
    ///   - isValid: whether a text is one.
    public static func strings(
        _ key: String,
        expected: String,
        isValid: @escaping @Sendable (String) -> Bool
    ) -> Setting {
        Setting(key, .list(.string(.custom(expected: expected, isValid: isValid))))
    }

    /// A group of settings, present with its defaults even when it isn't written.
    public static func group(_ key: String, _ settings: [Setting]) -> Setting {
        Setting(key, .group(settings, .own))
    }

    /// A list of groups of settings.
    public static func groups(_ key: String, _ settings: [Setting]) -> Setting {
        Setting(key, .list(.group(settings, .own)))
    }
}

// MARK: - Internal modifiers

extension Setting {
    var secret: Setting { with { $0.isSecret = true } }
    var required: Setting { with { $0.isRequired = true } }
    var optional: Setting { with { $0.isOptional = true } }
    var negativeMeansDefault: Setting { with { $0.negativeIsDefault = true } }
    var ignoredWhenWrong: Setting { with { $0.isIgnoredWhenWrong = true } }
    var zeroMeansDefault: Setting { with { $0.zeroIsDefault = true } }

    func alias(_ names: String...) -> Setting { with { $0.aliases += names } }
    func variable(_ names: String...) -> Setting { with { $0.variables += names } }

    private func with(_ change: (inout Setting) -> Void) -> Setting {
        var copy = self
        change(&copy)
        return copy
    }

    /// Whether the key may be written so in the file.
    func isWritten(_ name: String) -> Bool { key == name || aliases.contains(name) }

    /// Whether the segments of a variable's name, joined by underscores, mean this key.
    func isNamed(_ name: String) -> Bool {
        key.uppercased() == name || variables.contains(name) || aliases.contains { $0.uppercased() == name }
    }
}

// Short spellings for the tables of the schema.

func flag(_ key: String, _ value: Bool = false) -> Setting {
    Setting(key, .bool(lenient: false), default: String(value))
}

func looseFlag(_ key: String, _ value: Bool = false) -> Setting {
    Setting(key, .bool(lenient: true), default: String(value))
}

func text(_ key: String, _ value: String? = nil, _ rule: TextRule = .any) -> Setting {
    Setting(key, .string(rule), default: value)
}

func number(_ key: String, _ value: Int? = nil, in range: ClosedRange<Int> = 0...Int.max) -> Setting {
    Setting(key, .integer(range, lenient: false), default: value.map { String($0) })
}

func looseNumber(_ key: String, _ value: Int? = nil, in range: ClosedRange<Int> = 0...Int.max) -> Setting {
    Setting(key, .integer(range, lenient: true), default: value.map { String($0) })
}

func span(
    _ key: String,
    _ value: String? = nil,
    in range: ClosedRange<Int64> = 0...Int64.max,
    needsUnit: Bool = false
) -> Setting {
    Setting(key, .duration(range, needsUnit: needsUnit), default: value)
}

func word(_ key: String, _ words: [String], _ value: String? = nil, folding: Bool = false) -> Setting {
    Setting(key, .choice(words, folding: folding), default: value)
}

func texts(_ key: String, _ rule: TextRule = .any) -> Setting { Setting(key, .list(.string(rule))) }

func group(_ key: String, _ settings: [Setting], _ kind: GroupKind = .structure) -> Setting {
    Setting(key, .group(settings, kind))
}

func groups(_ key: String, _ settings: [Setting]) -> Setting { Setting(key, .list(.group(settings, .structure))) }

func headers(_ key: String) -> Setting { Setting(key, .map(.list(.string(.any)))) }
