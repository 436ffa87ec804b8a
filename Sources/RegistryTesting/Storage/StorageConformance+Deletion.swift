import NIOCore
import RegistryCore

extension StorageConformance {
    /// Removal.
    static let deletionChecks: [Check] = [
        Check("delete removes one object") { subject in
            for place in ["f/a", "f/ab", "f/b"] { try await subject.put(place, at: place) }
            try await subject.driver.delete(at: subject.path("f/a"))
            try subject.expect(try await subject.names(in: "f"), ["ab", "b"], "names")
            try await subject.expect(.notFound, from: "content") { _ = try await subject.text(at: "f/a") }
        },
        Check("delete of what isn't there is not found") { subject in
            try await subject.put("", at: "object")
            for missing in ["none", "none/below", "object/below"] {
                try await subject.expect(.notFound, from: "delete of \(missing)") {
                    try await subject.driver.delete(at: subject.path(missing))
                }
                try await subject.expect(.notFound, from: "deleteTree of \(missing)") {
                    try await subject.driver.deleteTree(at: subject.path(missing))
                }
            }
            try subject.expect(try await subject.text(at: "object"), "", "content")
        },
        Check("deleteTree removes a folder and all below it") { subject in
            for place in ["f/a", "f/b/c", "f/b/d/e/f/g", "f/b-/x"] { try await subject.put("", at: place) }
            try await subject.driver.deleteTree(at: subject.path("f"))
            try subject.expect(try await subject.driver.exists(at: subject.path("f")), false, "exists")
            try await subject.expect(.notFound, from: "content") { _ = try await subject.text(at: "f/b/d/e/f/g") }
        },
        Check("deleteTree removes one object") { subject in
            for place in ["f/a", "f/b"] { try await subject.put("", at: place) }
            try await subject.driver.deleteTree(at: subject.path("f/a"))
            try subject.expect(try await subject.names(in: "f"), ["b"], "names")
        },
        Check("put in order removes a tree after what it writes, though it may be gone or nothing be written") {
            subject in
            for place in ["f/a", "f/b/c", "g/a"] { try await subject.put("", at: place) }
            let objects = [StoredContent(ByteBuffer(string: "new"), at: subject.path("new"))]
            try await subject.driver.put(inOrder: objects, discarding: subject.path("f"))
            try subject.expect(try await subject.text(at: "new"), "new", "content")
            try subject.expect(try await subject.driver.exists(at: subject.path("f")), false, "exists")
            try await subject.driver.put(inOrder: objects, discarding: subject.path("none"))
            try await subject.driver.put(inOrder: [], discarding: subject.path("g"))
            try subject.expect(try await subject.driver.exists(at: subject.path("g")), false, "exists")
        },
        Check("put in order moves a tree with all that is in it, or removes it") { subject in
            for place in ["f/a", "f/b/c"] { try await subject.put(place, at: place) }
            let objects = [
                StoredContent([ByteBuffer(string: "in "), ByteBuffer(string: "parts")], at: subject.path("new")),
                StoredContent([ByteBuffer](), at: subject.path("empty")),
            ]
            try await subject.driver.put(
                inOrder: objects,
                discarding: subject.path("f"),
                orMovingTo: subject.path("g")
            )
            try subject.expect(try await subject.text(at: "new"), "in parts", "content")
            try subject.expect(try await subject.text(at: "empty"), "", "content")
            try subject.expect(try await subject.driver.exists(at: subject.path("f")), false, "exists")
            if try await subject.driver.exists(at: subject.path("g")) {
                try subject.expect(try await subject.text(at: "g/a"), "f/a", "content")
                try subject.expect(try await subject.text(at: "g/b/c"), "f/b/c", "content")
            }
            try await subject.driver.put(
                inOrder: [],
                discarding: subject.path("none"),
                orMovingTo: subject.path("h")
            )
            try subject.expect(try await subject.driver.exists(at: subject.path("h")), false, "exists")
        },
        Check("deleteTree of a path leaves what only begins like it") { subject in
            for place in ["a/x", "ab/x", "a-/x", "a.b", "a0"] { try await subject.put(place, at: place) }
            try await subject.driver.deleteTree(at: subject.path("a"))
            for place in ["ab/x", "a-/x", "a.b", "a0"] {
                try subject.expect(try await subject.text(at: place), place, "content")
            }
            try subject.expect(try await subject.driver.exists(at: subject.path("a")), false, "exists")
        },
        Check("deleteTree takes a folder of a thousand objects") { subject in
            for index in 0..<1_000 { try await subject.put("", at: "f/\(index % 7)/\(index)") }
            try await subject.driver.deleteTree(at: subject.path("f"))
            try subject.expect(try await subject.driver.exists(at: subject.path("f")), false, "exists")
        },
        Check("what was deleted can be put again") { subject in
            for _ in 0..<3 {
                try await subject.put("again", at: "a/b/c")
                try subject.expect(try await subject.text(at: "a/b/c"), "again", "content")
                try await subject.driver.deleteTree(at: subject.path("a"))
            }
        },
        Check("an object can take the place of a folder that was deleted, and a folder an object's") { subject in
            try await subject.put("", at: "a/b")
            try await subject.driver.deleteTree(at: subject.path("a"))
            try await subject.put("object", at: "a")
            try subject.expect(try await subject.text(at: "a"), "object", "content")
            try await subject.driver.delete(at: subject.path("a"))
            try await subject.put("below", at: "a/b")
            try subject.expect(try await subject.text(at: "a/b"), "below", "content")
        },
    ]
}
