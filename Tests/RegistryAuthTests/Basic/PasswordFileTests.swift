import RegistryAuth
import Testing

@Suite("A password file's content")
struct PasswordFileTests {
    static let hash = "$2y$04$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0su"
    static let dearer = "$2y$06$FkQCEMl2IszADPg.re1UjenPZcSIrqb8c/9uAzyXL5ofC9gF8KKPO"

    @Test("comments, empty lines, white space around lines and ends of lines of any kind are none of the content")
    func lines() {
        let file = PasswordFile(
            parsing: "# users\r\n\n  \t\r\n \talice:\(Self.hash)  \r\n  # bob:\(Self.hash)\ncarol:\(Self.dearer)".utf8
        )
        #expect(Set(file.users.keys) == [Array("alice".utf8), Array("carol".utf8)])
        #expect(file.problems == [])
        #expect(file.cost == 6)
    }

    @Test("a line that can't be used costs no other line, and is told by its number")
    func broken() {
        let lines = [
            "no colon", "alice:\(Self.hash)", ":\(Self.hash)", "md5:$apr1$q1w2e3r4$abcdefghijklmnopqrstuv",
            "plain:secret",
            "empty:", "carol:\(Self.dearer)",
        ]
        let file = PasswordFile(parsing: lines.joined(separator: "\n").utf8)
        #expect(Set(file.users.keys) == [Array("alice".utf8), Array("carol".utf8)])
        #expect(file.problems.map(\.line) == [1, 3, 4, 5, 6])
        #expect(!file.problems.contains { $0.reason.contains("secret") || $0.reason.contains("apr1") })
    }

    @Test("the last line of a user counts, but one that can't be used is not it")
    func repeated() {
        let file = PasswordFile(parsing: "a:\(Self.hash)\na:\(Self.dearer)\na:broken".utf8)
        #expect(file.users[Array("a".utf8)]?.cost == 6)
        #expect(file.problems.map(\.line) == [3])
    }

    @Test("names are told apart by their bytes, also where they are not UTF-8")
    func names() {
        let end = Array(":\(Self.hash)\n".utf8)
        let names: [[UInt8]] = [Array("\u{E9}".utf8), Array("e\u{301}".utf8), [0xFF], [0xFE]]
        let file = PasswordFile(parsing: names.flatMap { $0 + end })
        #expect(Set(file.users.keys) == Set(names))
    }

    @Test("without users, the cost of work for nobody is that of a new file")
    func empty() {
        let file = PasswordFile(parsing: [])
        #expect(file.users.isEmpty)
        #expect(file.problems == [])
        #expect(file.cost == 10)
    }
}
