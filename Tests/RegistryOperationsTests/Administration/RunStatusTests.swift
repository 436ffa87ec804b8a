import Testing

@testable import RegistryOperations

@Suite("how a run stands")
struct RunStatusTests {
    @Test("its lines come in parts, each once, whatever is dropped meanwhile")
    func parts() {
        var status = RunStatus(0, lineLimit: 1_000)
        _ = status.begin(0)
        var (told, line, isLast) = ([String](), 0, false)
        for number in 0..<1_050 { status.append("\(number)") }
        while !isLast {
            let part = status.from(line, atMost: 400)
            #expect(part.lines.count <= 400)
            #expect(part.firstLine == line)
            told += part.lines
            line = part.firstLine + part.lines.count
            isLast = !part.hasMoreLines
        }
        #expect(told == (0..<1_050).map(String.init))
        for number in 1_050..<2_200 { status.append("\(number)") }
        let next = status.from(line, atMost: 1)
        #expect(next.firstLine > line && next.hasMoreLines)
        #expect(next.lines == ["\(next.firstLine)"])
        #expect(status.from(2_199, atMost: 400).lines == ["2199"])
        #expect(status.from(9_999, atMost: 400).lines.isEmpty && !status.from(9_999, atMost: 400).hasMoreLines)
    }
}
