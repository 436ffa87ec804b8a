import Testing

@testable import RegistryStorage

@Suite("Folders on the way to another")
struct FolderPathTests {
    @Test(
        "the child on the way is the one whose parent it is, and none is where the way does not lead",
        arguments: [
            "/", ".", "a", "/a", "a/b", "/a/b/c", "/a/bc/d", "/srv/registry/docker/registry/v2/blobs/sha256/ab",
        ]
    )
    func children(path: String) {
        var current = path
        var above: Set<String> = []
        while let parent = parentFolder(current) {
            #expect(childFolder(of: parent, on: path) == current)
            #expect(
                current == (["/", "."].contains(parent) ? current.hasPrefix("/") ? "/" : "" : parent + "/")
                    + lastName(current)
            )
            above.insert(parent)
            current = parent
        }
        for other in ["/", ".", "a", "/a", "/b", "/a/b", "/a/bc", path, path + "/x", "/srv", "/srv/reg"]
        where !above.contains(other) { #expect(childFolder(of: other, on: path) == nil) }
    }

    @Test("the notes on a path are found from the lowest up, be there few or many", arguments: [0, 100])
    func notes(others: Int) {
        let unsettled = UnsettledFolders()
        for number in 0..<others { _ = unsettled.announce("/other/\(number)/x", in: "/other/\(number)") }
        var current = "/store/a/b/c"
        while let parent = parentFolder(current) {
            if current != "/store/a" { unsettled.confirm(unsettled.announce(current, in: parent).folder) }
            current = parent
        }
        #expect(unsettled.notes(upFrom: "/store/a/b/c").map(\.path) == ["/store/a/b/c", "/store/a/b", "/store"])
        #expect(unsettled.notes(upFrom: "/store/a").map(\.path) == ["/store"])
        #expect(unsettled.notes(upFrom: "/elsewhere").isEmpty)
    }
}
