import NIOCore
import RegistryCore

extension StorageConformance {
    /// Pages of folders.
    static let listingChecks: [Check] = orderChecks + pageChecks + holdingChecks

    /// Names in the order of their bytes, which is neither that of words nor that of whole paths: `-` and `.` sort
    /// before the `/` that would follow `a`.
    private static let ordered = [
        "-", "-a", "0", "00", "1", "10", "9", "A", "Z", "_", "a", "a-", "a-b", "a.b", "a0", "aA", "aa", "b", "z",
    ]

    private static let orderChecks: [Check] = [
        Check("list sorts names byte by byte, objects and folders together") { subject in
            for (index, name) in ordered.shuffled().enumerated() {
                try await subject.put("", at: index.isMultiple(of: 2) ? "f/\(name)" : "f/\(name)/below")
            }
            let names = try await subject.driver.list(subject.path("f"), after: nil, limit: 1_000).entries.map(\.name)
            try subject.expect(names, ordered, "names")
        },
        Check("list answers the direct children, with their kinds") { subject in
            for place in ["f/object", "f/folder/a", "f/folder/b/c", "ff/other", "f-/other", "other"] {
                try await subject.put("", at: place)
            }
            try subject.expect(try await subject.names(in: "f"), ["folder/", "object"], "names")
            try subject.expect(try await subject.names(in: "f/folder"), ["a", "b/"], "names")
        },
        Check("list of what isn't there is not found, of an object the wrong kind") { subject in
            try await subject.put("", at: "object")
            try await subject.expect(.notFound, from: "list of nothing") { _ = try await subject.names(in: "none") }
            try await subject.expect(.notFound, from: "list below an object") {
                _ = try await subject.names(in: "object/below")
            }
            try await subject.expect(.wrongKind, from: "list of an object") {
                _ = try await subject.names(in: "object")
            }
        },
        Check("the first pages of several folders are those of each, and none where there is no folder") { subject in
            for place in ["f/a", "f/b", "f/c", "g/d/below", "object"] { try await subject.put("", at: place) }
            let folders = ["g", "none", "f", "object", "g"].map { subject.path($0) }
            let pages = try await subject.driver.firstPages(of: folders, limit: 2)
            let names = pages.map { page in page.map { $0.entries.map(\.name) + ($0.hasMore ? ["more"] : []) } }
            try subject.expect(names, [["d"], nil, ["a", "b", "more"], nil, ["d"]], "pages")
            try subject.expect(try await subject.driver.firstPages(of: [], limit: 2), [], "pages of no folders")
        },
        Check("a folder without objects lists nothing or is not found") { subject in
            try await subject.put("", at: "f/object")
            try await subject.driver.delete(at: subject.path("f/object"))
            try await subject.unlessNotFound {
                let page = try await subject.driver.list(subject.path("f"), after: nil, limit: 10)
                try subject.expect(page, StorageListing(entries: [], hasMore: false), "page")
            }
        },
        Check("list shows every change at once") { subject in
            try await subject.put("", at: "f/fixed")
            for round in 0..<50 {
                try await subject.put("", at: "f/name-\(round)")
                try subject.expect(
                    try await subject.names(in: "f"),
                    ["fixed", "name-\(round)"],
                    "names with a new one"
                )
                try await subject.driver.delete(at: subject.path("f/name-\(round)"))
                try subject.expect(try await subject.names(in: "f"), ["fixed"], "names without it")
            }
        },
        Check("list leaves out no name that only looks like a file that is being written") { subject in
            let folder = "tag.0a1b2c3d-0000-4000-8000-0123456789ab.tmp"
            for place in ["f/\(folder)/current", "f/x.tmp", "f/.tmp", "f/tag.0a1b2c3d.tmp"] {
                try await subject.put("", at: place)
            }
            let names = try await subject.names(in: "f")
            try subject.expect(
                names,
                [".tmp", "tag.0a1b2c3d-0000-4000-8000-0123456789ab.tmp/", "tag.0a1b2c3d.tmp", "x.tmp"],
                "names"
            )
        },
    ]

    private static let pageChecks: [Check] = [
        Check("pages of any size that follow one another are the folder") { subject in
            for name in ordered { try await subject.put("", at: "f/\(name)") }
            for limit in [1, 2, 3, 7, ordered.count - 1, ordered.count, ordered.count + 1] {
                var all: [String] = []
                var hasMore = true
                while hasMore {
                    let page = try await subject.driver.list(subject.path("f"), after: all.last, limit: limit)
                    try subject.expect(page.entries.count <= limit, true, "at most the limit")
                    try subject.expect(page.entries.isEmpty && page.hasMore, false, "more after an empty page")
                    all += page.entries.map(\.name)
                    hasMore = page.hasMore
                }
                try subject.expect(all, ordered, "all pages of \(limit)")
            }
        },
        Check("hasMore says whether the folder goes on after the page") { subject in
            for name in ["a", "b", "c"] { try await subject.put("", at: "f/\(name)") }
            for (limit, hasMore) in [(1, true), (2, true), (3, false), (4, false)] {
                let page = try await subject.driver.list(subject.path("f"), after: nil, limit: limit)
                try subject.expect(page.hasMore, hasMore, "hasMore of \(limit)")
            }
            let last = try await subject.driver.list(subject.path("f"), after: "c", limit: 1)
            try subject.expect(last, StorageListing(entries: [], hasMore: false), "page after the last name")
        },
        Check("after need not be a name in the folder, nor valid") { subject in
            for name in ["a", "ab", "b", "c"] { try await subject.put("", at: "f/\(name)/current/link") }
            let cases: [(String, [String])] = [
                ("", ["a/", "ab/", "b/", "c/"]), ("a", ["ab/", "b/", "c/"]), ("aa", ["ab/", "b/", "c/"]),
                ("a/current", ["ab/", "b/", "c/"]), ("ab\u{1}", ["b/", "c/"]), ("a\u{1}b", ["ab/", "b/", "c/"]),
                ("b ünïcödé", ["c/"]), ("..", ["a/", "ab/", "b/", "c/"]), ("zzz", []), ("\u{ffff}", []),
            ]
            for (after, wanted) in cases {
                try subject.expect(try await subject.names(in: "f", after: after), wanted, "names after \(after)")
            }
        },
    ]

    private static let holdingChecks: [Check] = [
        Check("holding keeps the folders that have an object at the path") { subject in
            for place in [
                "a/current/link", "b/index/link", "c", "d/current/link/deeper", "e/current/link", "f/current",
            ] {
                try await subject.put("", at: "tags/\(place)")
            }
            let tags = try await subject.names(in: "tags", holding: "current/link")
            try subject.expect(tags, ["a/", "e/"], "folders")
            try subject.expect(try await subject.names(in: "tags", holding: "current"), ["f/"], "folders")
        },
        Check("holding fills a page from further on, and says when there is no more to look at") { subject in
            for index in 100..<200 {
                try await subject.put("", at: index.isMultiple(of: 10) ? "f/\(index)/held" : "f/\(index)/other")
            }
            var all: [String] = []
            var hasMore = true
            while hasMore {
                let page = try await subject.driver.list(
                    subject.path("f"),
                    after: all.last,
                    limit: 4,
                    holding: "held"
                )
                try subject.expect(page.entries.isEmpty && page.hasMore, false, "more after an empty page")
                all += page.entries.map(\.name)
                hasMore = page.hasMore
            }
            try subject.expect(all, (10..<20).map { "\($0)0" }, "folders")
        },
    ]
}
