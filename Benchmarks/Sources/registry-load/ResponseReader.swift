import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads HTTP/1.1 answers and throws their content away.
///
/// Own code in place of NIOHTTP1's decoder, since the client shares the machine with the server: it touches none of a
/// content's bytes and makes no collection of fields, and costs under a microsecond for a small answer.
struct ResponseReader {
    private enum State {
        case head
        case content(left: Int)
        case chunkSize
        case chunk(left: Int)
        case trailers
        case untilClose
    }

    private var state = State.head
    private var answer = Answer()
    private var pending = ByteBuffer()
    private var isHead = false

    /// Tells what the next answer answers.
    mutating func expect(head: Bool) {
        isHead = head
        answer = Answer()
        state = .head
    }

    /// Takes what came, and gives the number of content bytes in it and the answer once it is whole.
    mutating func read(_ bytes: ByteBuffer) throws(LoadError) -> (content: Int, answer: Answer?) {
        let before = answer.receivedLength
        if pending.readableBytes > 0 {
            pending.writeImmutableBuffer(bytes)
        } else {
            pending = bytes
        }
        while pending.readableBytes > 0 {
            guard try step() else { break }
            if case .head = state {
                guard pending.readableBytes == 0 else { throw LoadError("bytes after an answer") }
                return (answer.receivedLength - before, answer)
            }
        }
        if pending.readableBytes == 0 { pending = ByteBuffer() }
        return (answer.receivedLength - before, nil)
    }

    /// How much of the content is still to come; `nil` where that is not known, or nothing is.
    var contentLeft: Int? {
        if case .content(let left) = state { left } else { nil }
    }

    /// Takes content that is not there to be read, and gives the answer once it is whole.
    mutating func skip(_ count: Int) throws(LoadError) -> Answer? {
        guard case .content(let left) = state, count <= left else { throw LoadError("bytes after an answer") }
        answer.receivedLength += count
        state = count == left ? .head : .content(left: left - count)
        return count == left ? answer : nil
    }

    /// The answer that the connection's end completes, if there is one.
    func end() -> Answer? {
        if case .untilClose = state { answer } else { nil }
    }

    /// Goes on as far as the bytes go; `false` when more must come. An answer is whole when the state is `head` again.
    private mutating func step() throws(LoadError) -> Bool {
        switch state {
        case .head:
            return try readHead()
        case .content(let left):
            let count = take(left)
            state = count == left ? .head : .content(left: left - count)
            return true
        case .untilClose:
            _ = take(.max)
            return true
        case .chunkSize:
            guard let line = readLine() else { return false }
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else { throw LoadError("bad chunk") }
            state = size == 0 ? .trailers : .chunk(left: size + 2)
            return true
        case .chunk(let left):
            let count = min(left, pending.readableBytes)
            pending.moveReaderIndex(forwardBy: count)
            // The two bytes that end a chunk are none of the content.
            answer.receivedLength += max(0, min(count, left - 2))
            state = count == left ? .chunkSize : .chunk(left: left - count)
            return true
        case .trailers:
            guard let line = readLine() else { return false }
            if line.isEmpty { state = .head }
            return true
        }
    }

    private mutating func take(_ limit: Int) -> Int {
        let count = min(limit, pending.readableBytes)
        pending.moveReaderIndex(forwardBy: count)
        answer.receivedLength += count
        return count
    }

    private mutating func readLine() -> String? {
        guard let end = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let length = end - pending.readerIndex
        let line = pending.readString(length: length) ?? ""
        pending.moveReaderIndex(forwardBy: 1)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
    }

    private mutating func readHead() throws(LoadError) -> Bool {
        var head = HeadFields()
        let length = pending.withUnsafeReadableBytes { head.parse($0) }
        guard let length else {
            guard pending.readableBytes < 65536 else { throw LoadError("a head without end") }
            return false
        }
        guard head.status >= 100 else { throw LoadError("not HTTP/1.1") }
        pending.moveReaderIndex(forwardBy: length)
        if head.status < 200 { return pending.readableBytes > 0 }
        answer.status = head.status
        answer.declaredLength = head.length
        answer.location = head.location
        answer.closes = head.closes
        state =
            if isHead || head.status == 204 || head.status == 304 || head.length == 0 {
                .head
            } else if head.chunked {
                .chunkSize
            } else if let length = head.length {
                .content(left: length)
            } else {
                .untilClose
            }
        return true
    }
}

/// What is read of an answer's head.
private struct HeadFields {
    var status = 0
    var length: Int?
    var chunked = false
    var closes = false
    var location: String?

    /// Reads a head; its length with the empty line, or `nil` where it is not whole.
    mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var start = 0
        while let line = Self.line(bytes, from: start) {
            if line.isEmpty { return line.upperBound + 2 }
            if start == 0 {
                guard line.count >= 12, bytes[0] == UInt8(ascii: "H"), bytes[8] == UInt8(ascii: " ") else {
                    return line.upperBound + 2
                }
                for digit in bytes[9..<12] { status = status * 10 + Int(digit) - 48 }
            } else {
                field(UnsafeRawBufferPointer(rebasing: bytes[line]))
            }
            start = line.upperBound + 2
        }
        return nil
    }

    /// Where the line lies that begins there, without its end.
    private static func line(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int>? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let end = memchr(base + start, 10, bytes.count - start)
        else { return nil }
        let stop = UnsafeRawPointer(end) - base
        return stop > start && bytes[stop - 1] == 13 ? start..<(stop - 1) : nil
    }

    /// Only four fields matter; their lengths tell most others apart without a comparison.
    private mutating func field(_ line: UnsafeRawBufferPointer) {
        switch line.firstIndex(of: UInt8(ascii: ":")) {
        case 14 where Self.has(line, "content-length"):
            var value = 0
            for byte in line[15...] where byte >= 48 && byte <= 57 { value = value * 10 + Int(byte) - 48 }
            length = value
        case 17 where Self.has(line, "transfer-encoding"):
            chunked = true
        case 8 where Self.has(line, "location"):
            location = String(decoding: line[9...].drop { $0 == 32 }, as: UTF8.self)
        case 10 where Self.has(line, "connection"):
            closes = String(decoding: line[11...], as: UTF8.self).lowercased().contains("close")
        default:
            break
        }
    }

    private static func has(_ line: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
        for place in 0..<name.utf8CodeUnitCount where line[place] | 0x20 != name.utf8Start[place] | 0x20 {
            return false
        }
        return true
    }
}
