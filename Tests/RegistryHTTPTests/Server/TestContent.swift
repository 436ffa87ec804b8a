import Foundation
import HTTPTypes
import NIOCore
import RegistryCore
import Synchronization

@testable import RegistryHTTP

/// Where an answer's content comes from.
enum Source: Sendable, CaseIterable {
    case memory
    case file
    case object
}

/// Content that a test knows, in memory and in a file that is gone from its folder.
final class TestContent: Sendable {
    let bytes: ByteBuffer
    let file: OpenFile

    init(megabytes: Int) throws {
        let count = megabytes * 1024 * 1024
        var bytes = ByteBuffer()
        // A period that is no multiple of any buffer's size, so that a piece in the wrong place shows.
        let period = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 / 7) }
        while bytes.readableBytes < count { bytes.writeBytes(period.prefix(count - bytes.readableBytes)) }
        self.bytes = bytes
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data(bytes.readableBytesView).write(to: path)
        let descriptor = open(path.path, O_RDONLY | O_CLOEXEC)
        try FileManager.default.removeItem(at: path)
        file = OpenFile(descriptor: descriptor) { _ = close($0) }
    }

    /// The whole content, or a range of it, as an answer.
    func response(_ source: Source, _ range: Range<Int64>? = nil) -> Response {
        let range = range ?? 0..<Int64(bytes.readableBytes)
        switch source {
        case .memory:
            let slice = bytes.getSlice(at: Int(range.lowerBound), length: range.count) ?? ByteBuffer()
            return Response(.ok, body: .bytes(slice))
        case .file: return Response(.ok, body: .object(TestObject(bytes: bytes, file: file), range))
        case .object: return Response(.ok, body: .object(TestObject(bytes: bytes), range))
        }
    }
}

/// An object in memory that may have a file, and may fail at an offset.
struct TestObject: StorageObject {
    var bytes: ByteBuffer
    var file: OpenFile?
    var failsAt = Int64.max

    var size: Int64 { Int64(bytes.readableBytes) }
    var modified: Int64 { 0 }

    init(bytes: ByteBuffer, file: OpenFile? = nil, failsAt: Int64 = .max) {
        self.bytes = bytes
        self.file = file
        self.failsAt = failsAt
    }

    func read(at offset: Int64, count: Int) async throws(StorageError) -> ByteBuffer {
        guard offset < failsAt else { return ByteBuffer() }
        let length = min(count, bytes.readableBytes - Int(offset))
        return bytes.getSlice(at: Int(offset), length: length) ?? ByteBuffer()
    }
}
