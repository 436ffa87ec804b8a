import NIOCore
import RegistryCore

extension StorageConformance {
    private static let tasks = 32

    /// Calls beside one another.
    static let concurrencyChecks: [Check] = [
        Check("of concurrent calls of putIfAbsent one writes, and all see its content") { subject in
            for round in 0..<4 {
                let place = "round-\(round)/once"
                let winners = try await withThrowingTaskGroup(of: Int?.self) { group in
                    for task in 0..<tasks {
                        group.addTask {
                            let content = ByteBuffer(string: "\(task)")
                            let won = try await subject.driver.putIfAbsent(content, at: subject.path(place))
                            // Whoever lost must see the one that won, at once.
                            if !won { _ = try await subject.text(at: place) }
                            return won ? task : nil
                        }
                    }
                    return try await group.reduce(into: []) { winners, winner in winner.map { winners.append($0) } }
                }
                try subject.expect(winners.count, 1, "calls that wrote")
                try subject.expect(try await subject.text(at: place), "\(winners.first ?? -1)", "content")
            }
        },
        Check("a reader sees an object as it was or as it is, never in between") { subject in
            try await subject.driver.put(Self.filled(0), at: subject.path("object"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for round in 0..<20 {
                            try await subject.driver.put(Self.filled(writer * 20 + round), at: subject.path("object"))
                        }
                    }
                }
                for _ in 0..<8 {
                    group.addTask { for _ in 0..<50 { try await expectWhole("object", subject) } }
                }
                try await group.waitForAll()
            }
        },
        Check("a reader sees an object that commits replace whole") { subject in
            try await subject.driver.put(Self.filled(0), at: subject.path("blob"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<4 {
                    group.addTask {
                        for round in 0..<10 {
                            let path = subject.path("uploads/\(task)-\(round)")
                            let writer = try await subject.driver.writer(at: path, resuming: false)
                            try await writer.append(Self.filled(task * 10 + round))
                            try await writer.commit(to: subject.path("blob"))
                        }
                    }
                    group.addTask { for _ in 0..<50 { try await expectWhole("blob", subject) } }
                }
                try await group.waitForAll()
            }
        },
        Check("writers of 32 objects don't disturb one another") { subject in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<tasks {
                    group.addTask {
                        let path = subject.path("uploads/\(task)")
                        let writer = try await subject.driver.writer(at: path, resuming: false)
                        for part in 0..<8 { try await writer.append(patterned(5_000, seed: task * 8 + part)) }
                        try await writer.commit(to: subject.path("blobs/\(task % 4)/\(task)"))
                        let object = try await subject.driver.open(at: subject.path("blobs/\(task % 4)/\(task)"))
                        try subject.expect(object.size, 40_000, "size")
                        for part in 0..<8 {
                            let bytes = try await object.read(at: Int64(part) * 5_000, count: 5_000)
                            try subject.expect(bytes == patterned(5_000, seed: task * 8 + part), true, "bytes")
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
        Check("puts into a tree that is deleted all the while succeed, and delete finds them") { subject in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for round in 0..<20 { try await subject.put("\(task)", at: "tree/\(task)/\(round)/link") }
                    }
                }
                for _ in 0..<2 {
                    group.addTask { for _ in 0..<40 { try await deleteIfThere("tree", subject) } }
                }
                try await group.waitForAll()
            }
            try await deleteIfThere("tree", subject)
            try subject.expect(try await subject.driver.exists(at: subject.path("tree")), false, "exists")
        },
        Check("commits into a tree that is deleted all the while succeed") { subject in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for round in 0..<10 {
                            try await subject.grow("x", from: "up/\(task)", to: "tree/\(task)/\(round)/data")
                        }
                    }
                }
                group.addTask { for _ in 0..<40 { try await deleteIfThere("tree", subject) } }
                try await group.waitForAll()
            }
        },
        Check("what a task has put, every other lists and reads at once") { subject in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<tasks {
                    group.addTask {
                        for round in 0..<4 {
                            let name = "\(task)-\(round)"
                            try await subject.put(name, at: "shared/\(name)")
                            try subject.expect(try await subject.text(at: "shared/\(name)"), name, "content")
                            let names = try await subject.names(in: "shared")
                            try subject.expect(names.contains(name), true, "\(name) is listed")
                            try subject.expect(names, names.sorted(), "sorted names")
                        }
                    }
                }
                try await group.waitForAll()
            }
            try subject.expect(try await subject.names(in: "shared").count, tasks * 4, "names in all")
        },
    ]

    /// An object whose bytes are all the same, and whose length goes with them.
    private static func filled(_ number: Int) -> ByteBuffer {
        ByteBuffer(repeating: UInt8(truncatingIfNeeded: number), count: 1_000 + number * 97)
    }

    private static func expectWhole(_ place: String, _ subject: StorageSubject) async throws {
        let content = try await subject.driver.content(at: subject.path(place), limit: 1 << 20)
        let number = (content.readableBytes - 1_000) / 97
        try subject.expect(content == filled(number), true, "an object of \(content.readableBytes) bytes is whole")
    }

    private static func deleteIfThere(_ place: String, _ subject: StorageSubject) async throws {
        try await subject.unlessNotFound { try await subject.driver.deleteTree(at: subject.path(place)) }
    }
}
