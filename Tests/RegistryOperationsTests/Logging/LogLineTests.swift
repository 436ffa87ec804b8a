import Foundation
import Logging
import Testing

@testable import RegistryOperations

@Suite("Lines of the log")
struct LogLineTests {
    private let time = LogTime(seconds: 1_767_323_045, nanoseconds: 120_000_000)

    private func text(_ line: LogLine, _ format: LogFormat = .text) -> String {
        String(decoding: line.rendered(as: format), as: UTF8.self)
    }

    private func line(_ message: String = "m", _ fields: [LogLine.Field] = []) -> LogLine {
        LogLine(time: time, level: .info, message: message, fields: fields)
    }

    @Test("a text line has time, level, message and then its fields")
    func fields() {
        let line = line("response completed", [.init(name: "a", value: "1"), .init(name: "b.c", value: "x y")])
        #expect(
            text(line) == """
                time="2026-01-02T03:04:05.12Z" level=info msg="response completed" a=1 b.c="x y"

                """
        )
    }

    @Test(
        "a value is quoted where logrus quotes it, and nothing hostile passes",
        arguments: [
            ("plain-1._/@^+", "plain-1._/@^+"),
            ("", ""),
            ("two words", #""two words""#),
            ("a=b", #""a=b""#),
            ("a:b", #""a:b""#),
            (#"say "hi""#, #""say \"hi\"""#),
            (#"back\slash"#, #""back\\slash""#),
            ("end\nlevel=error msg=forged", #""end\nlevel=error msg=forged""#),
            ("\r\t\u{7}\u{8}\u{B}\u{C}", #""\r\t\a\b\v\f""#),
            ("\u{1B}[31mred", #""\x1b[31mred""#),
            ("\u{0}\u{7F}", #""\x00\x7f""#),
            ("grün", #""grün""#),
            ("\u{202E}right to left", #""\u202eright to left""#),
            ("\u{2028}", #""\u2028""#),
            ("\u{A0}", #""\u00a0""#),
            ("🐳", #""🐳""#),
            ("\u{E0001}", #""\U000e0001""#),
            (String(decoding: [0x61, 0xFF] as [UInt8], as: UTF8.self), "\"a\u{FFFD}\""),
        ]
    )
    func quoting(value: String, expected: String) {
        #expect(
            text(line("m", [.init(name: "k", value: value)]))
                == "time=\"2026-01-02T03:04:05.12Z\" level=info msg=m k=\(expected)\n"
        )
    }

    @Test("a field that is named as one of the line's own is moved aside")
    func clashes() {
        let line = line("m", [.init(name: "level", value: "x"), .init(name: "msg", value: "y")])
        #expect(text(line).hasSuffix("level=info msg=m fields.level=x fields.msg=y\n"))
        #expect(text(line, .json).contains(#""fields.msg":"y""#))
    }

    @Test("the name of a field can't forge another field")
    func names() {
        #expect(text(line("m", [.init(name: "a b\n=c", value: "x")])).hasSuffix(" a_b__c=x\n"))
    }

    @Test("JSON lines have logrus's names, and numbers as numbers")
    func json() {
        let line = line("a \"b\"\n", [.init(name: "http.response.status", value: "200", isNumber: true)])
        #expect(
            text(line, .json)
                == #"{"http.response.status":200,"level":"info","msg":"a \"b\"\n","time":"2026-01-02T03:04:05.12Z"}"#
                + "\n"
        )
    }

    @Test("logstash lines have Logstash's names")
    func logstash() {
        #expect(
            text(line("m", [.init(name: "type", value: "mine")]), .logstash)
                == #"{"@timestamp":"2026-01-02T03:04:05.12Z","@version":"1","level":"info","message":"m","type":"mine"}"#
                + "\n"
        )
    }

    @Test("the caller stands before the fields")
    func caller() {
        var line = line("m", [.init(name: "a", value: "1")])
        line.caller = ("serve()", "A/B.swift:7")
        #expect(text(line).hasSuffix(#"msg=m func="serve()" file="A/B.swift:7" a=1"# + "\n"))
        #expect(text(line, .json).contains(#""file":"A/B.swift:7","func":"serve()""#))
    }

    @Test(
        "levels have logrus's names",
        arguments: zip(
            Logger.Level.allCases,
            ["trace", "debug", "info", "info", "warning", "error", "fatal"]
        )
    )
    func levels(level: Logger.Level, name: String) {
        #expect(level.logrusName == name)
        #expect(Logger.Level.allCases[level.ordinal] == level)
    }

    @Test(
        "times are Go's",
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"), (951_782_400, 1, "2000-02-29T00:00:00.000000001Z"),
            (1_767_323_045, 500_000_000, "2026-01-02T03:04:05.5Z"),
        ]
    )
    func times(seconds: Int, nanoseconds: Int, expected: String) {
        #expect(LogTime(seconds: seconds, nanoseconds: nanoseconds).rfc3339 == expected)
    }

    @Test(
        "durations are Go's",
        arguments: [
            (Duration.zero, "0s"), (.nanoseconds(15), "15ns"), (.nanoseconds(1500), "1.5µs"),
            (.microseconds(2_050), "2.05ms"), (.milliseconds(1_001), "1.001s"), (.seconds(90), "90s"),
        ]
    )
    func durations(duration: Duration, expected: String) {
        #expect(duration.goText == expected)
    }
}
