import NIOCore
import RegistryCore

extension StorageConformance {
    /// Moves, and the removal of empty folders.
    static let movingChecks: [Check] = [
        Check("move takes an object to another folder, which need not be there") { subject in
            try await subject.put("content", at: "a/b/c")
            try await subject.driver.move(from: subject.path("a/b/c"), to: subject.path("x/y/z"))
            try subject.expect(try await subject.text(at: "x/y/z"), "content", "content")
            try await subject.expect(.notFound, from: "content") { _ = try await subject.text(at: "a/b/c") }
        },
        Check("move takes an object that a writer committed, and back") { subject in
            try await subject.grow(String(repeating: "grown ", count: 1_000), from: "upload", to: "a/data")
            try await subject.driver.move(from: subject.path("a/data"), to: subject.path("q/1"))
            try await subject.driver.move(from: subject.path("q/1"), to: subject.path("a/data"))
            try subject.expect(try await subject.text(at: "a/data").utf8.count, 6_000, "length")
        },
        Check("move replaces what lies at the new path") { subject in
            try await subject.put("new", at: "from")
            try await subject.put("old", at: "to")
            try await subject.driver.move(from: subject.path("from"), to: subject.path("to"))
            try subject.expect(try await subject.text(at: "to"), "new", "content")
        },
        Check("move of what isn't there is not found, and leaves what lies at the new path") { subject in
            try await subject.put("kept", at: "to")
            try await subject.expect(.notFound, from: "move") {
                try await subject.driver.move(from: subject.path("none"), to: subject.path("to"))
            }
            try await subject.expect(.notFound, from: "move to a new folder") {
                try await subject.driver.move(from: subject.path("none"), to: subject.path("new/folder/to"))
            }
            try subject.expect(try await subject.text(at: "to"), "kept", "content")
        },
        Check("move of a folder is of the wrong kind") { subject in
            try await subject.put("", at: "f/a")
            try await subject.expect(.wrongKind, from: "move") {
                try await subject.driver.move(from: subject.path("f"), to: subject.path("g"))
            }
            try subject.expect(try await subject.names(in: "f"), ["a"], "names")
        },
        Check("of many who move or delete one object at once one succeeds, and the others are told") { subject in
            for round in 0..<20 {
                try await subject.put("content", at: "f/\(round)")
                let succeeded = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<8 {
                        group.addTask {
                            let path = subject.path("f/\(round)")
                            do throws(StorageError) {
                                if number == 0 {
                                    try await subject.driver.delete(at: path)
                                } else {
                                    try await subject.driver.move(from: path, to: subject.path("t\(round)/\(number)"))
                                }
                                return true
                            } catch {
                                guard error.code == .notFound || error.code == .closed else { throw error }
                                return false
                            }
                        }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                try subject.expect(succeeded, 1, "how many succeeded")
                try subject.expect(try await subject.driver.exists(at: subject.path("f/\(round)")), false, "exists")
            }
        },
        Check("removeIfEmpty leaves a folder that has anything in it, and does no harm where there is none") {
            subject in
            for place in ["f/a", "f/g/b"] { try await subject.put("kept", at: place) }
            for folder in ["f", "f/g", "none", "none/below", "f/a"] {
                let removed = try await subject.driver.removeIfEmpty(subject.path(folder))
                try subject.expect(removed, false, "removed \(folder)")
            }
            try subject.expect(try await subject.text(at: "f/g/b"), "kept", "content")
        },
        Check("a folder whose last object is gone is not there after removeIfEmpty, and can be used again") { subject in
            try await subject.put("", at: "f/g/a")
            try await subject.driver.delete(at: subject.path("f/g/a"))
            for folder in ["f/g", "f"] { _ = try await subject.driver.removeIfEmpty(subject.path(folder)) }
            try subject.expect(try await subject.driver.exists(at: subject.path("f")), false, "exists")
            try await subject.put("again", at: "f/g/a")
            try subject.expect(try await subject.text(at: "f/g/a"), "again", "content")
        },
    ]
}
