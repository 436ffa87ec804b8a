/// Why bytes are not the JSON text that was expected.
public struct JSONError: Error, Sendable, Hashable {
    /// What is wrong.
    public enum Reason: Sendable, Hashable {
        /// The text stops before the value is complete.
        case endsTooEarly
        /// This byte can't stand there.
        case unexpectedByte(UInt8)
        /// A value is followed by more than white space.
        case trailingBytes
        /// A string holds bytes that are not UTF-8, or half of a surrogate pair.
        case invalidText
        /// A string holds a control character that is not escaped.
        case controlCharacter
        /// A string holds an escape that JSON does not have.
        case invalidEscape
        /// A number breaks the grammar.
        case invalidNumber
        /// An object has two members of this name. Which of them counts would depend on who reads it.
        case duplicateName(String)
        /// Arrays and objects are nested more than this deep.
        case tooDeep(limit: Int)
        /// There are more than this many values.
        case tooManyValues(limit: Int)
    }

    /// The offset in bytes at which it was noticed.
    public var offset: Int
    /// What is wrong.
    public var reason: Reason

    /// Makes an error.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    /// What is wrong, and where.
    public var description: String {
        switch reason {
        case .endsTooEarly: "the JSON text ends too early, at byte \(offset)"
        case .unexpectedByte(let byte): "\(Self.name(of: byte)) can't stand at byte \(offset) of the JSON text"
        case .trailingBytes: "the JSON text goes on after its value, at byte \(offset)"
        case .invalidText: "the JSON string at byte \(offset) is not UTF-8"
        case .controlCharacter: "the JSON string holds a control character at byte \(offset)"
        case .invalidEscape: "the JSON string holds an unknown escape at byte \(offset)"
        case .invalidNumber: "the JSON number at byte \(offset) is malformed"
        case .duplicateName(let name):
            "the JSON object has two members '\(name.prefix(100))', the second at byte \(offset)"
        case .tooDeep(let limit): "the JSON text is nested more than \(limit) deep at byte \(offset)"
        case .tooManyValues(let limit): "the JSON text has more than \(limit) values at byte \(offset)"
        }
    }

    private static func name(of byte: UInt8) -> String {
        (0x21...0x7E).contains(byte)
            ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte 0x\(String(byte, radix: 16, uppercase: true))"
    }
}
