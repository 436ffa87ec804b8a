import NIOCore
import RegistryCore

extension StorageConformance {
    /// Objects that are prepared before it is known whether they are wanted.
    static let preparingChecks: [Check] = [
        Check("what was prepared is seen when it is published, all of it, and not before") { subject in
            try await subject.put("old", at: "a/replaced")
            try await subject.put("", at: "f/abandoned")
            let places = ["a/replaced", "a/new", "b/new"]
            let prepared = try await subject.driver.prepare(
                places.map { StoredContent([ByteBuffer(string: "in "), ByteBuffer(string: $0)], at: subject.path($0)) }
            )
            try subject.expect(try await subject.text(at: "a/replaced"), "old", "content")
            for place in places.dropFirst() {
                try subject.expect(try await subject.driver.exists(at: subject.path(place)), false, "exists")
            }
            try await prepared.publish(discarding: subject.path("f"), orMovingTo: nil)
            for place in places {
                try subject.expect(try await subject.text(at: place), "in \(place)", "content")
            }
            try subject.expect(try await subject.driver.exists(at: subject.path("f")), false, "exists")
        },
        Check("of what was prepared and is not wanted nothing is seen, and what was there stays") { subject in
            try await subject.put("old", at: "a/kept")
            let prepared = try await subject.driver.prepare(
                ["a/kept", "a/new", "b/c/new"].map { StoredContent(ByteBuffer(string: "new"), at: subject.path($0)) }
            )
            await prepared.cancel()
            try subject.expect(try await subject.text(at: "a/kept"), "old", "content")
            try subject.expect(try await subject.names(in: "a"), ["kept"], "names")
            try subject.expect(try await subject.driver.exists(at: subject.path("b/c/new")), false, "exists")
        },
        Check("a place may be prepared by two; the one that is published last is seen") { subject in
            let place = subject.path("a/b/object")
            let first = try await subject.driver.prepare([StoredContent(ByteBuffer(string: "first"), at: place)])
            let second = try await subject.driver.prepare([StoredContent(ByteBuffer(string: "second"), at: place)])
            let third = try await subject.driver.prepare([StoredContent(ByteBuffer(string: "third"), at: place)])
            await third.cancel()
            try await second.publish(discarding: nil, orMovingTo: nil)
            try subject.expect(try await subject.text(at: "a/b/object"), "second", "content")
            try await first.publish(discarding: nil, orMovingTo: nil)
            try subject.expect(try await subject.text(at: "a/b/object"), "first", "content")
        },
        Check("what was prepared is published though its folder was removed meanwhile") { subject in
            let prepared = try await subject.driver.prepare([
                StoredContent(ByteBuffer(string: "content"), at: subject.path("a/b/object"))
            ])
            try await subject.unlessNotFound { try await subject.driver.deleteTree(at: subject.path("a")) }
            try await prepared.publish(discarding: nil, orMovingTo: nil)
            try subject.expect(try await subject.text(at: "a/b/object"), "content", "content")
        },
        Check("nothing can be prepared, and is published") { subject in
            try await subject.put("", at: "f/abandoned")
            let prepared = try await subject.driver.prepare([])
            try await prepared.publish(discarding: subject.path("f"), orMovingTo: nil)
            try subject.expect(try await subject.driver.exists(at: subject.path("f")), false, "exists")
        },
    ]
}
