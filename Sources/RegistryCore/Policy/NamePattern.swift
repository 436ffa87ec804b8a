/// A pattern for names of repositories and tags: `*` stands for any characters but `/`, `**` for any characters, `?` for
/// one character but `/`; all else stands for itself. It matches a name as a whole.
///
/// `**/` at the beginning and `/**` at the end may also stand for nothing, so that `team/**` covers `team` itself.
public struct NamePattern: Sendable, Hashable, CustomStringConvertible {
    private enum Piece: Hashable {
        case byte(UInt8)
        /// `?`.
        case one
        /// `*`.
        case segment
        /// `**`.
        case anything
    }

    /// The longest pattern, in bytes.
    public static let maximumLength = 512

    /// The pattern as it was written.
    public let description: String
    private let pieces: [Piece]

    /// Reads a pattern.
    ///
    /// - Returns: `nil` when it is empty, longer than ``maximumLength``, or holds what no name can: a character that is
    ///   none of letters, digits, `.`, `_`, `-`, `/`, `:`, `*` and `?`.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.maximumLength else { return nil }
        var pieces: [Piece] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "*"):
                // Further stars after two add nothing.
                switch pieces.last {
                case .segment: pieces[pieces.count - 1] = .anything
                case .anything: break
                default: pieces.append(.segment)
                }
            case UInt8(ascii: "?"): pieces.append(.one)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "/"), UInt8(ascii: ":"):
                pieces.append(.byte(byte))
            default: return nil
            }
        }
        description = text
        self.pieces = pieces
    }

    /// Whether a name fits the pattern. It takes time in proportion to the product of both lengths at the most.
    public func matches(_ name: some StringProtocol) -> Bool {
        let bytes = Array(name.utf8)
        if Self.matches(pieces[...], bytes[...]) { return true }
        let slash = Piece.byte(UInt8(ascii: "/"))
        if pieces.count > 2, pieces.last == .anything, pieces[pieces.count - 2] == slash,
            Self.matches(pieces.dropLast(2), bytes[...])
        {
            return true
        }
        return pieces.count > 2 && pieces.first == .anything && pieces[1] == slash
            && Self.matches(pieces.dropFirst(2), bytes[...])
    }

    /// Which of the name's beginnings the pieces so far can stand for, piece by piece.
    private static func matches(_ pieces: ArraySlice<Piece>, _ name: ArraySlice<UInt8>) -> Bool {
        var reached = [Bool](repeating: false, count: name.count + 1)
        reached[0] = true
        for piece in pieces {
            switch piece {
            case .byte, .one:
                for index in stride(from: name.count, to: 0, by: -1) {
                    let byte = name[name.startIndex + index - 1]
                    let fits = if case .byte(let wanted) = piece { byte == wanted } else { byte != UInt8(ascii: "/") }
                    reached[index] = reached[index - 1] && fits
                }
                reached[0] = false
            case .segment, .anything:
                for index in 0..<name.count where reached[index] {
                    if piece == .anything || name[name.startIndex + index] != UInt8(ascii: "/") {
                        reached[index + 1] = true
                    }
                }
            }
        }
        return reached[name.count]
    }
}

extension [NamePattern] {
    /// Whether any of the patterns fits.
    public func match(_ name: some StringProtocol) -> Bool { contains { $0.matches(name) } }
}
