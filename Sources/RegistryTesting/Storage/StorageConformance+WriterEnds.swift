import NIOCore
import RegistryCore

extension StorageConformance {
    /// How a writer ends.
    static let writerEndChecks: [Check] = [
        Check("commit replaces what was there") { subject in
            try await subject.put("something longer that was there", at: "blob")
            try await subject.grow("new", from: "upload", to: "blob")
            try subject.expect(try await subject.text(at: "blob"), "new", "content")
        },
        Check("commit publishes an empty object") { subject in
            let writer = try await subject.driver.writer(at: subject.path("upload"), resuming: false)
            try await writer.commit(to: subject.path("blob"))
            try subject.expect(try await subject.text(at: "blob"), "", "content")
            let metadata = try await subject.driver.metadata(at: subject.path("blob"))
            try subject.expect(metadata.size, 0, "size")
        },
        Check("commit refuses the place of a folder and one below an object; the object still lies where it grew") {
            subject in
            try await subject.put("", at: "folder/object")
            for place in ["folder", "folder/object/below"] {
                let writer = try await subject.driver.writer(at: subject.path("upload"), resuming: false)
                try await writer.append(ByteBuffer(string: "kept"))
                try await subject.expect(.wrongKind, from: "commit to \(place)") {
                    try await writer.commit(to: subject.path(place))
                }
                try subject.expect(try await subject.text(at: "upload"), "kept", "content where it grew")
            }
            try subject.expect(try await subject.names(in: "folder"), ["object"], "names after the refusals")
        },
        Check("close keeps the object where it grew, cancel removes it") { subject in
            for (end, isThere) in [("close", true), ("cancel", false)] {
                let writer = try await subject.driver.writer(at: subject.path("up/\(end)"), resuming: false)
                try await writer.append(ByteBuffer(string: "12345"))
                if isThere { try await writer.close() } else { try await writer.cancel() }
                let exists = try await subject.driver.exists(at: subject.path("up/\(end)"))
                try subject.expect(exists, isThere, "exists after \(end)")
            }
            try subject.expect(try await subject.text(at: "up/close"), "12345", "content")
        },
        Check("every call of a writer that has ended throws closed") { subject in
            for end in ["close", "cancel", "commit"] {
                let writer = try await subject.driver.writer(at: subject.path("upload"), resuming: false)
                try await writer.append(ByteBuffer(string: "12345"))
                switch end {
                case "close": try await writer.close()
                case "cancel": try await writer.cancel()
                default: try await writer.commit(to: subject.path("blob"))
                }
                try await subject.expect(.closed, from: "append after \(end)") {
                    try await writer.append(ByteBuffer(string: "6"))
                }
                try await subject.expect(.closed, from: "flush after \(end)") { try await writer.flush() }
                try await subject.expect(.closed, from: "commit after \(end)") {
                    try await writer.commit(to: subject.path("other"))
                }
                try await subject.expect(.closed, from: "close after \(end)") { try await writer.close() }
                try await subject.expect(.closed, from: "cancel after \(end)") { try await writer.cancel() }
                try subject.expect(writer.size, 5, "size after \(end)")
            }
            try subject.expect(try await subject.text(at: "blob"), "12345", "content")
            try subject.expect(try await subject.driver.exists(at: subject.path("other")), false, "exists")
        },
        Check("a writer whose place another has taken neither appends nor publishes") { subject in
            let path = subject.path("upload")
            let first = try await subject.driver.writer(at: path, resuming: false)
            try await first.append(ByteBuffer(string: "first"))
            try await first.flush()
            let second = try await subject.driver.writer(at: path, resuming: true)
            try await second.append(ByteBuffer(string: " second"))
            try await subject.expect(.closed, from: "append") { try await first.append(ByteBuffer(string: " first")) }
            try await subject.expect(.closed, from: "commit") { try await first.commit(to: subject.path("blob")) }
            try await second.close()
            let third = try await subject.driver.writer(at: path, resuming: false)
            try await third.append(ByteBuffer(string: "third"))
            try await subject.expect(.closed, from: "commit") { try await first.commit(to: subject.path("blob")) }
            try await third.commit(to: subject.path("blob"))
            try subject.expect(try await subject.text(at: "blob"), "third", "content")
        },
        Check("a writer whose object was deleted throws closed from commit, and publishes nothing") { subject in
            let writer = try await subject.driver.writer(at: subject.path("uploads/id/data"), resuming: false)
            try await writer.append(ByteBuffer(string: "bytes"))
            try await writer.flush()
            try await subject.driver.deleteTree(at: subject.path("uploads/id"))
            try await subject.expect(.closed, from: "commit") { try await writer.commit(to: subject.path("blob")) }
            try subject.expect(try await subject.driver.exists(at: subject.path("blob")), false, "exists")
        },
    ]
}
