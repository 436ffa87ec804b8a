import HTTPTypes
import NIOCore
import NIOHTTP1

/// The head of an answer in HTTP/1.1's form.
///
/// Written here and not by NIO's encoder: that would turn the fields into another type first and could not put head
/// and content into one buffer.
struct ResponseHead {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    /// The content's length in bytes; `nil` when the answer has none to announce.
    var length: Int64?
    var connection: ConnectionHeader

    /// What the `Connection` header says.
    enum ConnectionHeader {
        case none
        case close
        case keepAlive
    }

    /// Whether an answer with this status may have content.
    static func mayHaveBody(_ status: HTTPResponse.Status) -> Bool {
        status.code >= 200 && status.code != 204 && status.code != 304
    }

    /// Writes the head, the empty line included.
    func write(into buffer: inout ByteBuffer, date: String) {
        if status.code == 200 {
            buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            buffer.writeStaticString("HTTP/1.1 ")
            buffer.writeString(String(status.code))
            buffer.writeStaticString(" ")
            // A status that was made of its code alone has no phrase; some clients show it to a person.
            buffer.writeString(
                status.reasonPhrase.isEmpty
                    ? HTTPResponseStatus(statusCode: status.code).reasonPhrase : status.reasonPhrase
            )
            buffer.writeStaticString("\r\n")
        }
        for field in headers where !Self.isOurs(field.name.canonicalName) {
            Self.write(field, into: &buffer)
        }
        if let length {
            buffer.writeStaticString("Content-Length: ")
            buffer.writeString(String(length))
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("Date: ")
        buffer.writeString(date)
        switch connection {
        case .none: buffer.writeStaticString("\r\n\r\n")
        case .close: buffer.writeStaticString("\r\nConnection: close\r\n\r\n")
        case .keepAlive: buffer.writeStaticString("\r\nConnection: keep-alive\r\n\r\n")
        }
    }

    /// Writes a field's line, in one step: of an answer's head its four or five fields were half.
    private static func write(_ field: HTTPField, into buffer: inout ByteBuffer) {
        var name = field.name.rawName
        name.withUTF8 { name in
            field.withUnsafeBytesOfValue { value in
                let count = name.count + 2 + value.count + 2
                _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { free in
                    free.copyMemory(from: UnsafeRawBufferPointer(name))
                    free[name.count] = UInt8(ascii: ":")
                    free[name.count + 1] = UInt8(ascii: " ")
                    UnsafeMutableRawBufferPointer(rebasing: free[(name.count + 2)...])
                        .copyMemory(from: UnsafeRawBufferPointer(value))
                    free[count - 2] = UInt8(ascii: "\r")
                    free[count - 1] = UInt8(ascii: "\n")
                    return count
                }
            }
        }
    }

    /// Whether the transport alone decides about a field.
    static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: name == "date"
        case 7: name == "upgrade"
        case 10: name == "connection" || name == "keep-alive"
        case 14: name == "content-length"
        case 17: name == "transfer-encoding"
        default: false
        }
    }
}
