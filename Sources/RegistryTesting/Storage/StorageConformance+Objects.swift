import NIOCore
import RegistryCore

extension StorageConformance {
    /// Small objects and open ones.
    static let objectChecks: [Check] = contentChecks + putChecks + kindChecks + openChecks

    private static let contentChecks: [Check] = [
        Check("content answers the bytes that were put, whatever they are") { subject in
            let contents = [
                [UInt8]("ünïcödé 漢字 🐳".utf8), [0xff, 0xfe, 0, 0x80], [0], Array(repeating: 10, count: 71),
                Array(0...255),
            ]
            for (index, bytes) in contents.enumerated() {
                try await subject.driver.put(ByteBuffer(bytes: bytes), at: subject.path("object-\(index)"))
                let content = try await subject.driver.content(at: subject.path("object-\(index)"), limit: 1_024)
                try subject.expect(Array(content.readableBytesView), bytes, "content")
            }
        },
        Check("an empty object is an object") { subject in
            try await subject.put("", at: "a/empty")
            try subject.expect(try await subject.text(at: "a/empty"), "", "content")
            let metadata = try await subject.driver.metadata(at: subject.path("a/empty"))
            try subject.expect(metadata.kind, .object, "kind")
            try subject.expect(metadata.size, 0, "size")
            try subject.expect(try await subject.names(in: "a"), ["empty"], "names")
        },
        Check("content of a mebibyte comes back whole") { subject in
            let bytes = patterned(1 << 20)
            try await subject.driver.put(bytes, at: subject.path("mebibyte"))
            let content = try await subject.driver.content(at: subject.path("mebibyte"), limit: 1 << 20)
            try subject.expect(content == bytes, true, "the same bytes")
        },
        Check("content takes an object of exactly the limit and refuses a larger one") { subject in
            try await subject.put("12345", at: "five")
            let content = try await subject.driver.content(at: subject.path("five"), limit: 5)
            try subject.expect(content.readableBytes, 5, "bytes at the limit")
            try await subject.expect(.tooLarge, from: "content above the limit") {
                _ = try await subject.driver.content(at: subject.path("five"), limit: 4)
            }
        },
        Check("what isn't there is not found") { subject in
            try await subject.put("", at: "object")
            for missing in ["none", "none/below", "object/below", "object/below/deeper"] {
                let path = subject.path(missing)
                try await subject.expect(.notFound, from: "content") {
                    _ = try await subject.driver.content(at: path, limit: 1)
                }
                try await subject.expect(.notFound, from: "metadata") {
                    _ = try await subject.driver.metadata(at: path)
                }
                try await subject.expect(.notFound, from: "open") { _ = try await subject.driver.open(at: path) }
                try subject.expect(try await subject.driver.exists(at: path), false, "exists")
            }
        },
    ]

    private static let putChecks: [Check] = [
        Check("put replaces what was there, longer or shorter") { subject in
            for text in ["first", "a longer second", "3", ""] {
                try await subject.put(text, at: "a/b/object")
                try subject.expect(try await subject.text(at: "a/b/object"), text, "content")
                let metadata = try await subject.driver.metadata(at: subject.path("a/b/object"))
                try subject.expect(metadata.size, Int64(text.utf8.count), "size")
            }
        },
        Check("putIfAbsent writes once and leaves what is there") { subject in
            let path = subject.path("a/b/once")
            try subject.expect(try await subject.driver.putIfAbsent(ByteBuffer(string: "1"), at: path), true, "first")
            try subject.expect(try await subject.driver.putIfAbsent(ByteBuffer(string: "2"), at: path), false, "second")
            try subject.expect(try await subject.text(at: "a/b/once"), "1", "content")
            try await subject.driver.delete(at: path)
            try subject.expect(try await subject.driver.putIfAbsent(ByteBuffer(string: "3"), at: path), true, "third")
            try subject.expect(try await subject.text(at: "a/b/once"), "3", "content")
        },
        Check("put and putIfAbsent refuse the place of a folder, and a place below an object") { subject in
            try await subject.put("", at: "folder/object")
            for place in ["folder", "folder/object/below", "folder/object/below/deeper"] {
                try await subject.expect(.wrongKind, from: "put at \(place)") { try await subject.put("", at: place) }
                try await subject.expect(.wrongKind, from: "putIfAbsent at \(place)") {
                    _ = try await subject.driver.putIfAbsent(ByteBuffer(), at: subject.path(place))
                }
            }
            try subject.expect(try await subject.names(in: "folder"), ["object"], "names after the refusals")
        },
    ]

