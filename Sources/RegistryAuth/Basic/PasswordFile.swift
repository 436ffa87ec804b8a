/// What a password file holds: lines `user:hash`, comments behind `#`, empty lines.
///
/// A line that can't be used costs the file no other line, unlike with the replaced server, which then answers
/// everybody with 400.
package struct PasswordFile: Sendable {
    /// A line that is not used.
    package struct Problem: Sendable, Hashable {
        /// The line's number, from 1.
        package let line: Int
        /// What is wrong with it; says nothing of the hash.
        package let reason: String
    }

    /// The users' hashes by name, in bytes: texts that are only canonically equal are not the same user. The last line
    /// of a user counts.
    package let users: [[UInt8]: BcryptHash]
    /// The lines that are not used, in order.
    package let problems: [Problem]
    /// The highest cost of a hash; that of `htpasswd -B` and of the replaced server's own file, 10, when there is none.
    package var cost: Int { users.values.map(\.cost).max() ?? 10 }

    /// Reads a file's content.
    package init(parsing content: some Sequence<UInt8>) {
        var users: [[UInt8]: BcryptHash] = [:]
        var problems: [Problem] = []
        let lines = Array(content).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (position, line) in lines.enumerated() {
            let text = Self.trimmed(line)
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > text.startIndex else {
                problems.append(Problem(line: position + 1, reason: "the line is not of the form user:hash"))
                continue
            }
            guard let hash = BcryptHash(text[(colon + 1)...]) else {
                problems.append(
                    Problem(line: position + 1, reason: "the hash is not bcrypt's ($2a$, $2b$ or $2y$, cost 4 to 20)")
                )
                continue
            }
            users[Array(text[..<colon])] = hash
        }
        self.users = users
        self.problems = problems
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        let start = line.firstIndex { !isBlank($0) } ?? line.endIndex
        let end = line.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
        return line[start..<end]
    }
}
