import NIOCore
import RegistryCore

extension StorageConformance {
    /// Objects that grow.
    static let writerChecks: [Check] = [
        Check("a writer's object appears at its final path whole, and no longer where it grew") { subject in
            let writer = try await subject.driver.writer(at: subject.path("up/load"), resuming: false)
            try await writer.append(ByteBuffer(string: "one "))
            try await writer.append(ByteBuffer())
            try await writer.append(ByteBuffer(string: "two"))
            try subject.expect(try await subject.driver.exists(at: subject.path("a/b/blob")), false, "exists before")
            try await writer.commit(to: subject.path("a/b/blob"))
            try subject.expect(try await subject.text(at: "a/b/blob"), "one two", "content")
            try subject.expect(try await subject.driver.exists(at: subject.path("up/load")), false, "exists after")
        },
        Check("a writer appends bytes that lie in several buffers in their order") { subject in
            let writer = try await subject.driver.writer(at: subject.path("upload"), resuming: false)
            let parts = [ByteBuffer(string: "one "), ByteBuffer(), patterned(70_000), ByteBuffer(string: " three")]
            try await writer.append(ByteBuffer(string: "zero "))
            try await writer.append(parts)
            try await writer.append([ByteBuffer]())
            try subject.expect(writer.size, 70_015, "size")
            try await writer.commit(to: subject.path("blob"))
            let whole = parts.reduce(into: ByteBuffer(string: "zero ")) { $0.writeImmutableBuffer($1) }
            let content = try await subject.driver.content(at: subject.path("blob"), limit: 1 << 20)
            try subject.expect(content == whole, true, "the same bytes")
        },
        Check("how many bytes a writer was told to expect changes nothing") { subject in
            for (place, expected) in [("none", Int64(0)), ("fewer", 10), ("more", 1 << 30)] {
                let path = subject.path("upload")
                let first = try await subject.driver.writer(at: path, resuming: false)
                first.expect(expected)
                try await first.append(patterned(5000))
                try await first.close()
                let second = try await subject.driver.writer(at: path, resuming: true)
                second.expect(expected)
                try subject.expect(second.size, 5000, "size")
                try await second.append([ByteBuffer(string: "and "), ByteBuffer(string: "more")])
                try await second.commit(to: subject.path(place))
                let whole = [patterned(5000), ByteBuffer(string: "and more")]
                    .reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
                let content = try await subject.driver.content(at: subject.path(place), limit: 1 << 20)
                try subject.expect(content == whole, true, "the same bytes")
            }
        },
        Check("a writer's size counts all bytes that were appended") { subject in
            let path = subject.path("upload")
            let first = try await subject.driver.writer(at: path, resuming: false)
            try subject.expect(first.size, 0, "size at the start")
            try await first.append(ByteBuffer(string: "12345"))
            try subject.expect(first.size, 5, "size")
            try await first.append(patterned(1_000))
            try subject.expect(first.size, 1_005, "size")
            try await first.close()
            let second = try await subject.driver.writer(at: path, resuming: true)
            try subject.expect(second.size, 1_005, "size of the writer that resumes")
            try await second.append(ByteBuffer(string: "6"))
            try subject.expect(second.size, 1_006, "size")
            try await second.cancel()
        },
        Check("a writer goes on where others ended, over and over") { subject in
            let path = subject.path("upload")
            var whole = ByteBuffer()
            for round in 0..<8 {
                let writer = try await subject.driver.writer(at: path, resuming: round > 0)
                try subject.expect(writer.size, Int64(whole.readableBytes), "size")
                let part = patterned(1 + round * 4_099, seed: round)
                try await writer.append(part)
                whole.writeImmutableBuffer(part)
                try await writer.close()
            }
            let last = try await subject.driver.writer(at: path, resuming: true)
            try await last.commit(to: subject.path("blob"))
            let content = try await subject.driver.content(at: subject.path("blob"), limit: 1 << 20)
            try subject.expect(content == whole, true, "the same bytes")
        },
        Check("a writer that starts anew drops what was there") { subject in
            let path = subject.path("upload")
            let first = try await subject.driver.writer(at: path, resuming: false)
            try await first.append(ByteBuffer(string: "old and long"))
            try await first.close()
            let second = try await subject.driver.writer(at: path, resuming: false)
            try subject.expect(second.size, 0, "size")
            try await second.append(ByteBuffer(string: "new"))
            try await second.commit(to: subject.path("blob"))
            try subject.expect(try await subject.text(at: "blob"), "new", "content")
        },
        Check("a writer can't resume what isn't there") { subject in
            try await subject.put("", at: "object")
            for missing in ["none", "none/below", "object/below"] {
                try await subject.expect(.notFound, from: "writer at \(missing)") {
                    _ = try await subject.driver.writer(at: subject.path(missing), resuming: true)
                }
            }
        },
        Check("a writer refuses a place below an object") { subject in
            try await subject.put("", at: "object")
            try await subject.expect(.wrongKind, from: "writer") {
                _ = try await subject.driver.writer(at: subject.path("object/upload"), resuming: false)
            }
        },
        Check("a growing object is visible with at least what was flushed") { subject in
            let path = subject.path("uploads/upload")
            let writer = try await subject.driver.writer(at: path, resuming: false)
            var flushed = 0
            for round in 0..<4 {
                let part = patterned(10_000, seed: round)
                try await writer.append(part)
                try await writer.flush()
                flushed += 10_000
                let metadata = try await subject.driver.metadata(at: path)
                try subject.expect(metadata.kind, .object, "kind")
                try subject.expect(metadata.size >= Int64(flushed), true, "size \(metadata.size) of \(flushed)")
                let object = try await subject.driver.open(at: path)
                let bytes = try await object.read(at: Int64(flushed - 10_000), count: 10_000)
                try subject.expect(bytes == part, true, "the bytes that were flushed last")
            }
            try await writer.cancel()
        },
        Check("a stream of 32 MiB comes back whole", isSlow: true) { subject in
            let writer = try await subject.driver.writer(at: subject.path("upload"), resuming: false)
            for round in 0..<128 { try await writer.append(patterned(256 << 10, seed: round)) }
            try subject.expect(writer.size, 32 << 20, "size")
            try await writer.commit(to: subject.path("blob"))
            let object = try await subject.driver.open(at: subject.path("blob"))
            try subject.expect(object.size, 32 << 20, "size")
            for round in 0..<128 {
                let part = try await object.read(at: Int64(round) * 256 << 10, count: 256 << 10)
                try subject.expect(part == patterned(256 << 10, seed: round), true, "part \(round)")
            }
        },
    ]
}
