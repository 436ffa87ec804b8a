import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@Suite("what was acknowledged survives a crash between any two steps")
struct CrashTests {
    private let object: StoragePath
    private let upload: StoragePath

    init() throws {
        object = try #require(StoragePath("/a/b/object"))
        upload = try #require(StoragePath("/uploads/id/data"))
    }

    /// Records a body's steps, and judges what is found after every crash; the same with the log.
    private func crashing(
        _ work: (CrashRecorder) async throws -> Void,
        judge: (FilesystemDriver, CrashRecorder.Crash) async throws -> Void
    ) async throws {
        for log in [LogUse.none, .bytes, .files] {
            try await withTemporaryFolder { scratch in
                try await withTemporaryFolder { folder in
                    let recorder = CrashRecorder(
                        root: folder,
                        threadPool: .singleton,
                        largestWrite: log == .none ? 4 : 16,
                        // Of the objects here, which are smaller than links.
                        logRecord: log == .files ? 8 : log.record,
                        keepsNames: log.keepsNames
                    )
                    try log.begin(recorder)
                    try await work(recorder)
                    #expect(recorder.steps > 2)
                    try await recorder.endLog()
                    try await recorder.forEachCrash(in: scratch, judge)
                }
            }
        }
    }

    /// The content of an object; `nil` when there is none.
    private func text(_ driver: FilesystemDriver, _ path: StoragePath) async throws -> String? {
        do {
            let content = try await driver.content(at: path, limit: 1_024)
            return String(decoding: content.readableBytesView, as: UTF8.self)
        } catch  where error.code == .notFound {
            return nil
        }
    }

    @Test("a put shows the old content or the new, and the new once it was acknowledged")
    func put() async throws {
        try await crashing { recorder in
            for content in ["the first", "the second one"] {
                try await recorder.driver.put(ByteBuffer(string: content), at: object)
                recorder.acknowledge(content)
            }
        } judge: { driver, crash in
            let allowed: [String?] =
                switch crash.acknowledged.last {
                case nil: [nil, "the first"]
                case "the first": ["the first", "the second one"]
                default: ["the second one"]
                }
            let found = try await text(driver, object)
            #expect(allowed.contains(found), "\(crash)")
        }
    }

    @Test("a putIfAbsent shows nothing or the whole content, which lasts once any caller was answered")
    func putIfAbsent() async throws {
        try await crashing { recorder in
            for content in ["the first", "the second one"] {
                _ = try await recorder.driver.putIfAbsent(ByteBuffer(string: content), at: object)
                recorder.acknowledge(content)
            }
        } judge: { driver, crash in
            let found = try await text(driver, object)
            #expect(found == "the first" || (found == nil && crash.acknowledged.isEmpty), "\(crash)")
        }
    }

    @Test(
        "of objects that are put in order none is seen before those ahead of it last, and all last at the end",
        arguments: [false, true]
    )
    func putInOrder(isPrepared: Bool) async throws {
        let places = ["/x/1/a", "/x/2/b", "/y/c"].compactMap { StoragePath($0) }
        try await crashing { recorder in
            for content in ["first", "second"] {
                let objects = places.map { StoredContent(ByteBuffer(string: content), at: $0) }
                if isPrepared {
                    // One that was prepared and is not wanted changes nothing.
                    let other = try await recorder.driver.prepare(
                        places.map { StoredContent(ByteBuffer(string: "unwanted"), at: $0) }
                    )
                    let prepared = try await recorder.driver.prepare(objects)
                    await other.cancel()
                    try await prepared.publish(discarding: nil, orMovingTo: nil)
                } else {
                    try await recorder.driver.put(inOrder: objects)
                }
                recorder.acknowledge(content)
            }
        } judge: { driver, crash in
            let order = [nil, "first", "second"]
            let found = try await places.asyncMap { path in
                try #require(order.firstIndex(of: try await text(driver, path)), "\(crash)")
            }
            #expect(found == found.sorted(by: >), "\(crash)")
            #expect(found.allSatisfy { $0 >= crash.acknowledged.count }, "\(crash)")
        }
    }

