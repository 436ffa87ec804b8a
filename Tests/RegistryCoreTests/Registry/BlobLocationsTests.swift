import NIOCore
import Testing

@testable import RegistryCore

@Suite("Where blobs were seen")
struct BlobLocationsTests {
    private func digest(_ number: Int) -> Digest {
        ContentHasher.digest(of: ByteBuffer(string: "\(number)"), algorithm: .sha256)
    }

    private func repository(_ number: Int) throws -> RepositoryName { try #require(RepositoryName("r\(number)")) }

    @Test("the last four repositories are known, the latest first and each once")
    func perBlob() throws {
        let locations = BlobLocations()
        for number in [0, 1, 2, 1, 1, 3, 4] { locations.remember(digest(0), in: try repository(number)) }
        #expect(locations.repositories(holding: digest(0)) == (try [4, 3, 1, 2].map(repository)))
        #expect(locations.repositories(holding: digest(1)).isEmpty)
    }

    @Test("at least as many blobs as the capacity are remembered, and at most twice as many")
    func bound() throws {
        let locations = BlobLocations(capacity: 10)
        let repository = try repository(0)
        for number in 0..<1000 {
            locations.remember(digest(number), in: repository)
            let known = (0...number).filter { !locations.repositories(holding: digest($0)).isEmpty }
            #expect(known.count >= min(10, number + 1) && known.count <= 20)
            #expect(known.suffix(10) == (0...number).suffix(10))
            guard number < 60 else { break }
        }
    }

    @Test("what is seen again outlives what is not, with all that was known of it")
    func generations() throws {
        let locations = BlobLocations(capacity: 4)
        locations.remember(digest(0), in: try repository(0))
        for number in 1..<20 {
            locations.remember(digest(number), in: try repository(1))
            if number.isMultiple(of: 3) { locations.remember(digest(0), in: try repository(2)) }
        }
        #expect(locations.repositories(holding: digest(0)) == (try [2, 0].map(repository)))
        #expect(locations.repositories(holding: digest(1)).isEmpty)
    }
}