    private static let kindChecks: [Check] = [
        Check("metadata tells objects from folders, with size and time") { subject in
            try await subject.put("12345", at: "folder/deep/object")
            let object = try await subject.driver.metadata(at: subject.path("folder/deep/object"))
            try subject.expect(object.kind, .object, "kind of an object")
            try subject.expect(object.size, 5, "size of an object")
            try subject.expect(object.modified >= 0, true, "a time")
            for folder in ["folder", "folder/deep"] {
                let metadata = try await subject.driver.metadata(at: subject.path(folder))
                try subject.expect(metadata.kind, .folder, "kind of a folder")
                try subject.expect(metadata.size, 0, "size of a folder")
            }
        },
        Check("the root is a folder") { subject in
            try subject.expect(try await subject.driver.metadata(at: .root).kind, .folder, "kind")
            _ = try await subject.driver.list(.root, after: nil, limit: 1)
        },
        Check("an object's calls refuse a folder") { subject in
            try await subject.put("", at: "folder/object")
            let folder = subject.path("folder")
            try await subject.expect(.wrongKind, from: "content") {
                _ = try await subject.driver.content(at: folder, limit: 1)
            }
            try await subject.expect(.wrongKind, from: "open") { _ = try await subject.driver.open(at: folder) }
            try await subject.expect(.wrongKind, from: "delete") { try await subject.driver.delete(at: folder) }
            try await subject.expect(.wrongKind, from: "writer") {
                _ = try await subject.driver.writer(at: folder, resuming: false)
            }
            try await subject.expect(.wrongKind, from: "writer that resumes") {
                _ = try await subject.driver.writer(at: folder, resuming: true)
            }
            try subject.expect(try await subject.names(in: "folder"), ["object"], "names after the refusals")
        },
    ]

    private static let openChecks: [Check] = [
        Check("an open object reads any part, and less where it ends") { subject in
            let bytes = patterned(100_000)
            try await subject.driver.put(bytes, at: subject.path("object"))
            let object = try await subject.driver.open(at: subject.path("object"))
            try subject.expect(object.size, 100_000, "size")
            let all = Array(bytes.readableBytesView)
            for (offset, count) in [(0, 1), (0, 100_000), (1, 99_999), (65_535, 2), (99_999, 1)] {
                let part = try await object.read(at: Int64(offset), count: count)
                try subject.expect(Array(part.readableBytesView), Array(all[offset..<offset + count]), "a part")
            }
            try subject.expect(try await object.read(at: 99_990, count: 100).readableBytes, 10, "bytes at the end")
            try subject.expect(try await object.read(at: 100_000, count: 1).readableBytes, 0, "bytes after the end")
        },
        Check("an open object's file, where there is one, holds its bytes") { subject in
            try await subject.put("from a file", at: "object")
            let object = try await subject.driver.open(at: subject.path("object"))
            guard let file = object.file else { return }
            try subject.expect(descriptorText(file, count: 32), "from a file", "bytes of the file")
        },
        Check("an open object stays as it was when it is replaced or deleted") { subject in
            try await subject.put("as it was", at: "object")
            let object = try await subject.driver.open(at: subject.path("object"))
            try await subject.put("replaced, and longer", at: "object")
            try await expectUnchanged(object, subject)
            try await subject.driver.delete(at: subject.path("object"))
            try await expectUnchanged(object, subject)
            try await subject.grow("grown", from: "upload", to: "object")
            try await expectUnchanged(object, subject)
        },
    ]

    /// The old bytes or, from a store that can't keep them, no bytes; never others.
    private static func expectUnchanged(_ object: any StorageObject, _ subject: StorageSubject) async throws {
        try await subject.unlessNotFound {
            let bytes = try await subject.bytes(of: object)
            try subject.expect(String(decoding: bytes, as: UTF8.self), "as it was", "bytes of the open object")
        }
    }
}
