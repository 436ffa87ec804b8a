import Foundation
import NIOCore
import RegistryCore
import RegistryTesting

/// One bad request, sent, and everything that came back.
struct Trial {
    let request: BadRequest
    private(set) var sent: [UInt8] = []
    private(set) var answers: [TestResponse] = []
    private(set) var end = End.closed
    /// What came after the last answer that was due.
    private(set) var excess: [UInt8] = []

    /// How the connection ended.
    enum End: Equatable {
        case closed
        case reset
        case timedOut
        case malformed(String)
    }

    /// Sends a request on a connection of its own, and takes all that comes until the server has nothing to say.
    static func run(_ request: BadRequest, upload: StagedUpload?, port: Int) async throws -> Trial {
        var trial = Trial(request: request)
        trial.sent = Array((upload?.filling(request.head) ?? request.head).utf8) + request.body
        let client = try await RawClient.connect(port: port, timeout: .seconds(5))
        await withTaskGroup(of: Void.self) { [bytes = trial.sent] group in
            // The server may answer before it has taken all.
            group.addTask { await send(bytes, request.pace, on: client) }
            await trial.receive(from: client)
            await client.close()
            group.cancelAll()
        }
        return trial
    }

    private static func send(_ bytes: [UInt8], _ pace: BadRequest.Pace, on client: RawClient) async {
        do {
            guard case .dripping(let first) = pace else {
                try await client.send(bytes)
                if case .thenEnd = pace { try await client.finishSending() }
                return
            }
            try await client.send(Array(bytes.prefix(first)))
            for byte in bytes.dropFirst(first) {
                try await Task.sleep(for: .milliseconds(20))
                try await client.send([byte])
            }
        } catch {
            // The server has closed, or has answered and nobody waits for the rest.
        }
    }

    private mutating func receive(from client: RawClient) async {
        do {
            for _ in 0...(request.goodAnswersBefore + request.refusalsAfter) {
                let answer = try await client.readResponse(toHead: request.isHead)
                answers.append(answer)
                if answer.headers["Connection"]?.lowercased() == "close" { break }
            }
            if answers.last?.headers["Connection"]?.lowercased() != "close" {
                // The server must see the end and have nothing more to say: no hidden request was answered.
                try? await client.finishSending()
            }
            excess = try await client.readToEnd()
        } catch WireError.closed(let received) {
            excess = received
        } catch WireError.timedOut {
            end = .timedOut
        } catch WireError.malformed(let text) {
            end = .malformed(text)
        } catch {
            end = .reset
        }
    }
}

extension Trial {
    /// What is wrong with what came back; `nil` when it is right.
    var fault: String? {
        if end == .timedOut { return answers.isEmpty ? "no answer in time" : "the connection was not closed in time" }
        if case .malformed(let text) = end { return "the answer is not HTTP: \(text.prefix(100))" }
        if answers.prefix(request.goodAnswersBefore).contains(where: { $0.status != 200 }) {
            return "a good request before it was refused"
        }
        guard answers.count > request.goodAnswersBefore, let answer = answers.last else {
            if case .refusalOrClose = request.expected, answers.count == request.goodAnswersBefore { return nil }
            return "the connection was closed without an answer"
        }
        if !excess.isEmpty { return "a further answer: \(String(decoding: excess.prefix(200), as: UTF8.self))" }
        if answer.status >= 500 { return "a failure of the server: \(answer.status)" }
        return statusFault(answer) ?? (answer.status >= 400 ? formFault(answer) : nil)
    }

    /// Whether the server failed in a way that does not depend on how it words a refusal.
    var isGrave: Bool {
        guard fault != nil else { return false }
        guard let answer = answers.last, answers.count > request.goodAnswersBefore else { return true }
        return end != .closed || !excess.isEmpty || answer.status >= 500 || answer.status < 400
    }

    private func statusFault(_ answer: TestResponse) -> String? {
        switch request.expected {
        case .noFailure: return nil
        case .refusal, .refusalOrClose:
            return (400..<500).contains(answer.status) ? nil : "answered with \(answer.status), not with a refusal"
        case .status(let statuses, let code):
            guard statuses.contains(answer.status) else {
                return "answered with \(answer.status), not with \(statuses.sorted())"
            }
            guard let code, answer.status >= 400, !request.isHead, codes(answer)?.first != code else { return nil }
            return "the code is \(codes(answer)?.first ?? "none"), not \(code)"
        }
    }

    /// What is wrong with the form of a refusal.
    private func formFault(_ answer: TestResponse) -> String? {
        if request.isInAPI, answer.headers.values("Docker-Distribution-API-Version") != ["registry/2.0"] {
            return "no Docker-Distribution-API-Version"
        }
        if answer.status == 405, answer.headers["Allow"] == nil { return "405 without Allow" }
        if answer.status == 416, answer.headers["Content-Range"] == nil, answer.headers["Range"] == nil,
            answer.headers["Location"] == nil
        {
            return "416 that does not say what there is"
        }
        if request.isHead { return nil }
        guard answer.headers["Content-Type"]?.hasPrefix("application/json") == true else {
            return "the refusal is of type \(answer.headers["Content-Type"] ?? "none")"
        }
        guard let codes = codes(answer), !codes.isEmpty else { return "the refusal has no error body: \(answer.text)" }
        let unknown = codes.filter { ErrorCode(rawValue: $0) == nil }
        return unknown.isEmpty ? nil : "codes that are not in the specification: \(unknown)"
    }

    /// The codes of an error body; `nil` when it is none.
    private func codes(_ answer: TestResponse) -> [String]? {
        let json = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        guard let errors = json?["errors"] as? [[String: Any]], json?.count == 1 else { return nil }
        let codes = errors.compactMap { error in
            (error["message"] as? String).flatMap { $0.isEmpty ? nil : error["code"] as? String }
        }
        return codes.count == errors.count ? codes : nil
    }

    /// The bytes and the answer, for a person.
    var report: String {
        let shown = sent.prefix(600).map { byte in
            switch byte {
            case 0x0D: "\\r"
            case 0x0A: "\\n\n    "
            case 0x20...0x7E: String(UnicodeScalar(byte))
            default: "\\x" + String(byte, radix: 16)
            }
        }
        let heads = answers.map { "\($0.status)\n\($0.headers)\n\($0.text.prefix(300))" }
        return "sent (\(sent.count) bytes):\n    \(shown.joined())\nanswered:\n\(heads.joined(separator: "\n"))"
            + (excess.isEmpty ? "" : "\nand then: \(String(decoding: excess.prefix(300), as: UTF8.self))")
    }
}