    @Test("a passing object takes nothing with it: what another process flushes or puts beside it lasts")
    func passing() async throws {
        let tree = try #require(StoragePath("/r/uploads/id"))
        let note = tree.appending("notes/n")
        let data = tree.appending("data")
        let link = StoragePath.root.appending("r/links/link")
        try await crashing { recorder in
            try await recorder.driver.putPassing(ByteBuffer(string: "note"), at: note, within: tree)
            recorder.acknowledge("note")
            let other = recorder.otherDriver()
            try await other.put(ByteBuffer(string: "link"), at: link)
            recorder.acknowledge("link")
            let writer = try await other.writer(at: data, resuming: false)
            try await writer.append(ByteBuffer(string: "data"))
            try await writer.close()
            recorder.acknowledge("data")
        } judge: { driver, crash in
            if crash.acknowledged.contains("link") { #expect(try await text(driver, link) == "link", "\(crash)") }
            if crash.acknowledged.contains("data") { #expect(try await text(driver, data) == "data", "\(crash)") }
            // It was never half of another one's making: all, or what a file is whose bytes were lost.
            let found = try await text(driver, note)
            #expect([nil, "", "note"].contains(found) || found == "\0\0\0\0", "\(crash)")
        }
    }

    @Test("a write into a folder that another one has just made is durable all the way up")
    func sharedFolders() async throws {
        try await crashing { recorder in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<6 {
                    group.addTask {
                        let path = StoragePath.root.appending("shared/deep/deeper/\(index % 2)/object-\(index)")
                        try await recorder.driver.put(ByteBuffer(string: "content"), at: path)
                        recorder.acknowledge(path.description)
                    }
                }
                try await group.waitForAll()
            }
        } judge: { driver, crash in
            for acknowledged in crash.acknowledged {
                let path = try #require(StoragePath(acknowledged))
                #expect(try await text(driver, path) == "content", "\(crash)")
            }
        }
    }

    @Test("a commit shows nothing or the whole object, and the object once it was acknowledged")
    func commit() async throws {
        try await crashing { recorder in
            let writer = try await recorder.driver.writer(at: upload, resuming: false)
            try await writer.append(ByteBuffer(string: "one "))
            try await writer.append(ByteBuffer(string: "two three"))
            try await writer.commit(to: object)
            recorder.acknowledge("commit")
        } judge: { driver, crash in
            let found = try await text(driver, object)
            if crash.acknowledged.isEmpty {
                #expect(found == nil || found == "one two three", "\(crash)")
            } else {
                #expect(found == "one two three", "\(crash)")
                #expect(try await driver.exists(at: upload) == false, "\(crash)")
            }
            if found != nil { #expect(try await driver.exists(at: upload) == false, "\(crash)") }
        }
    }

    @Test("a commit over an object shows the old one or the new one")
    func commitReplaces() async throws {
        try await crashing { recorder in
            try await recorder.driver.put(ByteBuffer(string: "the old one"), at: object)
            recorder.acknowledge("put")
            let writer = try await recorder.driver.writer(at: upload, resuming: false)
            try await writer.append(ByteBuffer(string: "the new"))
            try await writer.commit(to: object)
            recorder.acknowledge("commit")
        } judge: { driver, crash in
            guard let last = crash.acknowledged.last else { return }
            let found = try await text(driver, object)
            #expect(found == "the new" || (found == "the old one" && last == "put"), "\(crash)")
        }
    }

    @Test("a writer that resumes finds what was flushed")
    func flush() async throws {
        try await crashing { recorder in
            let first = try await recorder.driver.writer(at: upload, resuming: false)
            try await first.append(ByteBuffer(string: "one "))
            try await first.flush()
            recorder.acknowledge("one ")
            try await first.append(ByteBuffer(string: "two "))
            try await first.close()
            recorder.acknowledge("one two ")
            let second = try await recorder.driver.writer(at: upload, resuming: true)
            try await second.append(ByteBuffer(string: "three"))
            try await second.flush()
            recorder.acknowledge("one two three")
        } judge: { driver, crash in
            guard let flushed = crash.acknowledged.last else { return }
            let found = try #require(try await text(driver, upload), "\(crash)")
            #expect(found.hasPrefix(flushed), "\(crash)")
            let writer = try await driver.writer(at: upload, resuming: true)
            #expect(writer.size >= Int64(flushed.utf8.count), "\(crash)")
        }
    }

    @Test("what was deleted does not come back")
    func delete() async throws {
        let other = try #require(StoragePath("/a/b/other"))
        try await crashing { recorder in
            try await recorder.driver.put(ByteBuffer(string: "kept"), at: other)
            try await recorder.driver.put(ByteBuffer(string: "deleted"), at: object)
            recorder.acknowledge("put")
            try await recorder.driver.delete(at: object)
            recorder.acknowledge("delete")
        } judge: { driver, crash in
            guard let last = crash.acknowledged.last else { return }
            let found = try await text(driver, object)
            #expect(found == nil || (found == "deleted" && last == "put"), "\(crash)")
            #expect(try await text(driver, other) == "kept", "\(crash)")
        }
    }

    @Test("what was cancelled does not come back")
    func cancel() async throws {
        try await crashing { recorder in
            let writer = try await recorder.driver.writer(at: upload, resuming: false)
            try await writer.append(ByteBuffer(string: "bytes"))
            try await writer.flush()
            recorder.acknowledge("flush")
            try await writer.cancel()
            recorder.acknowledge("cancel")
        } judge: { driver, crash in
            let found = try await text(driver, upload)
            if crash.acknowledged.last == "cancel" { #expect(found == nil, "\(crash)") }
        }
    }

    @Test("a tree that was deleted does not come back, and what lies beside it stays")
    func deleteTree() async throws {
        let places = ["/a/b/object", "/a/b/c/object", "/a/bc/object"].compactMap { StoragePath($0) }
        try #require(places.count == 3)
        try await crashing { recorder in
            for place in places { try await recorder.driver.put(ByteBuffer(string: "content"), at: place) }
            recorder.acknowledge("put")
            try await recorder.driver.deleteTree(at: StoragePath.root.appending("a/b"))
            recorder.acknowledge("delete")
        } judge: { driver, crash in
            guard let last = crash.acknowledged.last else { return }
            #expect(try await text(driver, places[2]) == "content", "\(crash)")
            for place in places[..<2] {
                let found = try await text(driver, place)
                #expect(found == nil || (found == "content" && last == "put"), "\(crash)")
            }
            if last == "delete" { #expect(try await driver.exists(at: StoragePath.root.appending("a/b")) == false) }
        }
    }

    @Test("what a crashed write left behind is never listed, and a tree with it can be deleted")
    func leftovers() async throws {
        try await crashing { recorder in
            for name in ["object", "other"] {
                try await recorder.driver.put(ByteBuffer(string: "content"), at: .root.appending("a/\(name)"))
                _ = try await recorder.driver.putIfAbsent(ByteBuffer(string: "c"), at: .root.appending("a/\(name)-2"))
            }
        } judge: { driver, crash in
            guard try await driver.exists(at: .root.appending("a")) else { return }
            let names = try await driver.list(.root.appending("a"), after: nil, limit: 10).entries.map(\.name)
            #expect(Set(names).isSubset(of: ["object", "object-2", "other", "other-2"]), "\(crash)")
            for name in names {
                #expect(try await text(driver, .root.appending("a/\(name)"))?.first == "c", "\(crash)")
            }
        }
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
