import Foundation
import NIOCore
import RegistryCore
import RegistryTesting
import Testing

@Suite("Parsing damaged JSON")
struct JSONFuzzTests {
    /// What Foundation's decoder reads; it is the judge of what the text means.
    private enum Tree: Decodable, Equatable {
        case null
        case bool(Bool)
        case integer(Int64)
        case number
        case string(String)
        case array([Tree])
        case object([String: Tree])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let value = try? container.decode(Bool.self) {
                self = .bool(value)
            } else if let value = try? container.decode(Int64.self) {
                self = .integer(value)
            } else if (try? container.decode(Double.self)) != nil {
                self = .number
            } else if let value = try? container.decode(String.self) {
                self = .string(value)
            } else if let value = try? container.decode([Tree].self) {
                self = .array(value)
            } else {
                self = .object(try container.decode([String: Tree].self))
            }
        }

        init(_ value: JSONValue) {
            switch value {
            case .null: self = .null
            case .bool(let value): self = .bool(value)
            case .integer(let value): self = .integer(value)
            case .number(let text):
                // Foundation takes 1.0 and 1e3 for integers.
                self = Double(text).flatMap { Int64(exactly: $0) }.map { .integer($0) } ?? .number
            case .string(let value): self = .string(value)
            case .array(let elements): self = .array(elements.map { Tree($0) })
            case .object(let object):
                self = .object(
                    Dictionary(object.members.map { ($0.name, Tree($0.value)) }, uniquingKeysWith: { _, last in last })
                )
            }
        }
    }

    private static let seeds = [
        #"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:00","size":7},"layers":[{"size":-1.5e3}]}"#,
        #"{"manifests":[{"platform":{"os":"linux","os.features":["a",null,true,false]}}],"annotations":{"k\u00e9\n":"v\ud83d\udc33"}}"#,
        #" [ 0 , -0, 10, 1.25, 1E2, "\"\\\/\b\f\n\r\t", {}, [], [[[]]], {"a":{"a":{"a":"é🐳"}}} ] "#,
    ]

    private static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "0", "1", "-", ".", "e", "E5",
            "null", "true", " ",
            "\n", "\"a\":", "\"a\":1,", "/", "\u{E9}", "\u{FEFF}",
        ].map { Array($0.utf8) } + [[0x00], [0x1F], [0x7F], [0x80], [0xC3], [0xE2, 0x80], [0xF0, 0x9F], [0xFF]]

    private static func damaged(_ seed: String, using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(seed.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let start = Int.random(in: 0..<bytes.count, using: &generator)
            let end = min(bytes.count, start + Int.random(in: 0...4, using: &generator))
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes.removeSubrange(start..<end)
            case 1: bytes.insert(contentsOf: pieces.randomElement(using: &generator) ?? [], at: start)
            case 2: bytes.replaceSubrange(start..<end, with: pieces.randomElement(using: &generator) ?? [])
            case 3: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            default: bytes.insert(contentsOf: bytes[start..<end], at: end)
            }
        }
        return bytes
    }

    @Test(
        "12 000 damaged texts: what is accepted Foundation accepts too and reads the same, and little else is refused"
    )
    func judgedByFoundation() throws {
        var generator = SeededGenerator(seed: 6)
        var accepted = 0
        for round in 0..<12_000 {
            let bytes = Self.damaged(Self.seeds[round % Self.seeds.count], using: &generator)
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            let judged = try? JSONDecoder().decode(Tree.self, from: Data(bytes))
            let parsed = Result { () throws(JSONError) in try JSONValue(parsing: ByteBuffer(bytes: bytes)) }
            switch parsed {
            case .success(let value):
                accepted += 1
                try #require(judged == Tree(value), "\(text)")
            case .failure(let error):
                guard judged != nil else { continue }
                // Foundation keeps one of two members of a name, and passes over a zero byte, a mark of byte order and
                // a comma after the last member.
                if case .duplicateName = error.reason { continue }
                if error.reason == .unexpectedByte(UInt8(ascii: "}")) { continue }
                let isPassedOver = bytes.contains(0) || bytes.starts(with: [0xEF, 0xBB, 0xBF])
                try #require(isPassedOver, "\(error): \(text)")
            }
        }
        #expect(accepted > 500)
    }

    @Test("damaged manifests never stop the program, and an accepted one can be read back from the store")
    func damagedManifests() throws {
        var generator = SeededGenerator(seed: 7)
        let seed = ManifestSample.image()
        var accepted = 0
        for _ in 0..<3000 {
            let bytes = ByteBuffer(bytes: Self.damaged(seed, using: &generator))
            guard let manifest = try? Manifest(parsing: bytes, mediaType: .ociManifest) else { continue }
            accepted += 1
            let stored = try Manifest(stored: bytes)
            #expect(stored.references == manifest.references)
            #expect(manifest.bytes == bytes)
        }
        #expect(accepted > 50)
    }
}
