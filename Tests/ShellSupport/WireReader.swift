/// Reads one answer from a connection.
struct WireReader {
    private let socket: LoopbackSocket
    private var pending: [UInt8] = []

    init(socket: LoopbackSocket) {
        self.socket = socket
    }

    /// Reads the answer to a request of that method; answers of the 1xx class before it are passed over.
    mutating func readResponse(to method: String) throws -> WireResponse {
        var response = try readHead()
        while (100..<200).contains(response.status) { response = try readHead() }
        if method == "HEAD" || response.status == 204 || response.status == 304 { return response }
        if response["Transfer-Encoding"]?.lowercased() == "chunked" {
            response.body = try readChunks()
        } else if let length = response["Content-Length"].flatMap({ Int($0) }) {
            response.body = try read(length)
        } else {
            response.body = try readToEnd()
        }
        return response
    }

    private mutating func readHead() throws -> WireResponse {
        let statusLine = try readLine()
        let parts = statusLine.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]) else {
            throw WireError(description: "not a status line: \(statusLine)")
        }
        var headers: [(name: String, value: String)] = []
        while case let line = try readLine(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else {
                throw WireError(description: "not a header field: \(line)")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append((name: String(line[..<colon]), value: String(value)))
        }
        return WireResponse(status: status, headers: headers, body: [])
    }

    private mutating func readLine() throws -> String {
        while true {
            if let end = pending.firstIndex(of: 10) {
                var line = pending[..<end]
                if line.last == 13 { line.removeLast() }
                let text = String(decoding: line, as: UTF8.self)
                pending.removeSubrange(...end)
                return text
            }
            try fill()
        }
    }

    private mutating func read(_ count: Int) throws -> [UInt8] {
        while pending.count < count { try fill() }
        let bytes = Array(pending[..<count])
        pending.removeSubrange(..<count)
        return bytes
    }

    private mutating func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let line = try readLine()
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else {
                throw WireError(description: "not a chunk's size: \(line)")
            }
            if size == 0 { break }
            body += try read(size)
            _ = try readLine()
        }
        while try !readLine().isEmpty {}
        return body
    }

    private mutating func readToEnd() throws -> [UInt8] {
        while case let bytes = try socket.read(), !bytes.isEmpty { pending += bytes }
        defer { pending = [] }
        return pending
    }

    private mutating func fill() throws {
        let bytes = try socket.read()
        guard !bytes.isEmpty else { throw WireError(description: "the server closed the connection early") }
        pending += bytes
    }
}
