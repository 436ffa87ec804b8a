import Testing

@testable import RegistryCore

@Suite("Work that would keep others waiting")
struct LargeContentTests {
    @Test("it is done where the executor runs its tasks, and by the caller where there is none")
    func place() async {
        #expect(await working(on: OneThread()) { OneThread.isCurrent })
        #expect(await working(on: nil) { !OneThread.isCurrent })
        #expect(!OneThread.isCurrent)
    }
}
